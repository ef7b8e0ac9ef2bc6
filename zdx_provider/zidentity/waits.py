"""How long a server asks to wait."""

import re
from collections.abc import Mapping

from zdx_provider.zidentity.clock import parse_http_date

_HEADERS = ("Retry-After", "x-ratelimit-reset", "RateLimit-Reset")
_HTTP_DATE = re.compile(r"[A-Za-z]{3}, \d{1,2} [A-Za-z]{3} \d{4} \d\d:\d\d:\d\d GMT")
_NUMBER = re.compile(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*s?\s*(?:;.*)?", re.DOTALL)
_EARLIEST_EPOCH = 1e9  # seconds; as a time to wait it would be 31 years
_EARLIEST_EPOCH_MILLISECONDS = 1e12


def asked_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Read how many seconds a server asks to wait.

    Zscaler's services use seconds, `13s`, epoch seconds and, where two limiters are in the way,
    a repeated header such as `1, 1`, of which the largest counts; proxies use HTTP dates.

    Args:
        headers: An answer's headers.
        now: Epoch seconds by the server's clock.

    Returns:
        Seconds, never negative; None where no header says anything that can be read.
    """
    for name in _HEADERS:
        waits = _waits(headers.get(name, ""), now)
        if waits:
            return max(waits)
    return None


def _waits(text: str, now: float) -> list[float]:
    dates = [parse_http_date(date) for date in _HTTP_DATE.findall(text)]
    if dates:
        return [max(0.0, date - now) for date in dates if date is not None]
    numbers = [_NUMBER.fullmatch(part) for part in text.split(",")]
    return [_seconds(float(number[1]), now) for number in numbers if number]


def _seconds(value: float, now: float) -> float:
    if value >= _EARLIEST_EPOCH_MILLISECONDS:
        value /= 1000
    return max(0.0, value - now) if value >= _EARLIEST_EPOCH else value
