import email
import json
import re
from zipfile import ZipFile

import pytest
from support.wheel import ROOT, build_wheel

import zdx_provider

PACKAGES = json.loads(
    re.findall(r"^packages = (\[.+])$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[0]
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    return ZipFile(build_wheel(tmp_path_factory.mktemp("wheel")))


def test_wheel_contains_only_the_packages(wheel: ZipFile) -> None:
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    sources = {
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }

    assert held == sources


def test_wheel_has_metadata_license_and_entry_points(wheel: ZipFile) -> None:
    metadata, licence, entry_points = (
        wheel.read(f"zdx_provider-{zdx_provider.__version__}.dist-info/{name}").decode()
        for name in ("METADATA", "licenses/LICENSE", "entry_points.txt")
    )
    described = email.message_from_string(metadata)

    assert described["License-Expression"] == "Apache-2.0"
    assert described["Requires-Python"] == ">=3.10"
    assert licence == (ROOT / "LICENSE").read_text()
    assert "zdx-keys = zdx_provider.cli:main" in entry_points


@pytest.mark.parametrize("package", ["zdx_provider", "zdx_emulator"])
def test_wheel_contains_py_typed(wheel: ZipFile, package: str) -> None:
    assert f"{package}/py.typed" in wheel.namelist()
