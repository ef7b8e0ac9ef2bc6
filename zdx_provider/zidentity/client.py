"""ZIdentity's API as the rest of this product sees it."""

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from zdx_provider.zidentity.api_clients import ApiClients
from zdx_provider.zidentity.clock import ServerClock
from zdx_provider.zidentity.connection import ConnectionOptions
from zdx_provider.zidentity.credentials import Credentials
from zdx_provider.zidentity.resource_servers import ResourceServers
from zdx_provider.zidentity.session import Session
from zdx_provider.zidentity.tenant import Tenant
from zdx_provider.zidentity.tokens import TokenSource

if TYPE_CHECKING:
    from zdx_provider.zidentity.exchange import TracingAdapter

_BASE_PATH = "/ziam/admin/api/v1"


class ZIdentity:
    """A tenant's ZIdentity API; may be used by several threads at once.

    Nothing is sent before the first call.

    Args:
        tenant: Which tenant.
        credentials: Who asks.
        options: How the tenant is reached.
        clock: Gives epoch seconds by this machine's clock.
        monotonic: Gives seconds of a clock that never jumps.
        sleep: Waits that many seconds.
        jitter: Gives a number from 0 to 1.
        before_change: Called before each attempt to change anything on the tenant; what it
            raises stops the attempt.
        adapter: Carries requests instead of the network.
    """

    def __init__(
        self,
        tenant: Tenant,
        credentials: Credentials,
        options: ConnectionOptions | None = None,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        before_change: Callable[[], None] = lambda: None,
        adapter: "TracingAdapter | None" = None,
    ) -> None:
        # Imported here because most runs of a plugin find nothing to send, and should not pay for
        # requests and tenacity.
        from zdx_provider.zidentity.exchange import Exchange  # noqa: PLC0415
        from zdx_provider.zidentity.retry import Retry  # noqa: PLC0415

        options = options or ConnectionOptions()
        self.tenant = tenant
        self._clock = ServerClock(clock)
        self._exchange = Exchange(options, self._clock, adapter)
        retry = Retry(options, monotonic, sleep, jitter)
        self._tokens = TokenSource(
            tenant.token_url,
            credentials,
            exchange=self._exchange,
            retry=retry,
            clock=self._clock,
            monotonic=monotonic,
        )
        session = Session(
            f"{tenant.api_url}{_BASE_PATH}",
            exchange=self._exchange,
            retry=retry,
            tokens=self._tokens,
            clock=self._clock,
            before_change=before_change,
        )
        self.api_clients = ApiClients(session)
        self.resource_servers = ResourceServers(session)

    def sign_in(self) -> timedelta:
        """Obtain an access token, unless there is one that still lives.

        Returns:
            How long a token lives.

        Raises:
            CredentialsRefused: ZIdentity gives none for these credentials.
            ZIdentityError: The token endpoint gave no usable answer.
        """
        return self._tokens.current().lifetime

    def now(self) -> datetime:
        """Give the time in UTC by the server's clock, as far as its answers told it."""
        return self._clock.moment()

    def close(self) -> None:
        """Close the connections."""
        self._exchange.close()
