"""The tenant's time, which tests may move."""

import time
from email.utils import formatdate


class Clock:
    """The machine's time plus an offset.

    Attributes:
        offset_seconds: How far ahead of the machine the tenant lives; negative for behind.
    """

    def __init__(self) -> None:
        self.offset_seconds = 0

    def now(self) -> int:
        """Returns the tenant's time in whole epoch seconds, as the wire has it."""
        return int(time.time()) + self.offset_seconds

    def http_date(self) -> str:
        """Returns the tenant's time as a `Date` header has it."""
        return formatdate(self.now(), usegmt=True)
