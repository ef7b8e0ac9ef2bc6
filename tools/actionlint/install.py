"""Build actionlint, which checks workflows, unless it is built already.

Usage: install.py DESTINATION
"""

import subprocess
import sys
from pathlib import Path

from pulumi_cli.go import find_go, go_environment
from pulumi_cli.routes import UnavailableError

MODULE = Path(__file__).parent


def main() -> int:
    """Build it and return the exit status."""
    destination = Path(sys.argv[1]).resolve()
    destination.mkdir(parents=True, exist_ok=True)
    try:
        go = find_go("1.26", destination)
    except UnavailableError as error:
        print(f"actionlint: {error}", file=sys.stderr)
        return 1
    program = "github.com/rhysd/actionlint/cmd/actionlint"
    build = [str(go), "build", "-o", str(destination), program]
    return subprocess.run(build, cwd=MODULE, env=go_environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
