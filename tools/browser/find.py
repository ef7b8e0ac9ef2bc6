"""Prints the path of a Chromium or Chrome: the one on PATH, else Playwright's own.

Usage: find.py

Exits with 1, and one line that says what to do, where there is none.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MISSING = (
    "No Chromium or Chrome: put one on PATH, or run `python tools/browser/install.py` "
    "(as root on Debian, or where Playwright can download its own)."
)


def find() -> str | None:
    """Return the path of a browser; None where there is none."""
    on_path = (shutil.which(name) for name in NAMES)
    return next((path for path in on_path if path), None) or _playwrights_own()


def _playwrights_own() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def main() -> int:
    """Print the path and return the exit status."""
    path = find()
    print(path or MISSING, file=sys.stdout if path else sys.stderr)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
