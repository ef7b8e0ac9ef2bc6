"""What the command line does with streams that take little, less, or nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("zdx-keys")
# Without settings it fails, and says so on standard output.
VERIFY = f"{COMMAND} verify"
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def run(line: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/bin/bash", "-c", line],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "sign"),
    [
        ({"PYTHONIOENCODING": "utf-8"}, "✗"),
        pytest.param({"PYTHONIOENCODING": "ascii"}, "FAILED", marks=pytest.mark.slow),
        pytest.param({"PYTHONIOENCODING": "latin-1"}, "FAILED", marks=pytest.mark.slow),
        (ASCII, "FAILED"),
    ],
    ids=["utf-8", "ascii", "latin-1", "C"],
)
def test_verify_prints_a_word_if_the_locale_lacks_the_sign(
    tmp_path: Path, environment: dict[str, str], sign: str
) -> None:
    done = run(VERIFY, tmp_path, **environment)

    assert done.stdout.startswith(f"{sign} settings: ")
    assert (done.returncode, done.stderr) == (3, "")


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("latin-1", marks=pytest.mark.slow)])
def test_usage_error_prints_any_argument_in_any_locale(tmp_path: Path, encoding: str) -> None:
    for argument in ("ключ", "\\xff"):
        done = run(f"{COMMAND} $'{argument}'", tmp_path, PYTHONIOENCODING=encoding)

        assert done.returncode == 2
        assert "No such command" in done.stderr
    assert run(f"{COMMAND} --help", tmp_path, PYTHONIOENCODING=encoding).returncode == 0


@pytest.mark.parametrize(
    ("redirection", "line"),
    [
        (">/dev/full", "error: standard output cannot be written: No space left on device."),
        (">&-", "error: standard output is closed. To discard the output, add: > /dev/null"),
    ],
)
@pytest.mark.parametrize("command", ["verify --json", "--help"])
def test_command_that_cannot_write_its_output_fails_in_one_line(
    tmp_path: Path, command: str, redirection: str, line: str
) -> None:
    done = run(f"{COMMAND} {command} {redirection}", tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


def test_verify_ignores_a_closed_pipe(tmp_path: Path) -> None:
    done = run(f"{VERIFY} --json | true; exit ${{PIPESTATUS[0]}}", tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_roles_keeps_its_exit_code_if_stderr_cannot_be_written(
    tmp_path: Path, redirection: str
) -> None:
    done = run(f"{COMMAND} roles {redirection}", tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")


@pytest.mark.parametrize(
    "command",
    ["verify", pytest.param("roles", marks=pytest.mark.slow), "import-file -o a --program b"],
)
def test_run_in_a_deleted_folder_fails_in_one_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "gone").mkdir()

    done = run(f"cd gone; rmdir ../gone; {COMMAND} {command}", tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith("error: the current folder no longer exists.")
    assert done.stderr.count("\n") == 1


def test_revoke_without_input_needs_yes(tmp_path: Path) -> None:
    done = run(f"{COMMAND} revoke ci id <&-", tmp_path)

    assert done.returncode == 2
    assert "use --yes" in done.stderr
