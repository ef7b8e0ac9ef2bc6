"""The processes behind one command of the CLI."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

PATIENCE_SECONDS = 60
_ENDED = "<defunct>"  # how ps shows a process that has ended, until its parent asks for its status
_POLL_SECONDS = 0.02

CLI = "CLI"
PLUGIN = "plugin"
LANGUAGE_HOST = "language host"


@dataclass(frozen=True)
class Process:
    """A process, by the id and the command line that it has while it runs."""

    pid: int
    parent: int
    command: str

    @property
    def alive(self) -> bool:
        return any((p.pid, p.command) == (self.pid, self.command) for p in _all() if not p.ended)

    @property
    def ended(self) -> bool:
        return self.command.endswith(_ENDED)

    def kill(self) -> None:
        """End it as a power cut would, and wait until it is gone."""
        os.kill(self.pid, signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.alive:
            assert time.monotonic() < deadline, f"{self} survives SIGKILL"
            time.sleep(_POLL_SECONDS)


@dataclass(frozen=True)
class EngineProcesses:
    """A running command of the CLI, and all that it has started."""

    cli: Process
    started: tuple[Process, ...]

    @classmethod
    def of(cls, cli_pid: int) -> "EngineProcesses":
        everything = list(_all())
        (cli,) = [process for process in everything if process.pid == cli_pid]
        return cls(cli, tuple(_descendants(cli_pid, everything)))

    def named(self, role: str) -> Process:
        if role == CLI:
            return self.cli
        if role == PLUGIN:
            return self._one("-m pulumi.dynamic ")
        # The executor that a host starts bears its name too; only the host is the CLI's child.
        return self._one("pulumi-language-python", parent=self.cli.pid)

    def kill_survivors(self) -> None:
        alive = {(process.pid, process.command) for process in _all()}
        for process in self.started:
            if (process.pid, process.command) in alive:
                with suppress(ProcessLookupError):  # it exits as the previous one it is gone
                    process.kill()

    def _one(self, part: str, parent: int | None = None) -> Process:
        (found,) = [
            process
            for process in self.started
            if part in process.command and parent in (None, process.parent)
        ]
        return found


def _descendants(pid: int, everything: list[Process]) -> Iterator[Process]:
    for process in everything:
        if process.parent == pid:
            yield process
            yield from _descendants(process.pid, everything)


def _all() -> Iterator[Process]:
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="],  # noqa: S607 - the system's own
        capture_output=True,
        text=True,
        check=True,
    )
    for line in listed.stdout.splitlines():
        pid, parent, command = line.split(maxsplit=2)
        yield Process(int(pid), int(parent), command)
