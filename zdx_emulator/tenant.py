"""The tenant: what it remembers, what time it is there, who administers it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from zdx_emulator.clock import Clock
from zdx_emulator.identifiers import Identifiers
from zdx_emulator.lag import Lag
from zdx_emulator.store import Store
from zdx_emulator.switches import Switches, SwitchPanel


@dataclass(frozen=True)
class Bootstrap:
    """The client that a tenant's first administrator made by hand.

    It holds ZIAM's Super Admin, and is not itself among the API clients: it can be neither
    listed, changed nor deleted, so no test locks itself out.
    """

    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Tenant:
    """All that the operations share."""

    store: Store
    clock: Clock
    identifiers: Identifiers
    bootstrap: Bootstrap
    panel: SwitchPanel
    lag: Lag

    @property
    def switches(self) -> Switches:
        """Returns the switches as they are now."""
        return self.panel.now


async def _tenant_of(request: Request) -> Tenant:
    tenant: Tenant = request.app.state.tenant
    return tenant


CurrentTenant = Annotated[Tenant, Depends(_tenant_of)]
