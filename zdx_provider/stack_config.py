"""The provider's settings in a stack's config: their paths, and the commands that change them.

It needs nothing but the standard library and this product's errors, so a program may import it.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from zdx_provider.private_text import find_private_key
from zdx_provider.text import escape_text, quote_shell

SECRETS = ("clientSecret", "privateKey")
KEYS = (
    "clientId",
    "clientSecret",
    "privateKey",
    "vanityDomain",
    "cloud",
    "httpProxy",
    "maxRetries",
    "requestTimeout",
    "apiUrl",
    "tokenUrl",
    "tokenAudience",
    "assertionAudience",
    "resumeInterrupted",
)
TENANTS = "zdx:tenants"

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_SHOWN = 80


def shorten(text: str) -> str:
    """Make a user's text safe to print: short, no private key, nothing that a terminal acts on."""
    if find_private_key(text):
        return "[private key]"
    return escape_text(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")


def to_path(key: str, tenant: str | None = None) -> str:
    """Name a setting as the Pulumi CLI does.

    Args:
        key: The setting, such as ``clientId``.
        tenant: An entry of ``zdx:tenants``; None for the stack's own tenant.
    """
    return (
        f"zdx:{shorten(key)}" if tenant is None else f"{to_tenant_path(tenant)}{_format_step(key)}"
    )


def to_tenant_path(tenant: str) -> str:
    """Name an entry of ``zdx:tenants`` as the Pulumi CLI does."""
    return f"{TENANTS}{_format_step(tenant)}"


def format_set(path: str, *, secret: bool = False) -> str:
    """Write the command that sets a setting; a secret is never an argument of it."""
    if not secret:
        # The CLI takes these names for those of secrets.
        plain = "--plaintext " if path.endswith(("tokenUrl", "tokenAudience")) else ""
        return f"pulumi config set {plain}{_quote(path)} VALUE"
    source = " < FILE" if path.endswith("privateKey") else ""
    return f"pulumi config set --secret {_quote(path)}{source}"


def format_remove(path: str) -> str:
    """Write the command that removes a setting."""
    return f"pulumi config rm {_quote(path)}"


def describe_plain_secret(paths: Sequence[str]) -> str:
    """Say that secrets are in the stack's config in plain text, and what to do."""
    commands = " and ".join(f"`{format_set(path, secret=True)}`" for path in paths)
    is_or_are = "is" if len(paths) == 1 else "are"
    return (
        f"{' and '.join(paths)} {is_or_are} in the stack's config in plain text. Store it as a "
        f"secret with {commands}. Then replace the secret in ZIdentity, because anyone who can "
        "read the file or the state may know it."
    )


def describe_unknown(key: str, tenant: str | None = None) -> str:
    """Say that a name is no setting, which one was meant, and what to do."""
    path = to_path(key, tenant)
    by_letters = {_keep_letters(each): each for each in KEYS}
    matches = get_close_matches(_keep_letters(key), by_letters, n=1, cutoff=0.8)
    meant = f" Did you mean {to_path(by_letters[matches[0]], tenant)}?" if matches else ""
    return f"there is no setting {path}.{meant} To remove it, run `{format_remove(path)}`."


def _keep_letters(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()


def _format_step(name: str) -> str:
    if _PLAIN_NAME.fullmatch(name):
        return f".{name}"
    # The only escape that the CLI knows inside of quotes.
    return '["' + shorten(name).replace('"', '\\"') + '"]'


def _quote(path: str) -> str:
    is_nested = path.startswith((f"{TENANTS}.", f"{TENANTS}["))
    return f"--path {quote_shell(path)}" if is_nested else quote_shell(path)
