"""``zdx-keys download``: write a key of a stack's state to a file that other tools read."""

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from zdx_provider.cli.key_files import WITH_PRIVATE_KEY, format_key, write_private
from zdx_provider.cli.key_tenant import find_addresses
from zdx_provider.cli.options import KeyFormat, Selection
from zdx_provider.cli.output import print_json, print_line
from zdx_provider.cli.stack import Stack
from zdx_provider.cli.state_keys import find_key


@dataclass(frozen=True)
class WrittenKey:
    """A key that was written to a file.

    Attributes:
        file: The file.
        key_id: The key's ID.
        authentication: What it authenticates with; the file has no private key.
        secret_expires_at: When its secret expires; None if it has none.
    """

    file: str
    key_id: str
    authentication: str
    secret_expires_at: datetime | None


def run(
    selection: Selection, wanted: str, output: str, key_format: KeyFormat, *, as_json: bool
) -> None:
    """Write a key to a file, or to standard output for ``-``."""
    key = find_key(Stack(selection.folder.resolve(), selection.stack), wanted)
    addresses = find_addresses(selection, key) if key_format is KeyFormat.ENV else {}
    content = format_key(key, key_format, addresses)
    if output == "-":
        # As bytes: a character that the locale can't show must not be replaced here.
        sys.stdout.buffer.write(content.get_secret_value().encode())
        return
    write_private(Path(output), content)
    kind = WITH_PRIVATE_KEY if key.authentication else "client secret"
    if as_json:
        print_json(WrittenKey(output, key.key_id, kind, key.secret_expires_at))
    else:
        expiry = key.secret_expires_at
        until = f", valid until {expiry:%Y-%m-%d}" if expiry else ""
        note = f" It needs its {kind}, which isn't in the file." if key.authentication else ""
        print_line(f'Wrote the key "{key.name}" ({key.key_id}{until}) to {output}.{note}')
