"""`zdx-keys` as its users run it: a process of its own."""

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.pulumi_project import Run, run_program


@dataclass
class ZdxKeys:
    """The command line, run in a folder; all that it prints is kept."""

    folder: Path
    environment: dict[str, str]
    transcript: list[str] = field(default_factory=list)

    def __call__(self, *arguments: str, exits: int = 0) -> Run:
        done = run_program(
            [str(Path(sys.executable).with_name("zdx-keys")), *arguments],
            self.folder,
            {"PATH": os.environ["PATH"], **self.environment},
        )
        self.transcript.append(done.text)
        assert done.returncode == exits, done.text
        return done

    def json(self, *arguments: str, exits: int = 0) -> Any:
        return json.loads(self(*arguments, "--json", exits=exits).stdout)
