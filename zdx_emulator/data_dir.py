"""The folder that holds a tenant, one process at a time."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "lock"


class DataDirHeldError(Exception):
    """Another process serves from this folder.

    Args:
        path: The folder.
        holder: The other's process id, as it wrote it.
    """

    def __init__(self, path: Path, holder: str) -> None:
        super().__init__(f"data dir {path} is held by process {holder}")


@contextmanager
def held(path: Path) -> Iterator[Path]:
    """Holds a folder; a killed holder's claim ends with it.

    Args:
        path: The folder; made when it is not there.

    Raises:
        DataDirHeldError: Another process holds it.
    """
    path.mkdir(parents=True, exist_ok=True)
    with (path / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise DataDirHeldError(path, lock.read().strip()) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield path


@contextmanager
def temporary() -> Iterator[Path]:
    """Gives a folder that goes when the process ends."""
    with tempfile.TemporaryDirectory(prefix="zdx-emulator-") as path:
        yield Path(path)
