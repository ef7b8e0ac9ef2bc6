"""``zdx-keys download``: a key out of a stack's state, as a file that other tools read."""

import json
import shlex
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from zdx_provider.cli.key_files import write_private
from zdx_provider.cli.options import KeyFormat, Selection
from zdx_provider.cli.output import print_json, say
from zdx_provider.cli.stack import Stack, StackKey
from zdx_provider.errors import ZdxError
from zdx_provider.zidentity import has_known_hosts


class NotDownloaded(ZdxError):
    """The key is not in the stack, or has no secret there."""


@dataclass(frozen=True)
class Downloaded:
    """A key that was written to a file."""

    file: str
    key_id: str
    secret_expires_at: datetime | None


def run(
    selection: Selection, wanted: str, output: str, key_format: KeyFormat, *, as_json: bool
) -> None:
    """Write a key to a file, or to standard output for ``-``."""
    key = find_key(Stack(selection.folder.resolve(), selection.stack), wanted)
    content = rendered(key, key_format)
    if output == "-":
        # As it is: what the locale cannot show must not be replaced here.
        sys.stdout.buffer.write(content.get_secret_value().encode())
        return
    write_private(Path(output), content)
    if as_json:
        print_json(Downloaded(output, key.key_id, key.secret_expires_at))
    else:
        end = key.secret_expires_at
        until = f", valid until {end:%Y-%m-%d}" if end else ""
        say(f'Wrote the key "{key.name}" ({key.key_id}{until}) to {output}.')


def find_key(stack: Stack, wanted: str) -> StackKey:
    """The key that a command line means; the tenant is not asked.

    Args:
        stack: The stack.
        wanted: The key's logical name, name or id.

    Raises:
        NotDownloaded: The stack holds no such key, or several.
        StackUnreadable: The stack cannot be read.
    """
    keys = stack.keys()
    found = [key for key in keys if wanted in (key.resource_name, key.name, key.key_id)]
    if len(found) == 1:
        return found[0]
    if found:
        raise NotDownloaded(
            f'{stack} holds {len(found)} keys that "{wanted}" may mean.',
            hint=f"Name one by its id: {', '.join(key.key_id for key in found)}.",
        )
    known = ", ".join(sorted(key.resource_name for key in keys)) or "none"
    raise NotDownloaded(
        f'{stack} holds no key "{wanted}".',
        hint=f"Its keys are: {known}. --stack names another stack.",
    )


def rendered(key: StackKey, key_format: KeyFormat) -> SecretStr:
    """A key in the portal's own JSON, or as variables that Zscaler's OneAPI tools read.

    Raises:
        NotDownloaded: The state holds no secret of the key.
    """
    if key.key_secret is None:
        raise NotDownloaded(
            f'the stack knows the key "{key.name}" ({key.key_id}) without its secret.',
            hint="ZIdentity shows a secret only when it is made: a key that was looked up has "
            "none here, and one that was imported without it gets one by a new value in the "
            "triggers of its rotation.",
        )
    secret = key.key_secret.get_secret_value()
    if key_format is KeyFormat.JSON:
        document = {"key_id": key.key_id, "key_secret": secret}
        return SecretStr(json.dumps(document, indent=2) + "\n")
    # The vendor's tools build a host of any name, and send the secret there.
    names_cloud = key.cloud and has_known_hosts(key.cloud)
    variables = {
        "ZSCALER_CLIENT_ID": key.key_id,
        "ZSCALER_CLIENT_SECRET": secret,
        "ZSCALER_VANITY_DOMAIN": key.vanity_domain,
        **({"ZSCALER_CLOUD": key.cloud} if names_cloud else {}),
    }
    # For every shell that reads the file; nobody is shown it.
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
    return SecretStr("".join(lines))
