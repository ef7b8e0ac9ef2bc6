"""Which Python will manage the key, and what is said where it cannot."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi.errors import InputPropertiesError

from zdx_component.interpreter import require_provider
from zdx_provider import __version__


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty project, whose options and environment name no Python."""
    monkeypatch.chdir(tmp_path)
    for name in ("VIRTUALENV", "TOOLCHAIN"):
        monkeypatch.delenv(f"PULUMI_RUNTIME_{name}", raising=False)
    monkeypatch.delenv("PULUMI_PYTHON_CMD", raising=False)
    require_provider.cache_clear()
    yield
    require_provider.cache_clear()


def other_python(folder: Path, script: str) -> Path:
    """An interpreter in a virtual environment of that name."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return python


def without_provider(folder: Path) -> Path:
    return other_python(folder, f'exec {sys.executable} -S "$@"')


def with_provider(folder: Path, version: str = __version__) -> Path:
    package = folder / "zdx_provider"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f"__version__ = {version!r}\n")
    return other_python(folder, f'PYTHONPATH={folder} exec {sys.executable} "$@"')


def test_require_provider_accepts_the_python_of_the_component(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PULUMI_RUNTIME_VIRTUALENV", sys.prefix)

    require_provider()


@pytest.mark.parametrize("option", [".venv", "elsewhere/"])
def test_require_provider_accepts_another_python_with_the_same_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    with_provider(tmp_path / option)
    monkeypatch.setenv("PULUMI_RUNTIME_VIRTUALENV", option)

    require_provider()


def test_require_provider_names_a_venv_without_the_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = without_provider(tmp_path / ".venv")
    monkeypatch.setenv("PULUMI_RUNTIME_VIRTUALENV", ".venv")

    with pytest.raises(InputPropertiesError) as refused:
        require_provider()

    assert str(refused.value) == (
        f"{python} must have zdx_provider {__version__} installed (ModuleNotFoundError: No module "
        "named 'zdx_provider'). Install it there, or set the runtime option virtualenv in "
        f"Pulumi.yaml to {sys.prefix}"
    )


@pytest.mark.parametrize("toolchain", [None, "uv"])
def test_require_provider_names_a_missing_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toolchain: str | None
) -> None:
    monkeypatch.setenv("PULUMI_RUNTIME_TOOLCHAIN" if toolchain else "PULUMI_PYTHON_CMD", "uv")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(InputPropertiesError, match=r"installed \(No such file") as refused:
        require_provider()

    assert str(refused.value).endswith(f"or run: export PULUMI_PYTHON_CMD={sys.executable}")


def test_require_provider_refuses_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = with_provider(tmp_path / "newer", version="99.0.0")
    monkeypatch.setenv("PULUMI_PYTHON_CMD", str(python))

    with pytest.raises(InputPropertiesError, match=rf"{python} must have .* \(99\.0\.0\)"):
        require_provider()


def test_require_provider_checks_python3_on_path_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = without_provider(tmp_path)
    python.rename(python.with_name("python3"))
    monkeypatch.setenv("PATH", f"{python.parent}:/bin:/usr/bin")

    with pytest.raises(InputPropertiesError, match=f"{python.with_name('python3')} must have"):
        require_provider()


def test_require_provider_does_not_check_a_python_of_poetry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PULUMI_RUNTIME_TOOLCHAIN", "poetry")
    monkeypatch.setenv("PULUMI_PYTHON_CMD", "nowhere")

    require_provider()
