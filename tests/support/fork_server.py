"""Starts tenants at once: each is forked off a process that has loaded the emulator already.

Most of what a tenant costs is the loading of its libraries, and most tests have one of their own.
"""

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn

from zdx_emulator.testing import RunningEmulator


class ForkServer:
    """A process that tenants are forked off.

    Args:
        process: It; see `main` for what it is shown and answers.
    """

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @contextmanager
    def tenant(self, data_dir: Path, *options: str) -> Iterator[RunningEmulator]:
        """Run a tenant in a process of its own, and end it.

        Args:
            data_dir: The tenant's folder.
            *options: Further options of its command line.
        """
        born = self.ask(start=["--port=0", f"--data-dir={data_dir}", *options])
        tenant = RunningEmulator(ForkedProcess(self, born["pid"]), born["url"])
        try:
            yield tenant
        finally:
            tenant.kill()
            tenant.close()

    def ask(self, **order: object) -> Any:
        """Give the process an order, and wait for the response."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class ForkedProcess:
    """A forked tenant, as much of a `Popen` as a `RunningEmulator` needs."""

    stdin: IO[str] | None = None
    stdout: IO[str] | None = None

    def __init__(self, server: ForkServer, pid: int) -> None:
        self.pid = pid
        self._server = server
        self._status: int | None = None

    def send_signal(self, sig: int) -> None:
        if self._status is None:
            os.kill(self.pid, sig)

    def wait(self, timeout: float | None = None) -> int:  # noqa: ARG002 - its parent waits
        if self._status is None:
            self._status = int(self._server.ask(wait=self.pid))
        return self._status


@contextmanager
def running_fork_server() -> Iterator[ForkServer]:
    """Run the process that tenants are forked off, and end it."""
    command = [sys.executable, "-c", "from support.fork_server import main; main()"]
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        command, env={**os.environ, **paths}, stdin=-1, stdout=-1, text=True
    ) as process:
        yield ForkServer(process)
        if process.stdin:
            process.stdin.close()


def main() -> None:
    """Obey orders on stdin, each a line of JSON with its result on stdout.

    `{"start": arguments}` forks a tenant and responds with its `pid` and `url`; `{"wait": pid}`
    responds with its exit status. At the end of the orders, all tenants end.
    """
    import zdx_emulator.app  # noqa: F401, PLC0415 - what is loaded here need not be loaded again

    gc.freeze()
    alive: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer: object = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
            alive.discard(order["wait"])
        else:
            pid, url = _start(order["start"])
            answer = {"pid": pid, "url": url}
            alive.add(pid)
        print(json.dumps(answer), flush=True)  # noqa: T201 - the response
    for pid in alive:
        os.kill(pid, signal.SIGKILL)


def _start(arguments: list[str]) -> tuple[int, str]:
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        _become_tenant(arguments, writer)
    os.close(writer)
    with os.fdopen(reader) as said:
        return pid, said.readline().removeprefix("READY ").strip()


def _become_tenant(arguments: list[str], writer: int) -> NoReturn:
    from zdx_emulator.cli import main as serve  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    os.dup2(writer, sys.stdout.fileno())
    os.close(writer)
    status = 1
    try:
        status = serve(arguments)
    finally:
        os._exit(status)
