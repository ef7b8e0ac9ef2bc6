"""The package as `pulumi package add` installs it from git, with the commands of the documents."""

import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from support.component_project import ComponentProject
from support.documents import read_blocks_of
from support.git_server import publish, running_git_server
from support.proxy import running_proxy

from zdx_emulator.testing import RunningEmulator
from zdx_provider import __version__

PAGE = "docs/languages.md"
BLOCKS = [block.text for block in read_blocks_of(PAGE)]
(COMMAND,) = [text for text in BLOCKS if text.startswith("pulumi package add https")]
(ADDED,) = [yaml.safe_load(text) for text in BLOCKS if text.startswith("packages:")]
(PYTHON,) = [
    text.strip().partition("~/.pulumi/")[2]
    for text in BLOCKS
    if text.startswith("export PULUMI_PYTHON_CMD")
]
# What pip has installed here, so that it installs only the package.
LIBRARIES = {"PYTHONPATH": sysconfig.get_path("purelib")}


@pytest.fixture
def git_host(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Variables with which each host has this project's repository, except for pip.

    The CLI reads the upper case first, and Python the lower case.
    """
    publish(tmp_path / "zdx-provider" / "zdx-provider.git", f"v{__version__}")
    with running_git_server(tmp_path) as origin, running_proxy(origin) as proxy:
        yield {
            "HTTPS_PROXY": proxy.url,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "*",
            "SSL_CERT_FILE": str(proxy.ca_file),
        }


@pytest.mark.slow
def test_package_from_git_creates_a_key_with_its_own_python(
    project: ComponentProject, tenant: RunningEmulator, git_host: dict[str, str]
) -> None:
    file = project.folder / "Pulumi.yaml"
    described = yaml.safe_load(file.read_text()) | {"runtime": "yaml"}
    del described["plugins"]
    file.write_text(yaml.safe_dump(described))

    only_the_package = {"PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_DEPS": "1"}
    project.environment = {**git_host, **LIBRARIES, **only_the_package}
    project.run_in_shell(COMMAND)
    python = project.engine_folder / "home" / PYTHON
    project.environment = {**LIBRARIES, "PULUMI_PYTHON_CMD": str(python)}
    project.up()

    assert yaml.safe_load(file.read_text()) == described | ADDED
    assert project.key()["key_id"] == tenant.client_named("ci").id
