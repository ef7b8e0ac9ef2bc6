"""The server's clock, as far as its answers tell."""

from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

_YEAR_3000 = 32_503_680_000.0  # epoch seconds; no server that means it is beyond


class ServerClock:
    """This machine's clock, corrected by the `Date` of the server's answers.

    Args:
        local: Gives epoch seconds by this machine's clock.
    """

    def __init__(self, local: Callable[[], float]) -> None:
        self._local = local
        self._ahead = 0.0

    @property
    def ahead(self) -> float:
        """How many seconds the server's clock is ahead of this machine's."""
        return self._ahead

    def learn(self, date: str) -> None:
        """Take over the time that an answer's `Date` header tells, if it tells one."""
        moment = parse_http_date(date)
        if moment is not None and 0 < moment < _YEAR_3000:
            self._ahead = moment - self._local()

    def now(self) -> float:
        """Give epoch seconds by the server's clock."""
        return self._local() + self._ahead

    def moment(self) -> datetime:
        """Give the moment in UTC by the server's clock."""
        return datetime.fromtimestamp(self.now(), timezone.utc)


def parse_http_date(text: str) -> float | None:
    """Read an HTTP date as epoch seconds; None if it is not one."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()
