"""`zdx-keys` as its users run it: a process of its own."""

import atexit
import gc
import json
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from support.pulumi_project import PATIENCE_SECONDS, Run, run_program

COMMAND = str(Path(sys.executable).with_name("zdx-keys"))
# Variables that Python and the libraries of the command line read when they are loaded.
_READ_AT_LOADING = ("PYTHON", "LANG", "LC_", "FORCE_COLOR", "TYPER_")


@dataclass
class ZdxKeys:
    """The command line, run in a folder; all that it prints is kept."""

    folder: Path
    environment: dict[str, str]
    transcript: list[str] = field(default_factory=list)

    def __call__(self, *arguments: str, exits: int = 0) -> Run:
        done = self.run_unchecked(*arguments)
        assert done.returncode == exits, done.text
        return done

    def json(self, *arguments: str, exits: int = 0) -> Any:
        return json.loads(self(*arguments, "--json", exits=exits).stdout)

    def run_unchecked(self, *arguments: str) -> Run:
        environment = {"PATH": os.environ["PATH"], **self.environment}
        if any(name.startswith(_READ_AT_LOADING) for name in environment):
            done = run_program([COMMAND, *arguments], self.folder, environment)
        else:
            done = _run_forked(arguments, self.folder, environment)
        self.transcript.append(done.text)
        return done


def _run_forked(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Run:
    """Run a command in a process that is forked off one that has loaded its libraries.

    Loading them takes most of the time of a command.
    """
    with TemporaryDirectory() as written:
        files = [str(Path(written, name)) for name in ("stdout", "stderr")]
        order = {
            "arguments": arguments,
            "folder": str(folder),
            "environment": environment,
            "files": files,
        }
        process = _fork_server()
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        status = int(process.stdout.readline())
        stdout, stderr = (Path(file).read_text("utf-8") for file in files)
        return Run(status, stdout, stderr)


@cache
def _fork_server() -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", "from support.zdx_keys import main; main()"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)
    return process


def main() -> None:
    """Obey orders on stdin, each a line of JSON with its exit status as the line on stdout."""
    from zdx_provider import cli  # noqa: PLC0415 - only this process loads the command line

    for module in pkgutil.iter_modules(cli.__path__):
        import_module(f"{cli.__name__}.{module.name}")
    gc.freeze()
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _become_command(**json.loads(line))
            cli.main()
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201


def _become_command(
    arguments: list[str], folder: str, environment: dict[str, str], files: list[str]
) -> None:
    signal.alarm(PATIENCE_SECONDS)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [COMMAND, *arguments]
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    for file, stream in zip(files, (sys.stdout, sys.stderr), strict=True):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), stream.fileno())
