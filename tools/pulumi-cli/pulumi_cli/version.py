"""Asks a CLI for its version."""

import os
import subprocess
from pathlib import Path

_TIMEOUT_SECONDS = 60


def read_pulumi_version(pulumi: Path) -> str | None:
    """Return what `pulumi version` prints, such as `v3.274.1`; None where it does not run."""
    try:
        return subprocess.run(
            [pulumi, "version"],
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=_TIMEOUT_SECONDS,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def is_supported(version: str | None) -> bool:
    """Check whether the SDK that the project uses can work with that version."""
    return version is not None and version.startswith("v3.")
