import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import zdx_provider
from zdx_provider.errors import ZdxError
from zdx_provider.shadowing import LIBRARIES, find_shadowing, require_no_shadowing

PACKAGE = Path(zdx_provider.__file__).parent
FIND = "from zdx_provider.shadowing import find_shadowing; print(*find_shadowing(), sep='\\n')"


def find_in_process(folder: Path, *imported: str, **variables: str) -> list[str]:
    """What a process finds that was started in a folder, as the provider's is."""
    imports = "".join(f"import {name}\n" for name in imported)
    done = subprocess.run(
        [sys.executable, "-c", imports + FIND],
        cwd=folder,
        env={"PYTHONPATH": str(PACKAGE.parent), **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [line for line in done.stdout.splitlines() if line]


def write_module(folder: Path, name: str) -> Path:
    file = folder / f"{name}.py"
    file.write_text("")
    return file


def write_package(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return write_module(folder / name, "__init__")


@pytest.mark.parametrize("write", [write_module, write_package])
@pytest.mark.parametrize("name", ["secrets", "requests", "jwt"])
def test_find_shadowing_names_a_file_that_hides_a_module(
    tmp_path: Path, write: Callable[[Path, str], Path], name: str
) -> None:
    file = write(tmp_path, name)

    assert find_in_process(tmp_path, name) == [
        f'{file} hides the module "{name}", which the provider needs.'
    ]


def test_find_shadowing_names_a_file_whose_module_is_already_loaded(tmp_path: Path) -> None:
    # Pulumi's own modules are loaded before a program's folder comes into play.
    file = write_module(tmp_path, "subprocess")

    (problem,) = find_shadowing(tmp_path)

    assert problem.startswith(f'{file} hides the module "subprocess"')


def test_find_shadowing_ignores_a_file_that_hides_nothing(tmp_path: Path) -> None:
    for name in ("__main__", "zdx_keys", "turtle", "utils"):
        write_module(tmp_path, name)

    assert find_in_process(tmp_path, "utils", "zdx_keys") == []


@pytest.mark.parametrize("name", ["sys", "time", "abc", "codecs"])
def test_find_shadowing_ignores_a_file_that_is_never_imported_instead(
    tmp_path: Path, name: str
) -> None:
    write_module(tmp_path, name)

    assert find_in_process(tmp_path, name) == []


def test_find_shadowing_ignores_files_under_python_safe_path(tmp_path: Path) -> None:
    write_module(tmp_path, "secrets")
    is_heeded = sys.version_info >= (3, 11)

    found = find_in_process(tmp_path, "secrets", PYTHONSAFEPATH="1")

    assert bool(found) is not is_heeded


def test_require_no_shadowing_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_module(tmp_path, "subprocess")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ZdxError, match=r"subprocess\.py hides the module .* Rename it\.$"):
        require_no_shadowing()


def test_find_shadowing_knows_every_library_of_the_provider() -> None:
    imported: set[str] = set()
    for file in PACKAGE.rglob("*.py"):
        if "cli" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module)
    libraries = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names

    # Pulumi's own process has these loaded before it meets the provider.
    assert libraries - {"pulumi", "grpc", "zdx_provider"} <= LIBRARIES
