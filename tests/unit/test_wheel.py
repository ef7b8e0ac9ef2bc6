import email
import re
import tarfile
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest
from support.wheel import ROOT

import zdx_provider
from tools.dist import DistError, build, build_twice
from zdx_emulator.testing import ADMIN_SECRET

VERSION = zdx_provider.__version__
PROVIDER = ("zdx_component", "zdx_provider")
EMULATOR = ("zdx_emulator",)
FOR_A_CLONE = {"zdx_component/constraints.txt", "zdx_component/requirements.txt"}
BUILT_INTO_SDIST = {".gitignore", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}

BOTH = pytest.mark.parametrize(
    ("name", "packages"), [("zdx_provider", PROVIDER), ("zdx_emulator", EMULATOR)]
)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build(folder)
    return folder


def open_wheel(dist: Path, name: str) -> ZipFile:
    return ZipFile(dist / f"{name}-{VERSION}-py3-none-any.whl")


def read_metadata(dist: Path, name: str) -> Message:
    text = open_wheel(dist, name).read(f"{name}-{VERSION}.dist-info/METADATA").decode()
    return email.message_from_string(text)


def list_sources(packages: tuple[str, ...]) -> set[str]:
    return {
        str(file.relative_to(ROOT))
        for package in packages
        for file in (ROOT / package).rglob("*")
        if file.is_file() and not {"__pycache__", ".venv"} & {*file.parts}
    }


@BOTH
def test_wheel_contains_only_the_packages(dist: Path, name: str, packages: tuple[str, ...]) -> None:
    held = open_wheel(dist, name).namelist()

    assert {n for n in held if ".dist-info/" not in n} == list_sources(packages) - FOR_A_CLONE


@BOTH
def test_sdist_contains_only_the_packages_and_their_description(
    dist: Path, name: str, packages: tuple[str, ...]
) -> None:
    with tarfile.open(dist / f"{name}-{VERSION}.tar.gz") as sdist:
        assert all(member.isfile() for member in sdist)
        held = {member.name.removeprefix(f"{name}-{VERSION}/") for member in sdist}

    changes = {"CHANGELOG.md"} if name == "zdx_provider" else set()
    assert held == list_sources(packages) | BUILT_INTO_SDIST | changes


@BOTH
def test_wheel_has_metadata_license_and_types(
    dist: Path, name: str, packages: tuple[str, ...]
) -> None:
    metadata = read_metadata(dist, name)
    wheel = open_wheel(dist, name)

    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["Author"] == "The zdx-provider maintainers"
    licence = wheel.read(f"{name}-{VERSION}.dist-info/licenses/LICENSE").decode()
    assert licence == (ROOT / "LICENSE").read_text()
    assert f"{packages[-1]}/py.typed" in wheel.namelist()


def test_wheel_has_entry_points(dist: Path) -> None:
    wheel = open_wheel(dist, "zdx_provider")
    entry_points = wheel.read(f"zdx_provider-{VERSION}.dist-info/entry_points.txt").decode()

    assert "zdx-keys = zdx_provider.cli:main" in entry_points


def test_production_wheel_holds_nothing_of_the_emulator(dist: Path) -> None:
    wheel = open_wheel(dist, "zdx_provider")
    required = read_metadata(dist, "zdx_provider").get_all("Requires-Dist", [])

    assert [n for n in wheel.namelist() if ADMIN_SECRET.encode() in wheel.read(n)] == []
    assert [requirement for requirement in required if "fastapi" in requirement] == []
    assert f"zdx-emulator=={VERSION}; extra == 'emulator'" in required


def test_emulator_wheel_does_not_require_the_product(dist: Path) -> None:
    required = read_metadata(dist, "zdx_emulator").get_all("Requires-Dist", [])

    assert [requirement for requirement in required if requirement.startswith("zdx")] == []


@BOTH
def test_index_page_has_only_absolute_links_and_pictures(
    dist: Path, name: str, packages: tuple[str, ...]
) -> None:
    del packages
    page = str(read_metadata(dist, name).get_payload())
    links = re.findall(r"\]\((.+?)\)", page)

    assert links
    assert [link for link in links if not link.startswith("https://")] == []


def test_index_page_shows_files_of_its_own_version(dist: Path) -> None:
    page = str(read_metadata(dist, "zdx_provider").get_payload())
    files = re.findall(r"zdx-provider/zdx-provider/(?:blob/)?v([^/]+)/([^)#]+)", page)

    assert {version for version, _ in files} == {VERSION}
    assert [file for _, file in files if not (ROOT / file).exists()] == []


@pytest.mark.slow
def test_build_twice_makes_the_same_files(tmp_path: Path) -> None:
    build_twice(tmp_path)


def test_build_twice_refuses_builds_that_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = iter(("first", "second"))
    monkeypatch.setattr(
        "tools.dist.build", lambda folder: (folder / "a.whl").write_text(next(texts))
    )

    with pytest.raises(DistError, match=r"two builds of the same commit differ: a\.whl"):
        build_twice(tmp_path)
