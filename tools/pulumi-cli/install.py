"""Gives this project a Pulumi CLI: the one on PATH, else a download, else a build.

Usage: install.py [DESTINATION]

Prints the folder to put first on PATH as its last line on stdout; progress goes to stderr.
"""

import argparse
import os
import sys
from pathlib import Path

from pulumi_cli.build import Build
from pulumi_cli.download import Download
from pulumi_cli.on_path import OnPath
from pulumi_cli.routes import UnavailableError, install

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Install the CLI and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("destination", nargs="?", type=Path, default=PROJECT / ".local" / "cli")
    destination: Path = parser.parse_args().destination.resolve()
    routes = (
        OnPath(destination, search_path=os.environ.get("PATH", os.defpath)),
        Download(destination),
        Build(destination),
    )
    try:
        print(install(destination, routes))
    except UnavailableError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
