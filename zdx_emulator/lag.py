"""Reads that lag behind writes, as in a service of several replicas."""

from collections.abc import Callable


class Lag:
    """Knows what a reader does not see yet.

    Args:
        monotonic: Gives a time in seconds that never goes back.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._visible_from: dict[str, float] = {}

    def hide(self, id_: str, *, seconds: float) -> None:
        """Hides a new thing for so long."""
        if seconds:
            self._visible_from[id_] = self._monotonic() + seconds

    def hidden(self) -> frozenset[str]:
        """Returns the ids of all that is not to be seen yet."""
        if self._visible_from:
            now = self._monotonic()
            self._visible_from = {
                id_: time for id_, time in self._visible_from.items() if time > now
            }
        return frozenset(self._visible_from)
