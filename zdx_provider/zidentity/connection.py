"""How ZIdentity is reached: proxy and patience."""

from dataclasses import dataclass, field

from zdx_provider.errors import SettingsError


class InvalidConnection(SettingsError):
    """A proxy or CA bundle that cannot be used."""


@dataclass(frozen=True)
class ConnectionOptions:
    """How ZIdentity is reached.

    Args:
        http_proxy: URL of the proxy; empty: the one that the environment names, if any.
        max_retries: How often a call that failed is repeated at most; a rate limit is no failure,
            and is waited out within the budget.
        request_timeout: Seconds to wait for a connection, for an answer, and for its whole body.
        retry_budget: Seconds after which a request is not repeated any more.
    """

    http_proxy: str = field(default="", repr=False)
    max_retries: int = 5
    request_timeout: float = 60.0
    retry_budget: float = 300.0
