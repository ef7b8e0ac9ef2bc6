"""How much capacity a tenant's responses leave for requests that could wait."""

import pytest
from unit.zidentity.scripted import FakeTime

from zdx_provider.zidentity.messages import Response
from zdx_provider.zidentity.transport import RateLimit


def learn(time: FakeTime, headers: dict[str, str], status: int = 200) -> RateLimit:
    limit = RateLimit(time.monotonic)
    limit.learn(Response(status, headers, b""), time.clock())
    return limit


def test_rate_limit_that_no_response_names_leaves_capacity(time: FakeTime) -> None:
    assert learn(time, {}).has_capacity(15)


@pytest.mark.parametrize(
    ("headers", "capacity"),
    [
        ({"x-ratelimit-remaining": "499, 998"}, 490),
        ({"x-ratelimit-remaining": "998, 20"}, 11),
        ({"RateLimit-Remaining": "20"}, 11),
        ({"RateLimit-Remaining": "many"}, 1000),
    ],
)
def test_rate_limit_leaves_capacity_beside_requests_that_cannot_wait(
    time: FakeTime, headers: dict[str, str], capacity: int
) -> None:
    limit = learn(time, headers)

    assert limit.has_capacity(capacity)
    assert limit.has_capacity(capacity + 1) == (capacity == 1000)


@pytest.mark.parametrize(
    ("headers", "status", "seconds"),
    [
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "3, 1"}, 200, 3),
        ({"x-ratelimit-remaining": "0"}, 200, 1),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "1800000007"}, 200, 7),
        ({"Retry-After": "5"}, 429, 5),
        ({"x-ratelimit-remaining": "400", "x-ratelimit-reset": "2"}, 429, 2),
    ],
)
def test_rate_limit_leaves_capacity_for_one_request_after_its_reset(
    time: FakeTime, headers: dict[str, str], status: int, seconds: float
) -> None:
    limit = learn(time, headers, status)
    time.now += seconds - 0.1
    assert not limit.has_capacity(0)

    time.now += 0.1

    assert limit.has_capacity(0)
    assert not limit.has_capacity(1)
