"""Tries the routes to a CLI in order, one run at a time."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pulumi_cli.folders import discard_partial_folders, lock_exclusively, point_link


class UnavailableError(Exception):
    """A route, or every route, leads to no CLI; the message says why."""


class Route(Protocol):
    """One way to a CLI."""

    @property
    def title(self) -> str:
        """What the user calls this route."""

    def find(self) -> Path | None:
        """Return the folder of a CLI that is ready, without fetching or building anything."""

    def obtain(self) -> Path:
        """Return the folder of a CLI, whatever it takes.

        Raises:
            UnavailableError: This route leads nowhere on this machine.
        """


def print_progress(message: str) -> None:
    """Show progress; stdout is kept for the result."""
    print(message, file=sys.stderr, flush=True)


def install(destination: Path, routes: Sequence[Route]) -> Path:
    """Make `destination`/bin the folder of a usable CLI.

    Args:
        destination: A folder of the project's own.
        routes: The ways to try, best first.

    Returns:
        The folder to put first on PATH.

    Raises:
        UnavailableError: No route led to a CLI; names each and what it said.
    """
    destination.mkdir(parents=True, exist_ok=True)
    with lock_exclusively(
        destination / "lock",
        on_wait=lambda: print_progress("Waiting for another run that gets the CLI ..."),
    ):
        discard_partial_folders(destination)
        folder = _find(routes) or _obtain(routes)
        point_link(destination / "bin", folder)
    return destination / "bin"


def _find(routes: Sequence[Route]) -> Path | None:
    return next((folder for route in routes if (folder := route.find())), None)


def _obtain(routes: Sequence[Route]) -> Path:
    reasons: list[str] = []
    for route in routes:
        try:
            return route.obtain()
        except UnavailableError as reason:  # noqa: PERF203 - a handful of routes
            reasons.append(f"  {len(reasons) + 1}. {route.title}: {reason}")
    raise UnavailableError("No way to a Pulumi CLI on this machine:\n" + "\n".join(reasons))
