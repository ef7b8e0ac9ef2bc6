"""The cached list of clients, and what this process wrote to it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from unit.zidentity.scripted import FakeTime, Reply, ScriptedServer, refused_connection

from zdx_provider.keys.clients import MAX_AGE_SECONDS, ClientStore
from zdx_provider.zidentity import ApiClient, UnreachableError, ZIdentity


def build_client(name: str, identifier: str = "") -> dict[str, str]:
    return {"id": identifier or f"client-{name}", "name": name, "description": ""}


def to_page(*clients: dict[str, str]) -> Reply:
    return Reply(200, {"results_total": len(clients), "records": list(clients)})


CI, DESK, MINE = build_client("ci"), build_client("desk"), build_client("mine")


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
    twin = build_client("ci", "client-twin")
    server.answers(to_page(CI, DESK, twin), Reply(200, CI), Reply(200, twin))

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
