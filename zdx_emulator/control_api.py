"""`/_emulator/`: tests read and control the tenant. No token is needed."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from zdx_emulator.access import SAME_SITE_ONLY, CurrentTenant
from zdx_emulator.gateway import Traffic
from zdx_emulator.models import ArmedFault, Fault, LoggedRequest, Switches

_FIFTY_YEARS = 50 * 365 * 86_400


class Health(BaseModel):
    """The tenant serves; its time in epoch seconds."""

    status: Literal["ok"] = "ok"
    now: int


class ClockOffset(BaseModel):
    """How far the tenant's clock is ahead of the machine's, in seconds; fifty years at most."""

    offset_seconds: Annotated[int, Field(ge=-_FIFTY_YEARS, le=_FIFTY_YEARS)]


async def _get_traffic(request: Request) -> Traffic:
    traffic: Traffic = request.app.state.traffic
    return traffic


CurrentTraffic = Annotated[Traffic, Depends(_get_traffic)]

router = APIRouter(prefix="/_emulator", dependencies=[SAME_SITE_ONLY])


@router.get("/health")
async def get_health(tenant: CurrentTenant) -> Health:
    """Return that the tenant serves, and its time."""
    return Health(now=tenant.clock.now())


@router.post("/faults", status_code=HTTPStatus.CREATED)
async def arm_fault(fault: Fault, traffic: CurrentTraffic) -> ArmedFault:
    """Arm a fault; of several that match a request, the oldest that is not used up hits it."""
    return traffic.faults.arm(fault)


@router.get("/faults")
async def list_faults(traffic: CurrentTraffic) -> list[ArmedFault]:
    """List the faults, including those that are used up."""
    return traffic.faults.list_armed()


@router.delete("/faults", status_code=HTTPStatus.NO_CONTENT)
async def clear_faults(traffic: CurrentTraffic) -> None:
    """Disarm all faults and release the requests that they hold."""
    traffic.faults.clear()


@router.post("/release", status_code=HTTPStatus.NO_CONTENT)
async def release_requests(traffic: CurrentTraffic) -> None:
    """Release the requests that are held now."""
    traffic.faults.release()


@router.get("/requests")
async def list_requests(traffic: CurrentTraffic) -> list[LoggedRequest]:
    """List the requests so far, without control routes and observers."""
    return traffic.log.list_requests()


@router.delete("/requests", status_code=HTTPStatus.NO_CONTENT)
async def clear_requests(traffic: CurrentTraffic) -> None:
    """Empty the log."""
    traffic.log.clear()


@router.post("/clock")
async def move_clock(moved: ClockOffset, tenant: CurrentTenant) -> Health:
    """Move the tenant's clock: its `Date` header, expiry, and the lifetime of tokens."""
    tenant.clock.offset_seconds = moved.offset_seconds
    return Health(now=tenant.clock.now())


@router.get("/switches")
async def get_switches(tenant: CurrentTenant) -> Switches:
    """Return how the tenant behaves where the vendor's documents leave that open."""
    return tenant.switches


@router.post("/switches")
async def set_switches(switches: Switches, tenant: CurrentTenant) -> Switches:
    """Set all switches; those that the body lacks get their defaults."""
    tenant.panel.current = switches
    return switches


@router.post("/reset", status_code=HTTPStatus.NO_CONTENT)
async def reset_tenant(tenant: CurrentTenant, traffic: CurrentTraffic) -> None:
    """Delete everything; restore the true time and the initial switches."""
    tenant.store.delete_everything()
    tenant.clock.offset_seconds = 0
    tenant.panel.reset()
    tenant.documents.clear()
    traffic.faults.clear()
    traffic.log.clear()
