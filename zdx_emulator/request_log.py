"""What was asked of the tenant, without anybody's secrets."""

from collections import deque
from urllib.parse import parse_qsl, urlencode

from zdx_emulator.models import LoggedRequest

_CAPACITY = 100_000
_MASK = "***"
_SECRET_PARAMETERS = {"access_token", "client_assertion", "client_secret", "token"}


class RequestLog:
    """The latest requests; headers and bodies are not kept, and so cannot leak."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=_CAPACITY)

    def begin(self, method: str, path: str, query: str, *, now: int) -> LoggedRequest:
        """Logs an arrival; the caller fills in how it ended. `now` in epoch seconds."""
        request = LoggedRequest(method=method, path=path, query=_masked(query), time=now)
        self._requests.append(request)
        return request

    def requests(self) -> list[LoggedRequest]:
        """Returns what is logged, oldest first."""
        return list(self._requests)

    def clear(self) -> None:
        """Forgets it all."""
        self._requests.clear()


def _masked(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode(
        [(name, _MASK if name in _SECRET_PARAMETERS else value) for name, value in pairs],
        safe="[]*",
    )
