"""The cached list of clients, what this process wrote to it, and what others wrote meanwhile."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from unit.zidentity.scripted import FakeTime, Reply, ScriptedServer, refused_connection

from zdx_provider.keys.clients import MAX_AGE_SECONDS, ClientStore
from zdx_provider.keys.marker import OwnershipMarker
from zdx_provider.zidentity import ApiClient, UnreachableError, ZIdentity


def build_client(name: str, identifier: str = "") -> dict[str, str]:
    return {"id": identifier or f"client-{name}", "name": name, "description": ""}


def to_page(*clients: dict[str, str]) -> Reply:
    return Reply(200, {"results_total": len(clients), "records": list(clients)})


def to_secret(identifier: str, **members: Any) -> dict[str, Any]:
    return {"id": identifier, "createdAt": 1767225600, "expiresAt": 1798761600, **members}


CI, DESK, MINE = build_client("ci"), build_client("desk"), build_client("mine")
TWIN = build_client("ci", "client-twin")
MARKER = OwnershipMarker("keys/prod/ci", "c0ffee")
MARKED = {**CI, "description": str(MARKER)}
DAY_SECONDS = 86_400


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
