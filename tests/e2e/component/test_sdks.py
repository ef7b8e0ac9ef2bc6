"""The programs of the documents, compiled with the SDKs that `pulumi package add` generates.

The CLI leaves the generation to its language hosts. `tools/sdks` calls the same functions without
them. There are no such functions for C# and Java in a registry.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.documents import ROOT, read_blocks

TOOLS = ROOT / "tools" / "sdks"
PACKAGE = Path(sys.prefix, "bin", "pulumi-resource-zdx")
SDK_FOLDER = "sdks/zdx-provider-zdx"  # where `pulumi package add` puts it
GO_MODULE = "github.com/zdx-provider/zdx-provider/sdk/go"
# As tools/pulumi-cli builds the CLI, so that Go's cache has most of it where that was built.
GO = {
    **os.environ,
    "CGO_ENABLED": "0",
    "GOFLAGS": "-buildvcs=false -trimpath -tags=osusergo,grpcnotrace",
    "GOTOOLCHAIN": "local",
}
TSCONFIG = """
{
  "compilerOptions": {"module": "nodenext", "noEmit": true, "skipLibCheck": true, "strict": true},
  "include": ["program*/*.ts"]
}
"""

pytestmark = pytest.mark.slow


def run(
    command: Sequence[str | Path],
    folder: Path,
    *,
    stdin: str | None = None,
    environment: dict[str, str] | None = None,
) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sdks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the SDK of each language."""
    folder = tmp_path_factory.mktemp("sdks")
    home = {**os.environ, "PULUMI_HOME": str(folder / "home")}
    schema = run(["pulumi", "package", "get-schema", PACKAGE], folder, environment=home)
    run(["go", "run", ".", folder], TOOLS, stdin=schema, environment=GO)
    return folder


def write_programs(language: str, suffix: str, folder: Path) -> None:
    blocks = read_blocks(language)
    assert blocks
    for number, block in enumerate(blocks):
        program = folder / f"program{number}"
        program.mkdir()
        (program / f"main.{suffix}").write_text(block.text)


def test_typescript_programs_compile_with_the_generated_sdk(sdks: Path, tmp_path: Path) -> None:
    shutil.copytree(sdks / "nodejs", tmp_path / SDK_FOLDER)
    shutil.copy(TOOLS / "package.json", tmp_path)
    (tmp_path / "tsconfig.json").write_text(TSCONFIG)
    write_programs("typescript", "ts", tmp_path)

    run(["npm", "install", "--no-package-lock", f"file:{SDK_FOLDER}"], tmp_path)  # compiles it
    run(["node_modules/.bin/tsc", "--project", "."], tmp_path)


def test_go_programs_compile_with_the_generated_sdk(sdks: Path, tmp_path: Path) -> None:
    shutil.copytree(sdks / "go", tmp_path / SDK_FOLDER)
    for pins in ("go.mod", "go.sum"):
        shutil.copy(TOOLS / pins, tmp_path)
    write_programs("go", "go", tmp_path)

    sdk = ["-replace", f"{GO_MODULE}=./{SDK_FOLDER}", "-require", f"{GO_MODULE}@v0.0.0"]
    run(["go", "mod", "edit", *sdk], tmp_path, environment=GO)
    run(["go", "vet", "-mod=mod", "./...", f"{GO_MODULE}/..."], tmp_path, environment=GO)
