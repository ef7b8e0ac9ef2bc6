"""A command that gets a key in its environment, run as a process."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.key_pair import KeyPair
from support.samples import PLANTED
from unit.cli.conftest import PulumiAnswers
from unit.cli.test_stack import OUTPUTS, export, resource, secret

COMMAND = Path(sys.executable).with_name("zdx-keys")
SHOW_ENVIRONMENT = "import os; print(*sorted(n for n in os.environ if n.startswith('ZSCALER_')))"


@pytest.fixture
def project(tmp_path: Path, pulumi_answers: PulumiAnswers) -> Path:
    """A project whose stack has a key in the cloud beta, and one without a secret."""
    outputs = {**OUTPUTS, "cloud": "beta", "key_secret": secret(PLANTED)}
    bare = {**OUTPUTS, "key_id": "id-2", "name": "bare"}
    pulumi_answers(export(resource("ci", outputs=outputs), resource("bare", outputs=bare)))
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def run(folder: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [COMMAND, "run", *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_run_gives_the_key_to_its_command_and_leaves_nothing(project: Path) -> None:
    script = 'echo "$ZSCALER_CLIENT_ID $ZSCALER_CLIENT_SECRET $ZSCALER_VANITY_DOMAIN $1"'

    done = run(project, "ci", "--", "sh", "-c", script, "sh", "--stack")

    assert done.stdout == f"id-1 {PLANTED} acme --stack\n"
    assert (done.returncode, done.stderr) == (0, "")
    assert list(project.iterdir()) == []


def test_run_keeps_the_providers_own_variables_from_the_command(project: Path) -> None:
    own = {
        "ZSCALER_PRIVATE_KEY": "obviously-fake-admin-key",
        "ZSCALER_TOKEN_URL": "http://127.0.0.1/token",
        "ZSCALER_API_URL": "http://127.0.0.1",
        "ZSCALER_HTTP_PROXY": "http://127.0.0.1:3128",
    }

    done = run(project, "ci", "--", sys.executable, "-c", SHOW_ENVIRONMENT, **own)

    assert done.stdout.split() == [
        "ZSCALER_CLIENT_ID",
        "ZSCALER_CLIENT_SECRET",
        "ZSCALER_CLOUD",
        "ZSCALER_HTTP_PROXY",
        "ZSCALER_VANITY_DOMAIN",
    ]


def test_run_gives_the_addresses_of_a_tenant_that_has_its_own(
    tmp_path: Path, pulumi_answers: PulumiAnswers
) -> None:
    origin = "http://127.0.0.1:9"
    outputs = {**OUTPUTS, "api_url": origin, "key_secret": secret(PLANTED)}
    pulumi_answers(export(resource("ci", outputs=outputs)))
    (tmp_path / "Pulumi.yaml").touch()
    addresses = {"ZSCALER_API_URL": origin, "ZSCALER_TOKEN_URL": f"{origin}/token"}
    script = 'echo "$ZSCALER_API_URL $ZSCALER_TOKEN_URL"'
    words = ("ci", "--", "sh", "-c", script)

    done = run(tmp_path, *words, ZSCALER_VANITY_DOMAIN="acme", **addresses)
    elsewhere = run(tmp_path, *words, ZSCALER_VANITY_DOMAIN="globex", **addresses)

    assert (done.returncode, done.stdout) == (0, f"{origin} {origin}/token\n")
    assert (elsewhere.returncode, elsewhere.stdout) == (3, "")
    assert "belongs to the tenant acme, but the settings point to globex" in elsewhere.stderr


def test_run_gives_the_private_key_of_a_key_without_a_secret(
    tmp_path: Path, pulumi_answers: PulumiAnswers
) -> None:
    pair = KeyPair.make()
    outputs = {**OUTPUTS, "authentication": {"public_keys": {"one": pair.public_pem}}}
    pulumi_answers(export(resource("ci", outputs=outputs)))
    (tmp_path / "private.pem").write_text(pair.private_pem)
    own = {"ZSCALER_CLIENT_SECRET": PLANTED, "ZSCALER_PRIVATE_KEY": "obviously-fake-admin-key"}
    words = ("ci", "--private-key", "private.pem", "--", "sh", "-c")
    names = f"{sys.executable} -c {shlex.quote(SHOW_ENVIRONMENT)}"

    done = run(tmp_path, *words, f'echo "$ZSCALER_PRIVATE_KEY"; {names}', **own)

    assert done.stdout.startswith(pair.private_pem)
    assert done.stdout.removeprefix(pair.private_pem).split() == [
        "ZSCALER_CLIENT_ID",
        "ZSCALER_PRIVATE_KEY",
        "ZSCALER_VANITY_DOMAIN",
    ]


@pytest.mark.parametrize(
    ("script", "code"), [("exit 7", 7), ("kill -TERM $$", -signal.SIGTERM.value)]
)
def test_run_exits_as_its_command_does(project: Path, script: str, code: int) -> None:
    assert run(project, "ci", "--", "sh", "-c", script).returncode == code


def test_run_lets_its_command_stop_when_the_reader_has_seen_enough(project: Path) -> None:
    done = subprocess.run(
        ["/bin/bash", "-c", f"{COMMAND} run ci -- yes | head -1; echo ${{PIPESTATUS[0]}}"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.split() == ["y", str(128 + signal.SIGPIPE)]
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (("ci", "--", "no-such-command"), 127, "error: no-such-command cannot be run: No such"),
        (("ci", "--", "/etc"), 126, "error: /etc cannot be run: "),
        (("bare", "--", "true"), 1, 'error: the state has no secret of the key "bare"'),
        (("cd", "--", "true"), 1, "error: the selected stack in"),
    ],
)
def test_run_says_in_one_line_why_the_command_did_not_run(
    project: Path, words: tuple[str, ...], code: int, line: str
) -> None:
    done = run(project, *words)

    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1
