"""A key with which an API client authenticates."""

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


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
    def authentication(self) -> dict[str, Any]:
        """How a client that authenticates with it says so, as ZIdentity has it."""
        key = {"keyName": "pipeline", "keyValue": self.public_pem}
        return {"authType": "PUBKEYCERT", "publicKeys": [key]}
