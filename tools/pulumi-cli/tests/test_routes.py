"""The order of the routes, and the download, without a process or a network."""

import subprocess
from pathlib import Path

import pytest
from pulumi_cli.build import Build, Pins
from pulumi_cli.download import Download
from pulumi_cli.routes import UnavailableError, install


def put_cli(root: Path) -> None:
    (root / "bin").mkdir()
    pulumi = root / "bin" / "pulumi"
    pulumi.write_text("#!/bin/sh\necho v3.272.0\n")
    pulumi.chmod(0o755)


def fail_halfway(root: Path) -> None:
    (root / "bin").mkdir()
    raise subprocess.CalledProcessError(
        1, "install.sh", output=b"Downloading ...\nerror: disk full\n"
    )


def never(folder: Path, _: Pins | None = None) -> None:
    raise AssertionError(f"nothing was to be put into {folder}")


def test_a_download_comes_before_a_build(tmp_path: Path) -> None:
    routes = (Download(tmp_path, put_cli), Build(tmp_path, never))
    assert (install(tmp_path, routes) / "pulumi").is_file()


def test_what_was_downloaded_is_not_downloaded_again(tmp_path: Path) -> None:
    install(tmp_path, [Download(tmp_path, put_cli)])
    assert (install(tmp_path, [Download(tmp_path, never)]) / "pulumi").is_file()


def test_a_download_that_fails_says_the_installers_last_word_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    with pytest.raises(UnavailableError, match=r"^error: disk full$"):
        Download(tmp_path, fail_halfway).obtain()
    assert list(tmp_path.iterdir()) == []


def test_a_build_that_does_not_run_as_the_pinned_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"does not run as v3\.\d+\.\d+$"):
        Build(tmp_path, lambda folder, _: (folder / "pulumi").touch()).obtain()


def test_other_pins_are_another_build() -> None:
    old, new = (Pins(f"\tgithub.com/pulumi/pulumi/pkg/v3 v3.{minor}.0\n") for minor in (1, 2))
    assert (old.pulumi, new.pulumi) == ("v3.1.0", "v3.2.0")
    assert old.digest != new.digest
