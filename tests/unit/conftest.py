import asyncio

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says something about the machine, and nothing about the product.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("any machine")


_LONGEST_ID = 60


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a long text by its argument: a public key is another one in each worker's process."""
    return argname if isinstance(val, str) and len(val) > _LONGEST_ID else None


@pytest.fixture(scope="session")
def event_loop() -> None:
    """Start the event loop of Pulumi's outputs, which Python 3.12 and later don't start unasked.

    It stays open to the end: closing it stops its threads, whose own loops Pulumi never closes.
    """
    asyncio.set_event_loop(asyncio.new_event_loop())
