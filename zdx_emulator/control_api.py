"""`/_emulator/`: how tests look at the tenant and steer it. No token is needed."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from zdx_emulator.access import FROM_THIS_SITE_ONLY, CurrentTenant
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


async def _traffic_of(request: Request) -> Traffic:
    traffic: Traffic = request.app.state.traffic
    return traffic


CurrentTraffic = Annotated[Traffic, Depends(_traffic_of)]

router = APIRouter(prefix="/_emulator", dependencies=[FROM_THIS_SITE_ONLY])


@router.get("/health")
async def health(tenant: CurrentTenant) -> Health:
    """Says that the tenant serves, and what time it is there."""
    return Health(now=tenant.clock.now())


@router.post("/faults", status_code=HTTPStatus.CREATED)
async def arm_fault(fault: Fault, traffic: CurrentTraffic) -> ArmedFault:
    """Arms a fault; of several that match a request, the oldest unspent one meets it."""
    return traffic.faults.arm(fault)


@router.get("/faults")
async def list_faults(traffic: CurrentTraffic) -> list[ArmedFault]:
    """Lists the faults, spent ones too, and how many requests each of them holds."""
    return traffic.faults.armed()


@router.delete("/faults", status_code=HTTPStatus.NO_CONTENT)
async def clear_faults(traffic: CurrentTraffic) -> None:
    """Disarms all faults and releases what they hold."""
    traffic.faults.clear()


@router.post("/release", status_code=HTTPStatus.NO_CONTENT)
async def release(traffic: CurrentTraffic) -> None:
    """Lets go of the requests that are held now."""
    traffic.faults.release()


@router.get("/requests")
async def list_requests(traffic: CurrentTraffic) -> list[LoggedRequest]:
    """Lists the requests so far, control routes and observers left out."""
    return traffic.log.requests()


@router.delete("/requests", status_code=HTTPStatus.NO_CONTENT)
async def clear_requests(traffic: CurrentTraffic) -> None:
    """Empties the log."""
    traffic.log.clear()


@router.post("/clock")
async def move_clock(moved: ClockOffset, tenant: CurrentTenant) -> Health:
    """Moves the tenant's clock: its `Date` header, expiry, and the life of tokens."""
    tenant.clock.offset_seconds = moved.offset_seconds
    return Health(now=tenant.clock.now())


@router.get("/switches")
async def show_switches(tenant: CurrentTenant) -> Switches:
    """Tells how the tenant behaves where the vendor's documents leave that open."""
    return tenant.switches


@router.post("/switches")
async def set_switches(switches: Switches, tenant: CurrentTenant) -> Switches:
    """Turns the switches; those that are left out go to their defaults."""
    tenant.panel.now = switches
    return switches


@router.post("/reset", status_code=HTTPStatus.NO_CONTENT)
async def reset(tenant: CurrentTenant, traffic: CurrentTraffic) -> None:
    """Makes the tenant as new: empty, with the true time and the switches it started with."""
    tenant.store.forget_everything()
    tenant.clock.offset_seconds = 0
    tenant.panel.reset()
    traffic.faults.clear()
    traffic.log.clear()
