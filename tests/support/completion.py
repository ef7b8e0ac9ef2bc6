"""What a shell shows when a user presses the tab key."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def complete(line: str, folder: Path, environment: Mapping[str, str]) -> list[str]:
    """Return what bash is shown at the end of a line, in a folder."""
    asked = {
        "_ZDX_KEYS_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(line.count(" ")),
    }
    done = subprocess.run(
        [Path(sys.executable).with_name("zdx-keys")],
        cwd=folder,
        env={**environment, **asked},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()
