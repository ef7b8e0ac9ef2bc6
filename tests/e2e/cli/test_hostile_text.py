"""A tenant's texts on the terminal of anyone who runs `zdx-keys`."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.hostile import HOSTILE, assert_harmless
from support.zdx_keys import ZdxKeys

from zdx_emulator.testing import RunningEmulator

OWN_COLORS_AND_BARS = re.compile(r"\x1b\[(?:[0-9;]*m|\?25[lh]|2K|1A)")
MARKER = f"[pulumi {HOSTILE} #abc]"


@pytest.fixture
def key_id(tenant: RunningEmulator) -> str:
    client = tenant.create_client(HOSTILE, description=f"{HOSTILE} {MARKER}")
    tenant.add_secret(client.id)
    return client.id


@pytest.mark.parametrize(
    ("arguments", "exits"),
    [
        (["list"], 0),
        (["verify"], 0),
        (["revoke", HOSTILE, "no-such-secret", "--yes"], 1),
        (["import-file", "--output", "import.json", "--program", "keys.py"], 1),
        (["list", "--tenant", HOSTILE], 3),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_commands_escape_a_hostile_key(
    zdx_keys: ZdxKeys, key_id: str, arguments: list[str], exits: int
) -> None:
    zdx_keys.environment |= {"FORCE_COLOR": "1", "TERM": "xterm"}

    shown = OWN_COLORS_AND_BARS.sub("", zdx_keys(*arguments, exits=exits).text)

    assert key_id in shown or arguments[0] in ("verify", "list")
    assert_harmless(shown)


def test_list_json_keeps_a_hostile_name_and_escapes_it(zdx_keys: ZdxKeys, key_id: str) -> None:
    (listed,) = zdx_keys.json("list")

    assert (listed["key_id"], listed["name"], listed["managed_by"]) == (key_id, HOSTILE, HOSTILE)
    assert zdx_keys("list", "--json").stdout.replace("\n", "").isprintable()


@pytest.mark.parametrize(("answer", "left"), [("n", 1), ("y", 0)])
def test_revoke_escapes_a_hostile_name_in_its_question(
    zdx_keys: ZdxKeys, tenant: RunningEmulator, key_id: str, answer: str, left: int
) -> None:
    (secret,) = tenant.secrets(key_id)
    terminal, keyboard = pty.openpty()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("zdx-keys")), "revoke", key_id, secret.id],
        cwd=zdx_keys.folder,
        env={"PATH": os.environ["PATH"], **zdx_keys.environment},
        stdin=keyboard,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.write(terminal, f"{answer}\n".encode())
    shown, asked = process.communicate(timeout=60)
    os.close(terminal)
    os.close(keyboard)

    assert r"Revoke the secret" in asked
    assert r"ci\x1b[2J" in asked
    assert_harmless(asked)
    assert_harmless(shown)
    assert len(tenant.secrets(key_id)) == left
