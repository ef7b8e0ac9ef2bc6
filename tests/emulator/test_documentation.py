"""The documentation names what there is."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from zdx_emulator.cli import build_parser
from zdx_emulator.testing import API_CLIENTS, Fault, RunningEmulator, Switches

PAGE = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text()
BLOCKS = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
SWITCHES = PAGE.partition('<a id="switches"></a>')[2]
OPTIONS = re.findall(r"--[a-z][a-z-]+", build_parser().format_help())


@pytest.mark.parametrize("name", [*Fault.model_fields, *sorted({*OPTIONS} - {"--help"})])
def test_documentation_names_every_public_name(name: str) -> None:
    assert f"`{name}" in PAGE


def test_documentation_lists_every_switch_with_its_default() -> None:
    defaults = {
        name: "none" if default is None else f"`{str(default).lower()}`"
        for name, default in Switches().model_dump().items()
    }

    assert dict(re.findall(r"^\| `(\w+)` \| (none|`[\w-]+`)", SWITCHES, re.MULTILINE)) == defaults


def test_documentation_example_runs() -> None:
    (example,) = (block for block in BLOCKS if "zdx_emulator" in block)

    ended = subprocess.run([sys.executable, "-c", example], timeout=60, check=False)

    assert ended.returncode == 0


def test_documentation_creates_existing_keys_of_which_some_secrets_are_known(
    tenant: RunningEmulator, tmp_path: Path
) -> None:
    (block,) = (block for block in BLOCKS if API_CLIENTS in block)
    program = block.replace("http://127.0.0.1:8080", tenant.url)

    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, timeout=60, check=False)

    assert ended.returncode == 0
    assert [len(tenant.secrets(client.id)) for client in tenant.clients()] == [1] * 25
    saved = [json.loads(file.read_text()) for file in (tmp_path / "downloads").iterdir()]
    assert len(saved) == 5
    assert all(tenant.can_authenticate(key["key_id"], key["key_secret"]) for key in saved)
