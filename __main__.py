"""The ZDX API keys that the stack's config declares under `zdx-keys:keys`."""

import os
from typing import Any

import pulumi

from zdx_provider import ApiKey

PUBLIC_PASSPHRASE = "emulator-only"  # noqa: S105 - that of the stack `dev`, which is public


def declared_keys() -> list[dict[str, str]]:
    """The entries of `zdx-keys:keys`, each with a name and a role.

    Raises:
        pulumi.RunError: An entry is malformed.
    """
    entries: Any = pulumi.Config().require_object("keys")
    if not isinstance(entries, list):
        raise pulumi.RunError("zdx-keys:keys must be a list of entries with name and role.")
    for number, entry in enumerate(entries):
        if not (isinstance(entry, dict) and set(entry) == {"name", "role"}):
            raise pulumi.RunError(
                f"zdx-keys:keys[{number}] must have a name and a role, and nothing else: "
                '{name: "ci", role: "ZDX Read-only Admin"}.'
            )
        for field, value in entry.items():
            entry[field] = to_text(value, f"zdx-keys:keys[{number}].{field}")
    names = [entry["name"] for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise pulumi.RunError(f'zdx-keys:keys declares "{name}" more than once.')
    return entries


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
    key = ApiKey(declared["name"], name=declared["name"], role=declared["role"])
    pulumi.export(f"{declared['name']}.key_id", key.key_id)
    pulumi.export(f"{declared['name']}.key_secret", key.key_secret)
