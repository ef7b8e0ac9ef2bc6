import re
from pathlib import Path

import pytest
from support.shell import split_commands
from typer.main import get_command
from typer.testing import CliRunner

from zdx_provider import __version__
from zdx_provider.cli.app import app

COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]  # it is a group


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_shows_examples_and_json(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "100"})

    assert f"  zdx-keys {command}" in shown.output
    assert ("--json" in shown.output) is (command != "run")  # its output is that of its command


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_only_valid_examples(command: str, tmp_path: Path) -> None:
    (tmp_path / "Downloads/zdx").mkdir(parents=True)
    known = get_command(app).commands[command]  # type: ignore[attr-defined]  # it is a group
    _, script, _ = known.help.replace("~", str(tmp_path)).split("```")
    examples = [words for words in split_commands(script) if words[:2] == ["zdx-keys", command]]

    assert len(examples) >= 2
    for words in examples:
        known.make_context(command, words[2:])


def test_help_shows_the_exit_codes() -> None:
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "100"})

    assert "Exit codes: 0 success; 1 failure" in shown.output


def test_help_lists_no_option_for_a_secret() -> None:
    options = [
        option.strip(",.")
        for command in COMMANDS
        for option in CliRunner().invoke(app, [command, "--help"]).output.split()
        if option.startswith("--")
    ]

    secret = {option for option in options if "secret" in option or "key" in option}
    assert secret == {"--private-key"}  # the name of a file
    assert len(options) > 10


def test_download_refuses_json_with_the_key_on_standard_output() -> None:
    mixed = CliRunner().invoke(app, ["download", "ci", "--output", "-", "--json"])

    assert mixed.exit_code == 2
    assert mixed.stdout == ""


def test_version_is_that_of_the_package() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"zdx-keys {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_no_type_for_a_flag(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "100"})

    assert "bool" not in shown.output


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("show", "KEY"),
        ("download", "KEY"),
        ("import-file", "[KEY]"),
        ("revoke", "KEY SECRET_ID"),
        ("run", "KEY -- COMMAND"),
    ],
)
def test_usage_names_arguments_as_the_documentation_does(command: str, arguments: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "100"})

    # Some versions of typer add "...".
    assert re.search(rf" {command} \[OPTIONS\] {re.escape(arguments)}(\.\.\.)? ", shown.output)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("import-file -o a --program ./a", "'--program': it must be another file than --output"),
        ("import-file -o - --program a", "'--output' / '-o': it needs a file, not standard output"),
        ("import-file -o a --program -", "'--program': it needs a file, not standard output"),
        ("list --unmanaged --owner a", "'--owner': an unmanaged key has no owner"),
        ("download a -o - --json", "'--json': with --output -, standard output contains the key"),
        ("revoke a b", "'--yes': there is no terminal to confirm on"),
        ("token a", "'--force': standard output is not a pipe"),
    ],
)
def test_usage_error_quotes_the_option_and_says_what_is_wrong(words: str, problem: str) -> None:
    shown = CliRunner().invoke(app, words.split(), env={"COLUMNS": "200"})

    assert shown.exit_code == 2
    assert f"Invalid value for {problem}" in shown.output


def test_usage_of_run_shows_where_the_command_begins() -> None:
    shown = CliRunner().invoke(app, ["run", "ci", "ls", "-l"], env={"COLUMNS": "100"})

    assert shown.exit_code == 2
    assert "zdx-keys run [OPTIONS] KEY -- COMMAND" in shown.output
