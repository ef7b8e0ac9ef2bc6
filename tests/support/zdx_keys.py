"""`zdx-keys` as its users run it: a process of its own."""

import atexit
import gc
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from support.pulumi_project import PATIENCE_SECONDS, Run, run_program

COMMAND = str(Path(sys.executable).with_name("zdx-keys"))
# Variables that Python and the libraries of the command line read when they are loaded.
_READ_AT_LOADING = ("PYTHON", "LANG", "LC_", "TYPER_")


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
    order = {"arguments": arguments, "folder": str(folder), "environment": environment}
    stdout, stderr, status = _command_server().run(json.dumps(order))
    return Run(status, stdout, stderr)


class CommandServer:
    """A process that commands are forked off, each with pipes of its own."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    f"from support.zdx_keys import main; main({theirs.fileno()})",
                ],
                env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,  # a pipe, as Python remembers what its streams can do
                text=True,
            )

    def run(self, order: str) -> tuple[str, str, int]:
        """Run the command of an order, and return what it wrote and its exit status."""
        assert self._process.stdin
        assert self._process.stdout
        pipes = [os.pipe() for _ in ("stdout", "stderr")]
        writers = [writer for _, writer in pipes]
        socket.send_fds(self._socket, [b"!"], writers)
        for writer in writers:
            os.close(writer)
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        with ThreadPoolExecutor() as pool:
            stdout, stderr = pool.map(_read, [reader for reader, _ in pipes])
        return stdout, stderr, int(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
        self._socket.close()


@cache
def _command_server() -> CommandServer:
    server = CommandServer()
    atexit.register(server.close)
    return server


def _read(pipe: int) -> str:
    with os.fdopen(pipe, encoding="utf-8") as stream:
        return stream.read()


def main(pipes_of_commands: int) -> None:
    """Obey orders on stdin, each a line of JSON with its exit status as the line on stdout.

    Args:
        pipes_of_commands: The socket on which each order's standard output and error arrive.
    """
    from zdx_provider import cli  # noqa: PLC0415 - only this process loads the command line

    for module in pkgutil.iter_modules(cli.__path__):
        import_module(f"{cli.__name__}.{module.name}")
    gc.freeze()
    os.set_inheritable(pipes_of_commands, False)  # noqa: FBT003 - its only argument
    with socket.socket(fileno=pipes_of_commands) as channel:
        for line in sys.stdin:
            _, pipes, _, _ = socket.recv_fds(channel, 1, 2)
            pid = os.fork()
            if not pid:
                _become_command(pipes, **json.loads(line))
                cli.main()
            for pipe in pipes:
                os.close(pipe)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201


def _become_command(
    pipes: list[int], arguments: list[str], folder: str, environment: dict[str, str]
) -> None:
    signal.alarm(PATIENCE_SECONDS)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [COMMAND, *arguments]
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    for pipe, stream in zip(pipes, (sys.stdout, sys.stderr), strict=True):
        os.dup2(pipe, stream.fileno())
        os.close(pipe)
