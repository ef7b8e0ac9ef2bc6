"""The cached list of clients, what this process wrote to it, and what others wrote meanwhile."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from unit.zidentity.scripted import (
    FakeTime,
    Received,
    Reply,
    ScriptedServer,
    refused_connection,
)

from zdx_provider.keys.clients import MAX_AGE_SECONDS, ClientStore
from zdx_provider.keys.marker import OwnershipMarker
from zdx_provider.zidentity import (
    ApiClient,
    PermissionDeniedError,
    UnavailableError,
    UnreachableError,
    ZIdentity,
)


def build_client(name: str, identifier: str = "") -> dict[str, str]:
    return {"id": identifier or f"client-{name}", "name": name, "description": ""}


def to_page(*clients: dict[str, Any]) -> Reply:
    return Reply(200, {"results_total": len(clients), "records": list(clients)})


def to_secret(identifier: str, **members: Any) -> dict[str, Any]:
    return {"id": identifier, "createdAt": 1767225600, "expiresAt": 1798761600, **members}


CI, DESK, MINE = build_client("ci"), build_client("desk"), build_client("mine")
TWIN = build_client("ci", "client-twin")
MARKER = OwnershipMarker("keys/prod/ci", "c0ffee")
MARKED = {**CI, "description": str(MARKER)}
DAY_SECONDS = 86_400


FinishRequests = Callable[[], None]


@pytest.fixture
def finish_requests() -> FinishRequests:
    """Wait for the requests that the test has in the background."""
    others = {*threading.enumerate()}

    def finish() -> None:
        for thread in {*threading.enumerate()} - others:
            thread.join()

    return finish


@pytest.fixture
def store(zidentity: ZIdentity, time: FakeTime) -> ClientStore:
    return ClientStore(zidentity, time.monotonic, time.sleep)


def test_list_is_not_read_before_the_first_lookup(
    server: ScriptedServer, store: ClientStore
) -> None:
    store.record(ApiClient.model_validate(MINE))

    assert server.calls == []


def test_list_is_read_once_for_many_threads(server: ScriptedServer, store: ClientStore) -> None:
    server.answers(to_page(CI))
    server.before_answer = lambda: time.sleep(0.05)
    together = threading.Barrier(8)

    def ask(_: int) -> ApiClient | None:
        together.wait()
        return store.find("client-ci")

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(ask, range(8)))

    assert len(server.calls) == 1
    assert found == [ApiClient.model_validate(CI)] * 8


def test_list_is_read_again_when_it_is_old(
    server: ScriptedServer, store: ClientStore, time: FakeTime
) -> None:
    server.answers(to_page(CI), to_page(CI, DESK))
    store.find("client-ci")
    time.now += MAX_AGE_SECONDS - 1
    assert store.find("client-ci")
    assert len(server.calls) == 1

    time.now += 1

    assert store.find("client-desk")
    assert len(server.calls) == 2


def test_list_that_failed_is_read_again_at_the_next_lookup(
    server: ScriptedServer, store: ClientStore
) -> None:
    server.answers(*[refused_connection()] * 6, to_page(CI))
    with pytest.raises(UnreachableError):
        store.find("client-ci")

    assert store.find("client-ci")


def test_find_by_name_returns_every_client_of_exactly_that_name(
    server: ScriptedServer, store: ClientStore
) -> None:
    server.answers(to_page(CI, DESK, TWIN), Reply(200, CI), Reply(200, TWIN))

    assert [client.id for client in store.find_by_name("ci")] == ["client-ci", "client-twin"]
    assert store.find_by_name("CI") == []
    assert store.find_by_name("c") == []


def test_find_returns_a_recorded_client_that_the_tenant_does_not_list(
    server: ScriptedServer, store: ClientStore
) -> None:
    server.answers(to_page(CI), Reply(404))
    store.record(ApiClient.model_validate(MINE))

    assert [client.id for client in store.find_by_name("mine")] == ["client-mine"]
    assert store.is_written("client-mine")


def test_find_returns_a_recorded_change_instead_of_the_listed_client(
    server: ScriptedServer, store: ClientStore
) -> None:
    renamed = build_client("renamed", "client-ci")
    server.answers(to_page(CI), Reply(200, renamed))
    store.record(ApiClient.model_validate(renamed))

    assert store.find_by_name("ci") == []
    assert [client.name for client in store.find_by_name("renamed")] == ["renamed"]


def test_find_does_not_return_a_deleted_client(server: ScriptedServer, store: ClientStore) -> None:
    server.answers(to_page(CI), Reply(204), Reply(404), to_page(CI))
    store.find("client-ci")

    store.delete("client-ci")

    assert store.find("client-ci") is None


def test_deleted_client_that_this_process_wrote_is_not_found(
    server: ScriptedServer, store: ClientStore
) -> None:
    store.record(ApiClient.model_validate(MINE))
    server.answers(Reply(204), to_page(CI), Reply(404), to_page(CI))

    store.delete("client-mine")

    assert store.find("client-mine") is None
    assert not store.is_written("client-mine")


@pytest.mark.parametrize("listed", [{}, {"client-ci": build_client("old", "client-ci")}])
def test_find_namesakes_reads_a_list_again_that_lags_behind_the_client_itself(
    server: ScriptedServer, store: ClientStore, time: FakeTime, listed: dict[str, dict[str, str]]
) -> None:
    behind = {id_: ApiClient.model_validate(client) for id_, client in listed.items()}
    server.answers(to_page(CI, TWIN), Reply(200, TWIN))

    found = store.find_namesakes("client-ci", "ci", behind)

    assert [client.id for client in found] == ["client-twin"]
    assert len(time.waits) == 1


def test_find_namesakes_reads_a_list_again_that_shows_a_deleted_client(
    server: ScriptedServer, store: ClientStore, time: FakeTime
) -> None:
    server.answers(to_page(CI, TWIN), Reply(404), to_page(CI))

    assert store.find_namesakes("client-ci", "ci") == []
    assert len(time.waits) == 1


def test_find_namesakes_returns_a_client_that_stays_listed_although_it_cannot_be_read(
    server: ScriptedServer, store: ClientStore
) -> None:
    server.answers(*[to_page(CI, TWIN), Reply(404)] * 6)

    found = store.find_namesakes("client-ci", "ci")

    assert [client.id for client in found] == ["client-twin"]
    assert server.steps == []


@pytest.mark.parametrize(
    ("description", "owner"),
    [
        ("", "someone who removed its ownership marker"),
        ("[pulumi other/prod/ci #d00d]", "other/prod/ci"),
        ("[pulumi keys/prod/ci #d00d]", "keys/prod/ci"),
    ],
)
def test_find_other_owner_names_whom_another_marker_names(
    server: ScriptedServer, store: ClientStore, description: str, owner: str
) -> None:
    server.answers(Reply(200, {**CI, "description": description}))

    assert store.find_other_owner("client-ci", MARKER, "new") == owner


def test_find_other_owner_waits_until_the_new_secret_is_listed(
    server: ScriptedServer, store: ClientStore, time: FakeTime
) -> None:
    old, new = to_secret("old"), to_secret("new")
    server.answers(Reply(200, MARKED), Reply(200, [old]))
    server.answers(Reply(200, MARKED), Reply(200, [old, new]))

    assert store.find_other_owner("client-ci", MARKER, "new") is None
    assert len(time.waits) == 1


def test_find_other_owner_takes_a_secret_that_is_never_listed_as_replaced(
    server: ScriptedServer, store: ClientStore
) -> None:
    server.answers(*[Reply(200, MARKED), Reply(200, [to_secret("old")])] * 6)

    found = store.find_other_owner("client-ci", MARKER, "new")

    assert found == "another run, which replaced its secret"
    assert server.steps == []


@pytest.mark.parametrize(
    ("days", "seconds"),
    [
        (30, 30 * DAY_SECONDS + 3600),
        (90, 90 * DAY_SECONDS),
        (365, 365 * DAY_SECONDS - 3600),
    ],
)
def test_create_secret_stays_an_hour_inside_the_lifetimes_that_zidentity_accepts(
    server: ScriptedServer, store: ClientStore, time: FakeTime, days: int, seconds: int
) -> None:
    expires_at = int(time.clock()) + seconds
    server.answers(Reply(201, to_secret("s1", value="obviously-fake", expiresAt=expires_at)))

    store.create_secret("client-ci", timedelta(days=days), ())

    assert server.calls[0].json == {"expiresAt": expires_at}


@pytest.mark.parametrize(
    ("seconds_of_the_day", "margin"), [(0, 60), (59, 60), (60, 60), (1800, 1800), (3600, 3600)]
)
def test_create_secret_for_a_year_expires_on_the_day_a_year_from_now(
    server: ScriptedServer, store: ClientStore, time: FakeTime, seconds_of_the_day: int, margin: int
) -> None:
    time.now = 20_000 * DAY_SECONDS + seconds_of_the_day
    expires_at = int(time.now) + 365 * DAY_SECONDS - margin
    server.answers(Reply(201, to_secret("s1", value="obviously-fake", expiresAt=expires_at)))

    store.create_secret("client-ci", timedelta(days=365), ())

    assert server.calls[0].json == {"expiresAt": expires_at}


def mark(name: str) -> dict[str, str]:
    return {**build_client(name), "description": f"[pulumi keys/prod/{name} #c0ffee]"}


def list_calls(server: ScriptedServer) -> list[str]:
    return [f"{call.method} {call.path.rpartition('/')[2]}" for call in server.calls]


def delete(store: ClientStore, name: str) -> OwnershipMarker | None:
    own = OwnershipMarker(f"keys/prod/{name}", "c0ffee")
    return store.delete_own(f"client-{name}", own.__eq__)


def test_delete_looks_again_before_a_retry_that_is_more_than_a_second_later(
    server: ScriptedServer, store: ClientStore
) -> None:
    taken = {**mark("ci"), "description": "[pulumi other/prod/ci #d00d]"}
    server.answers(Reply(200, mark("ci")), Reply(503), Reply(503), Reply(200, taken))

    kept = delete(store, "ci")

    assert kept == OwnershipMarker("other/prod/ci", "d00d")
    assert list_calls(server) == [
        "GET client-ci",
        "DELETE client-ci",
        "DELETE client-ci",
        "GET client-ci",
    ]


def test_delete_that_waits_for_a_rate_limit_looks_again_and_may_find_the_client_gone(
    server: ScriptedServer, store: ClientStore
) -> None:
    server.answers(Reply(200, mark("ci")), Reply(429, headers={"Retry-After": "2"}))
    server.answers(Reply(404), to_page())

    assert delete(store, "ci") is None
    assert list_calls(server)[2:] == ["GET client-ci", "GET api-clients"]


def test_delete_retries_a_failed_look_by_itself(server: ScriptedServer, store: ClientStore) -> None:
    server.answers(*[Reply(503)] * 6)

    with pytest.raises(UnavailableError, match="read the API client client-ci"):
        delete(store, "ci")

    assert list_calls(server) == ["GET client-ci"] * 6


@pytest.mark.parametrize(("seconds", "lists"), [(0.4, 1), (0.6, 2), (1.2, 2)])
def test_delete_renews_a_list_that_is_older_than_half_a_second(
    server: ScriptedServer,
    store: ClientStore,
    time: FakeTime,
    *,
    seconds: float,
    lists: int,
    finish_requests: FinishRequests,
) -> None:
    page = to_page(mark("desk"), mark("mine"))
    server.answers(Reply(200, mark("ci")), Reply(204), page, Reply(204))
    delete(store, "ci")
    delete(store, "desk")
    # With a list that is still usable, the next one is requested meanwhile.
    server.respond = lambda call: Reply(204) if call.method == "DELETE" else page

    time.now += seconds
    delete(store, "mine")

    finish_requests()
    assert list_calls(server).count("GET api-clients") == lists
    assert list_calls(server).count("DELETE client-mine") == 1
    assert "GET client-mine" not in list_calls(server)


def test_delete_reads_the_client_if_a_list_takes_longer_than_a_second(
    server: ScriptedServer, store: ClientStore, time: FakeTime
) -> None:
    def pass_time() -> None:
        time.now += 1.1

    server.answers(Reply(200, mark("ci")), Reply(204))
    delete(store, "ci")
    server.before_answer = pass_time
    server.answers(to_page(mark("desk"), mark("mine")), Reply(200, mark("desk")), Reply(204))
    server.answers(Reply(200, mark("mine")), Reply(204))

    delete(store, "desk")
    delete(store, "mine")

    assert list_calls(server)[2:] == [
        "GET api-clients",
        "GET client-desk",
        "DELETE client-desk",
        "GET client-mine",
        "DELETE client-mine",
    ]


def refresh(store: ClientStore, name: str) -> object:
    return store.find_with_secrets(f"client-{name}", f"keys/prod/{name}")


OWN = [mark(name) for name in ("a", "b", "c", "d", "e")]
OTHERS: list[dict[str, Any]] = [
    {**mark("f"), "description": "[pulumi keys/dev/f #c0ffee]"},
    {**mark("g"), "clientAuthentication": {"authType": "JWKS"}},
    build_client("h"),
]


def test_refresh_after_the_list_was_read_finds_a_client_that_has_no_secrets_any_more(
    server: ScriptedServer, store: ClientStore
) -> None:
    converted = {**MARKED, "clientAuthentication": {"authType": "JWKS"}}
    server.answers(to_page(MARKED), Reply(400, {"detail": "it has no secrets"}))
    server.answers(Reply(200, converted))

    found = store.find_with_secrets("client-ci", MARKER.managed_by)

    assert found == (ApiClient.model_validate(converted), ())


def test_refresh_reads_ahead_only_secrets_of_its_own_stack(
    server: ScriptedServer,
    store: ClientStore,
    finish_requests: FinishRequests,
) -> None:
    page = to_page(*OWN, *OTHERS)
    server.respond = lambda call: page if call.path.endswith("api-clients") else Reply(200, [])
    refresh(store, "a")
    assert len(server.calls) == 2

    refresh(store, "b")

    finish_requests()
    assert len(server.calls) == 1 + len(OWN)
    for name in ("c", "d", "e"):
        refresh(store, name)
    owned = [call.path.split("/")[-2] for call in server.calls[1:]]
    assert sorted(owned) == [client["id"] for client in OWN]


@pytest.mark.parametrize(
    ("remaining", "seconds", "calls"),
    [
        ("499, 998", 0, 6),
        ("998, 8", 0, 3),
        ("998, 8", 1, 4),  # one, whose response names the limit after its reset
    ],
)
def test_refresh_reads_ahead_as_the_rate_limit_leaves_capacity(
    server: ScriptedServer,
    store: ClientStore,
    time: FakeTime,
    *,
    remaining: str,
    seconds: float,
    calls: int,
    finish_requests: FinishRequests,
) -> None:
    headers = {"x-ratelimit-remaining": remaining, "x-ratelimit-reset": "1, 1"}
    page = replace(to_page(*OWN), headers=headers)
    secrets = Reply(200, [], headers)
    server.respond = lambda call: page if call.path.endswith("api-clients") else secrets
    refresh(store, "a")
    time.now += seconds

    refresh(store, "b")

    finish_requests()
    assert len(server.calls) == calls


def test_refresh_does_not_use_a_response_that_is_older_than_the_list(
    server: ScriptedServer,
    store: ClientStore,
    time: FakeTime,
    finish_requests: FinishRequests,
) -> None:
    page = to_page(*OWN)
    server.respond = lambda call: page if call.path.endswith("api-clients") else Reply(200, [])
    refresh(store, "a")
    refresh(store, "b")
    finish_requests()
    assert len(server.calls) == 1 + len(OWN)

    time.now += MAX_AGE_SECONDS
    refresh(store, "c")

    assert sum("client-c" in call.path for call in server.calls) == 2


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.update(ApiClient.model_validate(mark("c"))),
        lambda store: store.create_secret("client-c", timedelta(days=90), ()),
        lambda store: store.revoke_secret("client-c", "s1"),
        lambda store: store.delete("client-c"),
    ],
)
def test_write_drops_a_response_that_was_requested_ahead(
    server: ScriptedServer,
    store: ClientStore,
    write: Callable[[ClientStore], object],
    finish_requests: FinishRequests,
) -> None:
    page = to_page(*OWN)

    def respond(call: Received) -> Reply:
        if call.method == "POST":
            return Reply(201, to_secret("s2", value="obviously-fake", **call.json))
        if call.path.endswith("/client-c"):
            return Reply(200, mark("c"))
        return page if call.path.endswith("api-clients") else Reply(200, [])

    server.respond = respond
    refresh(store, "a")
    refresh(store, "b")
    finish_requests()
    assert len(server.calls) == 1 + len(OWN)

    write(store)
    refresh(store, "c")

    reads = [call for call in server.calls if call.method == "GET"]
    assert sum(call.path.endswith("client-c/secrets") for call in reads) == 2


def test_refresh_stops_reading_ahead_after_a_failure(
    server: ScriptedServer,
    store: ClientStore,
    finish_requests: FinishRequests,
) -> None:
    names = [f"{number:02}" for number in range(40)]
    page = to_page(*map(mark, names))

    def respond(call: Received) -> Reply:
        if call.path.endswith("api-clients"):
            return page
        return Reply(200 if "/client-00/" in call.path or "/client-01/" in call.path else 403, [])

    server.respond = respond
    refresh(store, "00")
    refresh(store, "01")
    finish_requests()

    for name in names[2:]:
        with pytest.raises(PermissionDeniedError):
            refresh(store, name)
    finish_requests()
    paths = [call.path for call in server.calls]
    assert len(paths) == len(set(paths)) == 1 + len(names)
