"""What a command works on or waits for: on standard error, on a terminal, while it lasts."""

import math
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from rich.console import Console
from rich.control import Control
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.segment import ControlType
from rich.table import Column
from rich.text import Text

from zdx_provider.cli.output import create_error_console, format_cell
from zdx_provider.zidentity.attempts import Attempt

T = TypeVar("T")

_QUIET_SECONDS = 2.0  # a response that takes no longer is not worth a line
_REFRESH_SECONDS = 0.25


@dataclass(frozen=True)
class _Call:
    """What one thread waits for, since a second of the monotonic clock."""

    attempt: Attempt
    since: float


class WaitingLine:
    """One line for what the command waits for; it disappears when the wait is over.

    Several threads may use it. If several wait, the line shows what the first one waits for.

    Args:
        console: Where it is shown. Nothing is shown without a terminal.
        monotonic: Gives seconds of a clock that never jumps.
    """

    def __init__(self, console: Console, monotonic: Callable[[], float]) -> None:
        self.has_terminal = console.is_terminal and not console.is_dumb_terminal
        self._console = console
        self._monotonic = monotonic
        self._lock = threading.RLock()
        self._calls: dict[int, _Call] = {}
        self._shown = ""
        self._is_in_bar = False

    def observe(self, attempt: Attempt | None) -> None:
        """Show an attempt of this thread; None: it waits no more."""
        with self._lock:
            if attempt is None:
                self._calls.pop(threading.get_ident(), None)
            else:
                self._calls[threading.get_ident()] = _Call(attempt, self._monotonic())
            self.refresh()

    def format(self) -> str:
        """Return the line as it is now; empty if there is nothing to say."""
        with self._lock:
            now = self._monotonic()
            lines = (
                format_attempt(call.attempt, now - call.since) for call in self._calls.values()
            )
            return next(filter(None, lines), "")

    def refresh(self) -> None:
        """Write the line as it is now, if it changed."""
        with self._lock:
            line = "" if self._is_in_bar else self.format()
            if not self.has_terminal or line == self._shown:
                return
            self._console.control(
                Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2))
            )
            text = format_cell(line)
            text.truncate(self._console.width - 1, overflow="ellipsis")
            self._console.print(text, end="", soft_wrap=True)
            self._shown = line

    def track(self, items: Iterable[T], total: int, activity: str) -> Iterable[T]:
        """Yield the items, on a terminal with a progress bar that has this line at its end."""
        if not self.has_terminal:
            yield from items
            return
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            _WaitingColumn(self),
            console=self._console,
            transient=True,
        )
        self._is_in_bar = True
        try:
            with bar:
                yield from bar.track(items, total, description=activity)
        finally:
            self._is_in_bar = False


class _WaitingColumn(ProgressColumn):
    """The end of a progress bar: what is waited for."""

    def __init__(self, line: WaitingLine) -> None:
        super().__init__(Column(no_wrap=True, overflow="ellipsis"))
        self._line = line

    def render(self, task: Task) -> Text:  # noqa: ARG002 - as rich calls it
        return format_cell(self._line.format())


def format_attempt(attempt: Attempt, seconds: float) -> str:
    """Return an attempt as a line for people; empty if it is not worth one.

    Args:
        attempt: The attempt.
        seconds: How long ago it began, or failed.
    """
    count = f"attempt {attempt.number} of {attempt.limit}"
    if attempt.wait is None:
        return "" if seconds < _QUIET_SECONDS else f"{count}, no response for {seconds:.0f} s"
    left = max(math.ceil(attempt.wait - seconds), 0)
    following = "next attempt" if attempt.number is None else f"{count}, next"
    return f"{following} in {left} s: {attempt.problem}"


def show_attempt(attempt: Attempt | None) -> None:
    """Show an attempt at a request on standard error; None: this thread waits no more."""
    _open_line().observe(attempt)


def show_progress(items: Iterable[T], total: int, activity: str) -> Iterable[T]:
    """Yield the items, with a progress bar on standard error."""
    return _open_line().track(items, total, activity)


@cache
def _open_line() -> WaitingLine:
    """Return the line of this process, which its own thread keeps up to date."""
    line = WaitingLine(create_error_console(), time.monotonic)
    if line.has_terminal:
        threading.Thread(target=_keep_current, args=(line,), daemon=True).start()
    return line


def _keep_current(line: WaitingLine) -> None:
    while True:
        time.sleep(_REFRESH_SECONDS)
        line.refresh()
