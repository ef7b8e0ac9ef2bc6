"""What this product assumes about API clients without a secret, and how each is checked."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from zdx_provider.cli.sandbox import (
    Assumption,
    Outcome,
    Sandbox,
    Verdict,
    confirm,
    contradict,
)
from zdx_provider.keys.authentication import Authentication, read_authentication
from zdx_provider.zidentity import (
    ApiClient,
    BadRequestError,
    ClientAuthentication,
    NewApiClientSecret,
    NotFoundError,
)

_DAY = timedelta(days=1)
_SECRET_LIFETIME = timedelta(days=90)
_RSA_BITS = 2048
_RSA_EXPONENT = 65_537
_WITH_SECRET = ClientAuthentication(auth_type="SECRET")


@dataclass(frozen=True)
class _KeyPair:
    """A temporary key; its private half leaves this process only as a signature."""

    private_pem: str
    public_pem: str
    public_der: bytes


def _create_key_pair(*, is_elliptic: bool = False) -> _KeyPair:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415 - only --live
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = (
        ec.generate_private_key(ec.SECP256R1())
        if is_elliptic
        else rsa.generate_private_key(public_exponent=_RSA_EXPONENT, key_size=_RSA_BITS)
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public, form = key.public_key(), PublicFormat.SubjectPublicKeyInfo
    return _KeyPair(
        private.decode(),
        public.public_bytes(Encoding.PEM, form).decode(),
        public.public_bytes(Encoding.DER, form),
    )


def _create_certificate(pair: _KeyPair, now: datetime) -> str:
    """Create a certificate for a day, signed by its own key."""
    from cryptography import x509  # noqa: PLC0415 - see _create_key_pair
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        load_pem_private_key,
    )

    key = load_pem_private_key(pair.private_pem.encode(), password=None)
    assert isinstance(key, RSAPrivateKey)  # noqa: S101 - for the type checker
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "zdx-keys-verify")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .sign(key, SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode()


def _register(
    pairs: Mapping[str, _KeyPair], write: Callable[[ClientAuthentication], ApiClient]
) -> ApiClient:
    """Write a client with public keys, in the encoding that the tenant accepts.

    Every question but the one about the encoding is answered in a tenant that needs another one,
    too.

    Raises:
        BadRequestError: The tenant refuses either encoding.
    """
    keys = {name: pair.public_pem for name, pair in pairs.items()}
    try:
        return write(Authentication(public_keys=keys).to_client_authentication())
    except BadRequestError as error:
        with suppress(BadRequestError):
            return write(_build_der_authentication(pairs))
        raise error from None


def _build_der_authentication(pairs: Mapping[str, _KeyPair]) -> ClientAuthentication:
    keys = [
        {"keyName": name, "keyValue": b64encode(pair.public_der).decode()}
        for name, pair in pairs.items()
    ]
    document: dict[str, Any] = {"authType": "PUBKEYCERT", "publicKeys": keys}
    return ClientAuthentication.model_validate(document)


def _create(sandbox: Sandbox, suffix: str, **pairs: _KeyPair) -> ApiClient:
    return _register(pairs, lambda authentication: sandbox.create(suffix, authentication))


def _update(sandbox: Sandbox, client_id: str, **pairs: _KeyPair) -> ApiClient:
    return _register(
        pairs,
        lambda authentication: sandbox.update(client_id, client_authentication=authentication),
    )


def _check_encoding(sandbox: Sandbox, _: ApiClient) -> Outcome:
    pair = _create_key_pair()
    declared = Authentication(public_keys={"one": pair.public_pem})
    try:
        sandbox.create("pem", declared.to_client_authentication())
    except BadRequestError as error:
        refusal = f"refused with status {error.status}"
    else:
        return confirm()
    try:
        sandbox.create("der", _build_der_authentication({"one": pair}))
    except BadRequestError:
        return contradict(f"{refusal}, and so is the base64 of DER")
    return contradict(f"{refusal}; the base64 of DER is accepted")


def _check_read_back(sandbox: Sandbox, _: ApiClient) -> Outcome:
    pair = _create_key_pair()
    client = sandbox.clients.get(_create(sandbox, "read-back", one=pair).id)
    sent = Authentication(public_keys={"one": pair.public_pem}).fingerprints
    read = read_authentication(client.client_authentication)
    if read is None or read.fingerprints != sent:
        return contradict("the response has another key, or a text that can't be read")
    keys = client.client_authentication.public_keys or ()
    is_same = [key.key_value for key in keys] == [pair.public_pem]
    return confirm("as the same text" if is_same else "as another text of the same key")


def _check_signs(sandbox: Sandbox, _: ApiClient, *, is_elliptic: bool) -> Outcome:
    pair = _create_key_pair(is_elliptic=is_elliptic)
    try:
        client = _create(sandbox, "es256" if is_elliptic else "rs256", one=pair)
    except BadRequestError as error:
        return contradict(f"the public key is refused with status {error.status}")
    return _judge_authentication(sandbox, client, pair)


def _judge_authentication(sandbox: Sandbox, client: ApiClient, pair: _KeyPair) -> Outcome:
    return sandbox.judge_delay(
        lambda: sandbox.can_authenticate_with_key(client.id, pair.private_pem)
    )


def _check_certificate(sandbox: Sandbox, _: ApiClient) -> Outcome:
    pair = _create_key_pair()
    certificate = _create_certificate(pair, sandbox.zidentity.now())
    declared = Authentication(certificates=(certificate,)).to_client_authentication()
    try:
        client = sandbox.create("certificate", declared)
    except BadRequestError as error:
        return contradict(f"the certificate is refused with status {error.status}")
    return _judge_authentication(sandbox, client, pair)


def _check_two_keys(sandbox: Sandbox, _: ApiClient) -> Outcome:
    one, two = _create_key_pair(), _create_key_pair()
    client = _create(sandbox, "two-keys", one=one)
    try:
        _update(sandbox, client.id, one=one, two=two)
    except BadRequestError as error:
        return contradict(f"the second one is refused with status {error.status}")
    for pair in (one, two):
        outcome = _judge_authentication(sandbox, client, pair)
        if outcome.verdict is not Verdict.HOLDS:
            return outcome
    return confirm()


def _check_removed_key(sandbox: Sandbox, _: ApiClient) -> Outcome:
    one, two = _create_key_pair(), _create_key_pair()
    client = _create(sandbox, "removed-key", one=one, two=two)
    sandbox.measure_seconds_until(
        lambda: sandbox.can_authenticate_with_key(client.id, one.private_pem)
    )
    _update(sandbox, client.id, two=two)
    return sandbox.judge_delay(
        lambda: not sandbox.can_authenticate_with_key(client.id, one.private_pem)
    )


def _check_switch(sandbox: Sandbox, _: ApiClient) -> Outcome:
    client = sandbox.create("switch")
    pair = _create_key_pair()
    try:
        _update(sandbox, client.id, one=pair)
    except BadRequestError as error:
        return contradict(f"refused with status {error.status}")
    return _judge_authentication(sandbox, client, pair)


def _check_secrets_after_switch(sandbox: Sandbox, _: ApiClient) -> Outcome:
    client, secret = _create_switched(sandbox, "switch-secret")
    if sandbox.can_authenticate(client.id, secret):
        return confirm()
    return contradict("the secret stops working with the change")


def _check_revoke_after_switch(sandbox: Sandbox, _: ApiClient) -> Outcome:
    client, secret = _create_switched(sandbox, "switch-revoke")
    try:
        sandbox.clients.secrets.delete(client.id, secret.id)
    except NotFoundError:
        return contradict("the change has deleted the secret")
    except BadRequestError as error:
        return contradict(f"refused with status {error.status}")
    return sandbox.judge_delay(lambda: not sandbox.can_authenticate(client.id, secret))


def _check_switch_back(sandbox: Sandbox, _: ApiClient) -> Outcome:
    client = _create(sandbox, "switch-back", one=_create_key_pair())
    try:
        sandbox.update(client.id, client_authentication=_WITH_SECRET)
        secret = sandbox.create_secret(client.id, _SECRET_LIFETIME)
    except BadRequestError as error:
        return contradict(f"refused with status {error.status}")
    return sandbox.judge_delay(lambda: sandbox.can_authenticate(client.id, secret))


def _create_switched(sandbox: Sandbox, suffix: str) -> tuple[ApiClient, NewApiClientSecret]:
    """Create a client with a secret, and give it a public key instead."""
    client = sandbox.create(suffix)
    secret = sandbox.create_secret(client.id, _SECRET_LIFETIME)
    sandbox.measure_seconds_until(lambda: sandbox.can_authenticate(client.id, secret))
    return _update(sandbox, client.id, one=_create_key_pair()), secret


KEYLESS_ASSUMPTIONS = (
    Assumption("The keyValue of a public key is PEM", _check_encoding),
    Assumption("A public key is returned as a text of the same key", _check_read_back),
    Assumption(
        "A client can authenticate with an RSA key (RS256) at once",
        partial(_check_signs, is_elliptic=False),
    ),
    Assumption(
        "A client can authenticate with an EC P-256 key (ES256) at once",
        partial(_check_signs, is_elliptic=True),
    ),
    Assumption("A client can authenticate with the key of its certificate", _check_certificate),
    Assumption("Either key of a client with two public keys works", _check_two_keys),
    Assumption("A public key that is removed stops working at once", _check_removed_key),
    Assumption("A PUT can change authType from SECRET to PUBKEYCERT", _check_switch),
    Assumption("Secrets stay valid when authType changes", _check_secrets_after_switch),
    Assumption("Secrets can be revoked after authType has changed", _check_revoke_after_switch),
    Assumption(
        "A PUT can change authType from PUBKEYCERT to SECRET, for a new secret",
        _check_switch_back,
    ),
)
