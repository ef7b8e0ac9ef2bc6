"""`zdx-keys` as its users run it: a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.pulumi_project import Run


@dataclass
class ZdxKeys:
    """The command line, run in a folder; all that it prints is kept."""

    folder: Path
    environment: dict[str, str]
    transcript: list[str] = field(default_factory=list)

    def __call__(self, *arguments: str, exits: int = 0) -> Run:
        done = subprocess.run(
            [Path(sys.executable).with_name("zdx-keys"), *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.transcript.append(done.stdout + done.stderr)
        assert done.returncode == exits, f"{done.stdout}{done.stderr}"
        return Run(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments: str, exits: int = 0) -> Any:
        return json.loads(self(*arguments, "--json", exits=exits).stdout)
