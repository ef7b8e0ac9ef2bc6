"""A key with which an API client authenticates."""

from base64 import b64encode, encodebytes
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

_SPKI = PublicFormat.SubjectPublicKeyInfo


@dataclass(frozen=True)
class KeyPair:
    """Both halves of a key, as PEM."""

    private_pem: str
    public_pem: str

    @classmethod
    def make(cls) -> "KeyPair":
        """Create an RSA key."""
        return cls._from_key(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @classmethod
    def make_ec(cls) -> "KeyPair":
        """Create an EC key with the curve P-256."""
        return cls._from_key(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def _from_key(cls, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> "KeyPair":
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return cls(private.decode(), public.decode())

    @property
    def public_der_base64(self) -> str:
        """The public half as the base64 of its DER form."""
        return b64encode(self._public_key.public_bytes(Encoding.DER, _SPKI)).decode()

    def make_certificate(self, *, not_before: int, days: int = 365) -> str:
        """Create a certificate of the public half, signed by the private one.

        Args:
            not_before: When its validity begins, in epoch seconds.
            days: How long it is valid.
        """
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pipeline")])
        start = datetime.fromtimestamp(not_before, timezone.utc)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=days))
            .sign(self._private_key, SHA256())
        )
        return certificate.public_bytes(Encoding.PEM).decode()

    def make_certificate_of_unknown_version(self) -> str:
        """Create a certificate whose version no library knows."""
        pem = self.make_certificate(not_before=0)
        der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
        changed = der.replace(bytes([0xA0, 3, 2, 1, 2]), bytes([0xA0, 3, 2, 1, 1]), 1)
        body = encodebytes(changed).decode()
        return f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"

    @property
    def _private_key(self) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
        key = load_pem_private_key(self.private_pem.encode(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        return key

    @property
    def _public_key(self) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
        return self._private_key.public_key()

    @property
    def authentication(self) -> dict[str, Any]:
        """How a client that authenticates with it says so, as ZIdentity has it."""
        key = {"keyName": "pipeline", "keyValue": self.public_pem}
        return {"authType": "PUBKEYCERT", "publicKeys": [key]}
