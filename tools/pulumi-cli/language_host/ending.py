"""When this host ends, and how."""

import os
import signal
from typing import NoReturn


class Ending:
    """Waits for SIGINT, SIGTERM, or a call from another thread.

    A pipe rather than an event: a signal that arrives just before the main thread blocks on an
    event would be noticed only when something else wakes it.
    """

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        signal.set_wakeup_fd(self._writer)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)  # the pipe reports it; no KeyboardInterrupt

    def announce(self) -> None:
        """Make `wait` return."""
        os.write(self._writer, b"\0")

    def wait(self) -> None:
        """Return when it is time to end."""
        os.read(self._reader, 1)


def lead_process_group() -> None:
    """Make sure that the group is this process and what it starts, as under the engine."""
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)


def end_process_group() -> NoReturn:
    """End the program, policy packs and plugins that still run, and this process.

    After its SIGINT the engine waits up to 5 s for all of them; a program that is busy may not
    end by itself, and must not outlive an engine that is gone.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    os._exit(0)
