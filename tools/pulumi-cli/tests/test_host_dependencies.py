"""The project's language host installs what a program needs, and reports what is there."""

import sys
import zipfile
from pathlib import Path

import grpc
import pytest
from host_process import HostProcess, build_program_info
from pulumi.runtime.proto.language_pb2 import (
    AboutRequest,
    GetProgramDependenciesRequest,
    GetRequiredPackagesRequest,
    InstallDependenciesRequest,
)


def write_wheel(folder: Path) -> str:
    name = "fake_thing-1.0-py3-none-any.whl"
    metadata = "fake_thing-1.0.dist-info"
    with zipfile.ZipFile(folder / name, "w") as wheel:
        wheel.writestr("fake_thing.py", "")
        wheel.writestr(
            f"{metadata}/METADATA", "Metadata-Version: 2.1\nName: fake-thing\nVersion: 1.0"
        )
        wheel.writestr(f"{metadata}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{metadata}/RECORD", "")
    return name


@pytest.mark.slow
def test_install_creates_and_fills_the_virtual_environment(
    host: HostProcess, project: Path
) -> None:
    (project / "requirements.txt").write_text(f"./{write_wheel(project)}\n")
    program = build_program_info(project, virtualenv="new")
    said = list(host.call.InstallDependencies(InstallDependenciesRequest(info=program)))
    assert b"Successfully installed fake-thing-1.0" in b"".join(part.stdout for part in said)
    listed = host.call.GetProgramDependencies(GetProgramDependenciesRequest(info=program))
    assert ("fake-thing", "1.0") in {(each.name, each.version) for each in listed.dependencies}


def test_install_that_fails_names_its_folder(
    host: HostProcess, project: Path, virtualenv: str
) -> None:
    (project / "requirements.txt").write_text("./not-there.whl\n")
    request = InstallDependenciesRequest(info=build_program_info(project, virtualenv=virtualenv))
    with pytest.raises(grpc.RpcError, match=f"failed in {project}"):
        list(host.call.InstallDependencies(request))


def test_about_names_the_python_of_the_program(
    host: HostProcess, project: Path, virtualenv: str
) -> None:
    about = host.call.About(AboutRequest(info=build_program_info(project, virtualenv=virtualenv)))
    assert about.executable == str(project / virtualenv / "bin" / "python")
    assert about.version == sys.version.partition(" ")[0]


def test_get_required_packages_returns_none_for_dynamic_providers(
    host: HostProcess, project: Path
) -> None:
    response = host.call.GetRequiredPackages(
        GetRequiredPackagesRequest(info=build_program_info(project))
    )
    assert (list(response.packages), list(response.specs)) == ([], [])
