"""Whatever the command line is given, it exits with a code and a line of its own."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.fuzz import fuzz_settings
from support.in_process import run_zdx_keys
from support.samples import PLANTED
from typer.main import get_command
from unit.cli.conftest import PulumiAnswers
from unit.cli.test_stack import OUTPUTS, export, resource, secret

from zdx_provider.cli.app import app

COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]  # it is a group
OPTIONS = sorted(
    {
        option
        for command in get_command(app).commands.values()  # type: ignore[attr-defined]
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("-")
    }
)
OWN_EXITS = {0, 1, 2, 3, 4, 5, 127}

# As the shell passes them: bytes that are no UTF-8 arrive as lone surrogates. A slash could
# lead a file that is written anywhere.
CHARACTERS = st.characters(exclude_characters="\0/", exclude_categories=["Cs"]) | st.sampled_from(
    ["\udc80", "\udcff", "\x1b", "\x07", "\u202e", "\ufeff", "'", '"', "[", "]", "{%", "%00"]
)
TEXTS = st.lists(CHARACTERS, max_size=8).map("".join)
PATHS = st.sampled_from(
    [
        "",
        ".",
        "..",
        "-",
        "a.json",
        "b.py",
        "no/where",
        "a.json/b",
        "/dev/full",
        "/dev/null",
        "x" * 999,
    ]
)
LONG = st.integers(1, 200_000).map(lambda length: "x" * length)
WORDS = st.sampled_from(["ci", "id-1", "-", "--", "json", "env", "test", *COMMANDS, *OPTIONS])
ARGUMENTS = st.lists(TEXTS | PATHS | WORDS | WORDS | LONG, max_size=8)


@pytest.fixture
def stack(pulumi_answers: PulumiAnswers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose stack holds one key, and no settings."""
    pulumi_answers(export(resource("ci", outputs={**OUTPUTS, "key_secret": secret(PLANTED)})))
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").touch()
    monkeypatch.chdir(project)
    monkeypatch.setattr(os, "execvpe", _refuse)  # it would replace this process
    return project


def _refuse(*_: object) -> None:
    raise FileNotFoundError(2, "No such file or directory")


@fuzz_settings(0.1)
@given(st.sampled_from(COMMANDS), ARGUMENTS, st.sampled_from(["utf-8", "ascii", "latin-1"]))
@example("revoke", ["\udcff", "x"], "utf-8")
@example("revoke", ["", "x", "--yes"], "utf-8")
@example("download", ["ci", "-o", "\udcff"], "ascii")
@example("run", ["ci", "--", "\udcff"], "ascii")
@example("token", ["ci", "--force"], "utf-8")
@example("roles", ["--stack", ""], "utf-8")
@example("verify", ["--tenant", "\udcff"], "utf-8")
@example("import-file", ["-o", "x" * 5000, "--program", "/dev/full"], "utf-8")
def test_run_of_any_arguments_exits_without_a_traceback(
    stack: Path, command: str, arguments: list[str], encoding: str
) -> None:
    ended = run_zdx_keys([command, *arguments], encoding)

    assert ended.code in OWN_EXITS
    assert b"Traceback" not in ended.stderr
    assert ended.code == 0 or ended.stdout or ended.stderr
    assert PLANTED.encode() not in ended.stderr
    for file in stack.iterdir():
        if file.name != "Pulumi.yaml":
            file.unlink()


@pytest.mark.parametrize(
    "arguments",
    [
        ["revoke", "", "x", "--yes"],
        ["revoke", "x", "", "--yes"],
        ["download", "", "-o", "a"],
        ["download", "ci", "-o", ""],
        ["run", "ci", "--", ""],
        ["import-file", "", "-o", "a", "--program", "b"],
        *(["roles", option, value] for option in ("-s", "-t") for value in ("", "\udcff", "a\0")),
    ],
)
def test_run_refuses_empty_or_undecodable_arguments(stack: Path, arguments: list[str]) -> None:
    ended = run_zdx_keys(arguments, "utf-8")

    assert ended.code == 2
    assert b"must" in ended.stderr
    assert [file.name for file in stack.iterdir()] == ["Pulumi.yaml"]


def test_download_writes_a_file_whose_name_is_not_utf_8(stack: Path) -> None:
    ended = run_zdx_keys(["download", "ci", "-o", "\udcff.json", "--json"], "utf-8")

    assert ended.code == 0, ended.stderr
    assert json.loads(ended.stdout)["file"] == "\udcff.json"
    assert json.loads((stack / "\udcff.json").read_text())["key_secret"] == PLANTED
