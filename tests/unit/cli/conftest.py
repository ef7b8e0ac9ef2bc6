import os
from collections.abc import Callable
from pathlib import Path

import pytest

PulumiAnswers = Callable[..., None]


@pytest.fixture
def pulumi_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PulumiAnswers:
    """Put a `pulumi` on PATH that answers as shown, whatever it is asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")

    def answers(stdout: str = "", *, stderr: str = "", exits: int = 0) -> None:
        (folder / "stdout").write_text(stdout)
        (folder / "stderr").write_text(stderr)
        script = folder / "pulumi"
        script.write_text(
            f'#!/bin/sh\ncat "{folder}/stdout"\ncat "{folder}/stderr" >&2\nexit {exits}\n'
        )
        script.chmod(0o755)

    return answers
