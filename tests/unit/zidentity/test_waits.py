"""How long is waited before a call is sent again."""

import logging
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.zidentity.scripted import (
    SECRET,
    Connect,
    FakeTime,
    Reply,
    ScriptedServer,
    refused_connection,
)

from zdx_provider.zidentity import (
    ClientSecret,
    ConnectionOptions,
    RateLimitError,
    Tenant,
    UnreachableError,
    ZIdentity,
)
from zdx_provider.zidentity.attempts import Attempt

CLIENT = {"id": "c1", "name": "ci"}
TOO_MANY = Reply(429, headers={"Retry-After": "13"})


def test_retry_waits_as_long_as_the_server_requests(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(TOO_MANY, Reply(200, CLIENT))

    zidentity.api_clients.get("c1")

    assert time.waits == [13]


def test_retry_counts_an_epoch_from_the_time_of_the_server(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime
) -> None:
    headers = {"Date": "Fri, 15 Jan 2027 09:00:00 GMT", "RateLimit-Reset": "1800003620"}
    server.answers(Reply(429, headers=headers), Reply(200, CLIENT))

    zidentity.api_clients.get("c1")

    assert time.waits == [20]


def test_retry_waits_longer_each_time_by_default(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(*[Reply(503)] * 5, Reply(200, CLIENT))

    zidentity.api_clients.get("c1")

    assert time.waits == [0.5, 1, 2, 4, 8]


def test_retry_waits_a_little_if_the_server_requests_no_wait(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(Reply(429, headers={"Retry-After": "0"}), Reply(200, CLIENT))

    zidentity.api_clients.get("c1")

    assert time.waits == [0.5]


def test_retry_waits_at_most_a_minute(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(Reply(429, headers={"Retry-After": "120"}), Reply(200, CLIENT))

    zidentity.api_clients.get("c1")

    assert time.waits == [60]


def test_retry_fails_at_once_if_the_wait_exceeds_the_budget(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(Reply(429, headers={"Retry-After": "3600"}))

    with pytest.raises(RateLimitError, match="asks to wait 3600 s"):
        zidentity.api_clients.get("c1")

    assert time.waits == []


def test_retry_keeps_the_sum_of_waits_inside_the_budget(
    connect: Connect, server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(*[TOO_MANY] * 5)

    with pytest.raises(RateLimitError):
        connect(options=ConnectionOptions(retry_budget=30)).api_clients.get("c1")

    assert sum(time.waits) == 26


def test_retry_does_not_wait_without_retries(
    connect: Connect, server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(refused_connection())

    with pytest.raises(UnreachableError):
        connect(options=ConnectionOptions(max_retries=0)).api_clients.get("c1")

    assert time.waits == []


def test_retry_waits_for_a_rate_limit_without_counting_it(
    connect: Connect, server: ScriptedServer
) -> None:
    server.answers(*[TOO_MANY] * 4, Reply(200, CLIENT))

    client = connect(options=ConnectionOptions(max_retries=0)).api_clients.get("c1")

    assert client.id == "c1"


@given(
    st.floats(0, 1),
    st.lists(st.sampled_from(["", "0", "7", "59", "100", "100000", "1800000040"]), max_size=6),
)
@settings(deadline=None, database=None)
def test_retry_never_exceeds_the_longest_wait_or_the_budget(
    jitter: float, asked: list[str]
) -> None:
    server, time = ScriptedServer(), FakeTime(1_800_000_000.0)
    server.answers(*[Reply(429, headers={"Retry-After": value}) for value in asked])
    server.answers(Reply(200, CLIENT))
    zidentity = ZIdentity(
        Tenant("acme"),
        ClientSecret("admin", SECRET),
        clock=time.clock,
        monotonic=time.monotonic,
        sleep=time.sleep,
        jitter=lambda: jitter,
        adapter=server,
    )
    with suppress(RateLimitError):
        zidentity.api_clients.get("c1")
    assert all(0 < wait <= 60 for wait in time.waits)
    assert sum(time.waits) <= 300


@pytest.mark.parametrize("ahead", [-86_400.0, 86_400.0])
def test_retry_budget_does_not_depend_on_the_system_clock(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime, ahead: float
) -> None:
    server.before_answer = lambda: setattr(time, "ahead", ahead)
    server.answers(*[Reply(429, headers={"Retry-After": "59"})] * 6)

    with pytest.raises(RateLimitError):
        zidentity.api_clients.get("c1")

    assert time.waits == [59] * 5


def test_retry_adds_jitter(server: ScriptedServer) -> None:
    waits = []
    for jitter in (0.0, 0.5, 1.0):
        time = FakeTime(1_800_000_000.0)
        server.answers(Reply(429, headers={"Retry-After": "8"}), Reply(200, CLIENT))
        ZIdentity(
            Tenant("acme"),
            ClientSecret("admin", SECRET),
            clock=time.clock,
            monotonic=time.monotonic,
            sleep=time.sleep,
            jitter=lambda jitter=jitter: jitter,  # type: ignore[misc]
            adapter=server,
        ).api_clients.get("c1")
        waits += time.waits

    assert waits == [8, 9, 10]


def test_retry_logs_what_it_waits_for(
    zidentity: ZIdentity, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers(TOO_MANY, Reply(200, CLIENT))

    with caplog.at_level(logging.INFO, "zdx_provider.zidentity"):
        zidentity.api_clients.get("c1")

    (line,) = caplog.messages
    assert line == (
        "waiting 13.0 s before attempt 2 to read the API client c1: "
        "the rate limit is reached, and the server asks to wait 13 s"
    )


def watch(server: ScriptedServer, time: FakeTime, max_retries: int) -> list[Attempt | None]:
    """The attempts at reading a client, as an observer sees them."""
    seen: list[Attempt | None] = []
    zidentity = ZIdentity(
        Tenant("acme"),
        ClientSecret("admin", SECRET),
        ConnectionOptions(max_retries=max_retries),
        clock=time.clock,
        monotonic=time.monotonic,
        sleep=time.sleep,
        jitter=lambda: 0.0,
        on_attempt=seen.append,
        adapter=server,
    )
    zidentity.authenticate()
    seen.clear()
    with suppress(UnreachableError):
        zidentity.api_clients.get("c1")
    return seen


def test_retry_reports_each_attempt_and_wait(server: ScriptedServer, time: FakeTime) -> None:
    server.answers(refused_connection(), TOO_MANY, Reply(200, CLIENT))

    assert watch(server, time, max_retries=5) == [
        Attempt(1, 6),
        Attempt(1, 6, 0.5, "api.zsapi.net does not accept connections"),
        Attempt(2, 6),
        Attempt(None, 6, 13.0, "the rate limit is reached, and the server asks to wait 13 s"),
        Attempt(2, 6),
        None,
    ]


def test_retry_reports_the_end_of_a_request_that_failed(
    server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(refused_connection())

    assert watch(server, time, max_retries=0) == [Attempt(1, 1), None]
