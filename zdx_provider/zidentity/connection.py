"""How ZIdentity is reached: proxy, certificates, patience."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from zdx_provider.errors import ZdxError


class InvalidConnection(ZdxError):
    """A proxy or CA bundle that cannot be used."""


@dataclass(frozen=True)
class ConnectionOptions:
    """How ZIdentity is reached.

    Args:
        http_proxy: URL of the proxy; empty: the one that the environment names, if any.
        ca_bundle: path of a PEM file or directory to trust; empty: as `requests` does.
        max_retries: how often a call that failed is repeated at most; a rate limit is no failure,
            and is waited out within the budget.
        request_timeout: seconds to wait for a connection, for an answer, and for its whole body.
        retry_budget: seconds after which a request is not repeated any more.

    Raises:
        InvalidConnection: `ca_bundle` holds no certificates.
    """

    http_proxy: str = field(default="", repr=False)
    ca_bundle: str = ""
    max_retries: int = 5
    request_timeout: float = 30.0
    retry_budget: float = 300.0

    def __post_init__(self) -> None:
        if self.ca_bundle and not _holds_certificates(Path(self.ca_bundle)):
            raise InvalidConnection(
                f"The CA bundle {self.ca_bundle!r} holds no certificates that can be read.",
                hint="It is a PEM file, or a directory prepared by `openssl rehash`.",
            )


def _holds_certificates(path: Path) -> bool:
    if path.is_dir():
        return True
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:
        return False
    return True
