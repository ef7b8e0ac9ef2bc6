"""The ZDX API keys that the stack's config declares under `zdx-keys:keys`."""

import os
from typing import Any

import pulumi

from zdx_provider import ApiKey

PUBLIC_PASSPHRASE = "emulator-only"  # noqa: S105 - that of the stack `dev`, which is public


# The members of `authentication`, as the config and as Python has them.
AUTHENTICATION = {
    "publicKeys": "public_keys",
    "certificates": "certificates",
    "jwksUrl": "jwks_url",
}


def declared_keys() -> list[dict[str, Any]]:
    """The entries of `zdx-keys:keys`, each with a name and a role, and maybe an authentication.

    Raises:
        pulumi.RunError: An entry is malformed.
    """
    entries: Any = pulumi.Config().require_object("keys")
    if not isinstance(entries, list):
        raise pulumi.RunError("zdx-keys:keys must be a list of entries with name and role.")
    for number, entry in enumerate(entries):
        path = f"zdx-keys:keys[{number}]"
        if not (isinstance(entry, dict) and {*entry} - {"authentication"} == {"name", "role"}):
            raise pulumi.RunError(
                f"{path} must have a name and a role, maybe an authentication, and nothing else: "
                '{name: "ci", role: "ZDX Read-only Admin"}.'
            )
        for field in ("name", "role"):
            entry[field] = to_text(entry[field], f"{path}.{field}")
        if "authentication" in entry:
            authentication = to_members(entry["authentication"], f"{path}.authentication")
            entry["authentication"] = authentication
    names = [entry["name"] for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise pulumi.RunError(f'zdx-keys:keys declares "{name}" more than once.')
    return entries


def to_members(value: object, path: str) -> dict[str, Any]:
    """Return an authentication of the config, its members named as in Python.

    Raises:
        pulumi.RunError: It is no map of these members.
    """
    if isinstance(value, dict) and value.keys() <= AUTHENTICATION.keys():
        return {AUTHENTICATION[member]: each for member, each in value.items()}
    raise pulumi.RunError(f"{path} must have one of {', '.join(AUTHENTICATION)}.")


def to_text(value: object, path: str) -> str:
    """Return a value of the config as the text that was meant.

    `pulumi config set --path` stores a name of digits as a number.

    Raises:
        pulumi.RunError: It is empty, or nothing that was text.
    """
    if type(value) is int:
        return str(value)
    if isinstance(value, str) and value:
        return value
    raise pulumi.RunError(
        f"{path} must be text: put it in quotes, or run: "
        f"pulumi config set --path '{path}' --type string TEXT"
    )


if os.environ.get("PULUMI_CONFIG_PASSPHRASE") == PUBLIC_PASSPHRASE and pulumi.get_stack() != "dev":
    raise pulumi.RunError(
        f"this stack has the passphrase of the stack dev ({PUBLIC_PASSPHRASE}), which is public. "
        "Remove the stack (pulumi stack rm), set PULUMI_CONFIG_PASSPHRASE to your own passphrase "
        "and create the stack again."
    )

for declared in declared_keys():
    key = ApiKey(declared["name"], **declared)
    pulumi.export(f"{declared['name']}.key_id", key.key_id)
    if "authentication" in declared:
        pulumi.export(f"{declared['name']}.key_fingerprints", key.key_fingerprints)
    else:
        pulumi.export(f"{declared['name']}.key_secret", key.key_secret)
