"""Folders that are either whole or not there, whatever else runs and whenever a run is killed."""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PARTIAL = "partial-"


@contextmanager
def lock_exclusively(lock: Path, *, on_wait: Callable[[], None]) -> Iterator[None]:
    """Let one process at a time in; the system frees the lock of a killed one."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def fill_whole_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to fill, which becomes `folder` once the block ends without an error."""
    # A name of its own each time: a compiler that outlives its killed run writes elsewhere.
    partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=folder.parent))
    try:
        yield partial
        partial.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def discard_partial_folders(parent: Path) -> None:
    """Remove what killed runs left; the caller holds the lock."""
    for partial in parent.glob(f"{_PARTIAL}*"):
        shutil.rmtree(partial, ignore_errors=True)


def point_link(link: Path, target: Path) -> None:
    """Make `link` a symbolic link to `target`, without a moment where it is missing."""
    if link.is_symlink() and link.readlink() == target:
        return
    new = link.with_name(f"{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(link)


def write_executable(file: Path, content: str) -> None:
    """Write a script, without a moment where it is half there."""
    if file.is_file() and file.read_text(encoding="utf-8") == content:
        return
    new = file.with_name(f"{file.name}.new")
    new.write_text(content, encoding="utf-8")
    new.chmod(0o755)
    new.replace(file)
