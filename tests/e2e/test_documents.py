"""What the documents say, done: their programs run, and their walkthroughs from top to bottom."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from itertools import takewhile
from pathlib import Path
from tempfile import mkdtemp

import pytest
import requests
from e2e.conftest import ONE_KEY
from support.documents import (
    ROOT,
    Block,
    find_programs,
    find_scripts,
    join_script,
    list_walkthroughs,
    read_blocks,
    split_steps,
)
from support.pulumi_project import PulumiProject
from support.shell import split_commands
from support.zdx_keys import ZdxKeys

from zdx_emulator.testing import RunningEmulator

# What a test keeps for the next run.
LOCAL = ROOT / ".local"

# Type-checked against the SDKs of these providers, which are small. Those of AWS and Kubernetes are
# not: of their programs, the rest is checked. No plugin of a provider is here, so none runs.
PROVIDER_SDKS = ("pulumi-github==6.15.0", "pulumi-vault==7.14.0")
MYPY = """\
[mypy]
strict = True
[mypy-pulumi_github.*,pulumi_vault.*]
follow_imports = silent
[mypy-pulumi_aws.*,pulumi_kubernetes.*]
ignore_missing_imports = True
"""

SAMPLE_ID = "hs4tigsgircje"
LEAKED_KEY = "docs/leaked-key.md"
FOLLOWED_ELSEWHERE = {
    "docs/quick-start.md": "tests/e2e/test_wheel.py",
    LEAKED_KEY: "test_each_step_after_a_leak_does_what_the_page_says",
}


# Of the slow tests, `make check` runs this one, as it takes the time of a type check.
@pytest.mark.slow
def test_python_blocks_pass_mypy(tmp_path: Path) -> None:
    sdks = LOCAL / "_".join(PROVIDER_SDKS)
    if not sdks.exists():
        partial = mkdtemp(dir=LOCAL)  # a rename works on one file system only
        install = ("-m", "pip", "install", "-q", "--no-deps", f"--target={partial}")
        _run(sys.executable, *install, *PROVIDER_SDKS)
        Path(partial).rename(sdks)
    files = tmp_path / "files"
    files.mkdir()
    (files / "mypy.ini").write_text(MYPY)
    for block in read_blocks("python"):
        (files / f"{block.module}.py").write_text(block.text)

    searched = {**os.environ, "MYPYPATH": f"{sdks}:{ROOT}"}
    cache_of_mypy = f"--cache-dir={LOCAL / 'mypy-of-documents'}"
    _run(sys.executable, "-m", "mypy", cache_of_mypy, ".", cwd=files, env=searched)


# One in four is the sample; the type check sees all of them.
@pytest.mark.parametrize(
    "block",
    [
        pytest.param(block, id=str(block), marks=pytest.mark.slow if n % 4 else [])
        for n, block in enumerate(find_programs())
    ],
)
def test_program_block_runs(block: Block, project: PulumiProject, tenant: RunningEmulator) -> None:
    looked_up = tenant.create_client("looked-up").id
    entry = tenant.settings()
    project.configure({"zdx:tenants": {"emea": entry, "apac": entry}})
    program = project.folder / "__main__.py"
    program.write_text(block.text.replace(SAMPLE_ID, looked_up))

    project.up()


@pytest.mark.parametrize("block", find_scripts(), ids=str)
def test_script_block_runs(block: Block) -> None:
    _run(sys.executable, "-c", block.text)


# The programs of the one that takes longest are type-checked, and their fixture has tests.
@pytest.mark.parametrize(
    "document",
    [
        pytest.param(document, marks=pytest.mark.slow if document == "docs/testing.md" else [])
        for document in sorted({*list_walkthroughs()} - {*FOLLOWED_ELSEWHERE})
    ],
)
def test_document_commands_run_in_order(document: str, quick_start: PulumiProject) -> None:
    _run(
        *("bash", "-euo", "pipefail", "-c", join_script(document)),
        cwd=quick_start.folder,
        env={**quick_start.variables(), "PULUMI_SKIP_CONFIRMATIONS": "true"},
    )


def test_each_step_after_a_leak_does_what_the_page_says(
    quick_start: PulumiProject, tenant: RunningEmulator
) -> None:
    quick_start.up()
    leaked = quick_start.outputs()
    token = tenant.token_for(leaked["key_id"], leaked["key_secret"])
    assert _reads_zdx(tenant, token)
    observed = []

    for script in filter(None, split_steps(LEAKED_KEY)):
        _run(
            *("bash", "-euo", "pipefail", "-c", script),
            cwd=quick_start.folder,
            env={**quick_start.variables(), "PULUMI_SKIP_CONFIRMATIONS": "true"},
        )
        current = {**leaked, **quick_start.outputs()}
        observed.append(
            (
                _reads_zdx(tenant, token),
                _gets_token(tenant, leaked),
                current["key_secret"] != leaked["key_secret"] and _gets_token(tenant, current),
                [len(tenant.secrets(client.id)) for client in tenant.clients()],
            )
        )

    assert observed == [
        (False, False, False, [1]),
        (False, False, False, [2]),
        (False, False, False, [1]),
        (False, False, True, [1]),
        (False, False, False, []),
    ]


def _reads_zdx(tenant: RunningEmulator, token: str) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        response = session.get(
            f"{tenant.url}/zdx/v1/administration/departments",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
    assert response.status_code in (200, 401)
    return response.ok


def _gets_token(tenant: RunningEmulator, outputs: Mapping[str, str]) -> bool:
    try:
        return bool(tenant.token_for(outputs["key_id"], outputs["key_secret"]))
    except requests.HTTPError:
        return False


@pytest.fixture
def quick_start(tmp_path: Path, tenant: RunningEmulator) -> PulumiProject:
    """Where the quick start ends; its settings come from the environment."""
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / ".venv").symlink_to(sys.prefix)
    project = PulumiProject(folder, stack="dev", environment=tenant.environment())
    return project.create({}).program(ONE_KEY)


def test_command_blocks_use_existing_flags() -> None:
    missing = {
        f"{block}: {' '.join(words)}": unknown
        for block in read_blocks("sh")
        for words in split_commands(block.text)
        if (unknown := _unknown_flags(words))
    }

    assert missing == {}


def _unknown_flags(words: list[str]) -> list[str]:
    program = tuple(words[:3]) if words[1:3] == ["-m", "zdx_emulator"] else (words[0],)
    if program[-1] not in ("pulumi", "zdx-keys", "zdx_emulator"):
        return []
    rest = [*takewhile(lambda word: word != "--", words[len(program) :])]
    flags = [word.partition("=")[0] for word in rest if re.match(r"-+[a-zA-Z]", word)]
    named = rest[: rest.index(flags[0])] if flags else rest
    help_text = _show_help((*program, *named))
    return [flag for flag in flags if not _is_offered(flag, help_text)]


def _show_help(command: tuple[str, ...]) -> str:
    """What a command says of itself; it must be one, and take the words that follow its name."""
    names_of_longest = 3
    shown = _ask_for_help(command[:names_of_longest])
    usage = re.search(r"^  pulumi(?P<names>(?: [a-z][a-z-]*)*)(?P<rest>.*)$", shown, re.MULTILINE)
    if command[0] == "pulumi" and usage:
        words = command[1 + len(usage["names"].split()) :]
        takes_words = re.sub(r"\[(flags|command)]", "", usage["rest"]).strip()
        assert takes_words or not words, f"pulumi has no command {' '.join(command[1:])}"
    return shown


@cache
def _ask_for_help(command: tuple[str, ...]) -> str:
    readable = {"COLUMNS": "200", "NO_COLOR": "1"}
    if command[0] == "zdx-keys":
        return ZdxKeys(ROOT, readable)(*command[1:], "--help").stdout
    return _run(*command, "--help", env={**os.environ, **readable})


def _is_offered(flag: str, help_text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", help_text) is not None


def _run(*command: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{' '.join(command[:4])}: {done.stdout}{done.stderr}"
    return done.stdout
