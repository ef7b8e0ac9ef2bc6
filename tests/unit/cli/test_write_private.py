import resource
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.samples import PLANTED

from zdx_provider.cli.key_files import require_free, write_private

CONTENT = SecretStr(PLANTED)


def test_write_private_lets_only_the_owner_read_the_file(tmp_path: Path) -> None:
    write_private(tmp_path / "ci.json", CONTENT)

    assert (tmp_path / "ci.json").read_text() == PLANTED
    assert stat.S_IMODE((tmp_path / "ci.json").stat().st_mode) == 0o600


def test_write_private_does_not_follow_a_link(tmp_path: Path) -> None:
    (tmp_path / "ci.json").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(match="already exists"):
        write_private(tmp_path / "ci.json", CONTENT)
    with pytest.raises(match="already exists"):
        require_free(tmp_path / "ci.json")
    assert not (tmp_path / "elsewhere").exists()


def test_write_private_fails_clearly_if_the_folder_is_missing(tmp_path: Path) -> None:
    for attempt in (require_free, lambda file: write_private(file, CONTENT)):
        with pytest.raises(match="cannot be written: No such file or directory"):
            attempt(tmp_path / "nowhere" / "ci.json")


def test_write_private_never_suggests_to_remove_a_folder(tmp_path: Path) -> None:
    for attempt in (require_free, lambda file: write_private(file, CONTENT)):
        with pytest.raises(match=r"is a folder\. Choose a file"):
            attempt(tmp_path)


def test_write_private_removes_a_partly_written_file(tmp_path: Path) -> None:
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, former[1]))
    try:
        with pytest.raises(match="cannot be written: File too large"):
            write_private(tmp_path / "ci.json", CONTENT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    assert list(tmp_path.iterdir()) == []
