"""What a command shows while it waits."""

import io
import threading

import pytest
from rich.console import Console

from zdx_provider.cli.progress import WaitingLine, format_attempt
from zdx_provider.zidentity.attempts import Attempt

UNDER_WAY = Attempt(1, 6)
REFUSED = Attempt(2, 6, 8.0, "acme.zslogin.net does not accept connections")
LIMITED = Attempt(None, 6, 13.0, "the rate limit is reached")

ERASED = "\r\x1b[2K"


class Terminal:
    """A terminal or a file, and a clock."""

    def __init__(self, *, is_terminal: bool = True, width: int = 60) -> None:
        self.now = 0.0
        self.written = io.StringIO()
        console = Console(file=self.written, force_terminal=is_terminal, width=width, _environ={})
        self.line = WaitingLine(console, lambda: self.now)

    def take(self) -> str:
        """Return what was written since the last call."""
        text = self.written.getvalue()
        self.written.seek(0)
        self.written.truncate()
        return text


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.mark.parametrize(
    ("attempt", "seconds", "line"),
    [
        (UNDER_WAY, 0, ""),
        (UNDER_WAY, 1.9, ""),
        (UNDER_WAY, 12.3, "attempt 1 of 6, no response for 12 s"),
        (REFUSED, 0, "attempt 2 of 6, next in 8 s: acme.zslogin.net does not accept connections"),
        (REFUSED, 7.5, "attempt 2 of 6, next in 1 s: acme.zslogin.net does not accept connections"),
        (REFUSED, 9, "attempt 2 of 6, next in 0 s: acme.zslogin.net does not accept connections"),
        (LIMITED, 0, "next attempt in 13 s: the rate limit is reached"),
    ],
)
def test_format_attempt_counts_seconds(attempt: Attempt, seconds: float, line: str) -> None:
    assert format_attempt(attempt, seconds) == line


def test_waiting_line_appears_at_once_and_is_erased_at_the_end(terminal: Terminal) -> None:
    terminal.line.observe(UNDER_WAY)
    assert terminal.take() == ""

    terminal.line.observe(LIMITED)
    assert terminal.take() == f"{ERASED}next attempt in 13 s: the rate limit is reached"

    terminal.line.observe(None)
    assert terminal.take() == ERASED


def test_waiting_line_is_written_again_only_if_it_changed(terminal: Terminal) -> None:
    terminal.line.observe(LIMITED)
    terminal.take()

    terminal.line.refresh()
    assert terminal.take() == ""

    terminal.now = 3.0
    terminal.line.refresh()
    assert terminal.take() == f"{ERASED}next attempt in 10 s: the rate limit is reached"


def test_waiting_line_appears_while_a_server_does_not_respond(terminal: Terminal) -> None:
    terminal.line.observe(UNDER_WAY)

    terminal.now = 60.0
    terminal.line.refresh()

    assert terminal.take() == f"{ERASED}attempt 1 of 6, no response for 60 s"


def test_waiting_line_fits_the_terminal(terminal: Terminal) -> None:
    terminal.line.observe(REFUSED)

    assert terminal.take() == f"{ERASED}attempt 2 of 6, next in 8 s: acme.zslogin.net does not acc…"


def test_waiting_line_escapes_what_a_terminal_acts_on(terminal: Terminal) -> None:
    terminal.line.observe(Attempt(1, 2, 1.0, "\x1b[2J"))

    assert terminal.take() == f"{ERASED}attempt 1 of 2, next in 1 s: \\x1b[2J"


def test_waiting_line_shows_another_thread_after_the_first(terminal: Terminal) -> None:
    other = threading.Thread(target=terminal.line.observe, args=(LIMITED,))
    terminal.line.observe(Attempt(1, 2, 1.0, "first"))
    other.start()
    other.join()
    assert terminal.take() == f"{ERASED}attempt 1 of 2, next in 1 s: first"

    terminal.line.observe(None)

    assert terminal.take() == f"{ERASED}next attempt in 13 s: the rate limit is reached"


def test_waiting_line_is_never_written_without_a_terminal() -> None:
    file = Terminal(is_terminal=False)

    file.line.observe(REFUSED)
    file.line.observe(None)

    assert file.take() == ""


def test_progress_bar_has_the_waiting_line_at_its_end() -> None:
    terminal = Terminal(width=100)
    terminal.line.observe(LIMITED)
    terminal.take()

    steps = list(terminal.line.track([1, 2], 2, "Reading"))

    assert steps == [1, 2]
    assert "next attempt in 13 s" in terminal.take()


def test_progress_bar_is_never_written_without_a_terminal() -> None:
    file = Terminal(is_terminal=False)

    assert list(file.line.track([1], 1, "Reading")) == [1]
    assert file.take() == ""
