import asyncio

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says something about the machine, and nothing about the product.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def event_loop() -> None:
    """Start the event loop of Pulumi's outputs, which Python 3.12 and later don't start unasked.

    It stays open to the end: closing it stops its threads, whose own loops Pulumi never closes.
    """
    asyncio.set_event_loop(asyncio.new_event_loop())
