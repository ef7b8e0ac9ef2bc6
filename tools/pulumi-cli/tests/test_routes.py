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


def test_install_prefers_a_download_to_a_build(tmp_path: Path) -> None:
    routes = (Download(tmp_path, put_cli), Build(tmp_path, never))
    assert (install(tmp_path, routes) / "pulumi").is_file()


def test_install_does_not_download_again(tmp_path: Path) -> None:
    install(tmp_path, [Download(tmp_path, put_cli)])
    assert (install(tmp_path, [Download(tmp_path, never)]) / "pulumi").is_file()


def test_download_that_fails_shows_the_last_line_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    with pytest.raises(UnavailableError, match=r"^error: disk full$"):
        Download(tmp_path, fail_halfway).obtain()
    assert list(tmp_path.iterdir()) == []


def test_build_refuses_a_cli_of_another_version(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"does not run as v3\.\d+\.\d+$"):
        Build(tmp_path, lambda folder, _: (folder / "pulumi").touch()).obtain()


def test_digest_of_other_pins_differs() -> None:
    old, new = (Pins(f"\tgithub.com/pulumi/pulumi/pkg/v3 v3.{minor}.0\n") for minor in (1, 2))
    assert (old.pulumi, new.pulumi) == ("v3.1.0", "v3.2.0")
    assert old.digest != new.digest
