"""The private key of a key without a secret, read from a file.

It is sent nowhere and written nowhere: it signs an assertion, or goes into the environment of one
command. No message shows the path: it may be the key, or a part of it, by mistake.
"""

from pathlib import Path

from zdx_provider.errors import SettingsError, ZdxError
from zdx_provider.keys.authentication import Authentication
from zdx_provider.keys.state import KeyState
from zdx_provider.text import quote_shell
from zdx_provider.zidentity import PrivateKey

_LARGEST_BYTES = 64 * 1024
_FILE = "the file of --private-key"
_USABLE = "Use a file with an RSA or EC P-256 private key in PEM form, without a passphrase."


def read_private_key(file: Path, key: KeyState) -> PrivateKey:
    """Return the credentials of a key, from the file of its private key.

    Args:
        file: The file; it can be a pipe.
        key: The key.

    Raises:
        ZdxError: The file has no such private key, or the key has a secret.
    """
    if key.authentication is None:
        raise ZdxError(
            f'the key "{key.name}" ({key.key_id}) authenticates with a client secret.',
            hint="Omit --private-key.",
        )
    try:
        credentials = PrivateKey(key.key_id, _read(file))
    except SettingsError as error:
        raise ZdxError(f"{_FILE} cannot be used: {error.problem}", hint=_USABLE) from None
    declared = key.authentication.fingerprints
    # Only ZIdentity knows which keys a JWKS URL has now.
    if declared is not None and not _compute_fingerprints(credentials) & set(declared.values()):
        raise ZdxError(
            f'{_FILE} is not a private key of the key "{key.name}" ({key.key_id}), which '
            f"authenticates with {key.authentication.describe()}.",
            hint=f"To see its keys, run zdx-keys show {quote_shell(key.key_id)}.",
        )
    return credentials


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_BYTES + 1)
    except ValueError:  # a zero byte
        raise ZdxError(f"{_FILE} cannot be read: it is no path.", hint=_USABLE) from None
    except OSError as error:
        raise ZdxError(f"{_FILE} cannot be read: {error.strerror}.", hint=_USABLE) from None
    if len(content) > _LARGEST_BYTES:
        raise ZdxError(f"{_FILE} is too large for a private key.", hint=_USABLE)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    return content.decode("utf-8-sig", errors="replace")


def _compute_fingerprints(credentials: PrivateKey) -> set[str]:
    """Return the fingerprint of the public half; none of a key that no key of ours can have."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - a secret needs none
        Encoding,
        PublicFormat,
        load_pem_private_key,
    )

    public = load_pem_private_key(credentials.pem.encode(), password=None).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return set((Authentication(public_keys={"": pem}).fingerprints or {}).values())
