import pytest
from typer.testing import CliRunner

from zdx_provider.cli.app import app


@pytest.mark.parametrize("command", ["verify", "roles", "list", "download", "revoke"])
def test_every_command_shows_examples_and_offers_json(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "100"})

    assert f"  zdx-keys {command}" in shown.output
    assert "--json" in shown.output


def test_help_tells_the_exit_codes() -> None:
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "100"})

    assert "Exit codes: 0 done; 1 failed" in shown.output


def test_a_secret_is_never_an_argument() -> None:
    options = [
        option
        for command in ("verify", "roles", "list", "download", "revoke")
        for option in CliRunner().invoke(app, [command, "--help"]).output.split()
        if option.startswith("--")
    ]

    assert not [option for option in options if "secret" in option or "key" in option]
    assert len(options) > 10


def test_json_and_the_key_itself_are_not_mixed_on_standard_output() -> None:
    mixed = CliRunner().invoke(app, ["download", "ci", "--output", "-", "--json"])

    assert mixed.exit_code == 2
    assert mixed.stdout == ""
