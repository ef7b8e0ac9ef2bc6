import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.samples import a_client

from zdx_provider.keys.clients import MAX_AGE_SECONDS, Listing
from zdx_provider.zidentity import ApiClient, UnreachableError


class Tenant:
    """Clients behind a list that can be read, and a clock that moves by hand."""

    def __init__(self) -> None:
        self.clients = [a_client("ci"), a_client("desk")]
        self.reads = 0
        self.now = 1000.0
        self.down = False

    def read(self) -> list[ApiClient]:
        self.reads += 1
        if self.down:
            raise UnreachableError("nobody answers", operation="list API clients")
        return list(self.clients)

    def clock(self) -> float:
        return self.now


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture
def listing(tenant: Tenant) -> Listing:
    return Listing(tenant.read, tenant.clock)


def test_nothing_is_read_before_the_first_question(tenant: Tenant, listing: Listing) -> None:
    listing.record(a_client("mine"))
    listing.forget("client-mine")

    assert tenant.reads == 0


def test_many_threads_that_ask_at_once_share_one_read() -> None:
    reads: list[str] = []

    def slow_read() -> list[ApiClient]:
        reads.append("read")
        time.sleep(0.05)
        return [a_client("ci")]

    listing = Listing(slow_read, lambda: 0.0)
    together = threading.Barrier(8)

    def ask(_: int) -> list[ApiClient]:
        together.wait()
        return listing.named("ci")

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))

    assert reads == ["read"]
    assert answers == [[a_client("ci")]] * 8


def test_the_list_is_read_again_when_it_is_old(tenant: Tenant, listing: Listing) -> None:
    listing.named("ci")
    tenant.clients.append(a_client("new"))
    tenant.now += MAX_AGE_SECONDS - 1
    assert listing.named("new") == []

    tenant.now += 1

    assert listing.named("new") == [a_client("new")]
    assert tenant.reads == 2


def test_a_read_that_failed_is_tried_again_at_the_next_question(
    tenant: Tenant, listing: Listing
) -> None:
    tenant.down = True
    with pytest.raises(UnreachableError):
        listing.named("ci")

    tenant.down = False

    assert listing.named("ci") == [a_client("ci")]


def test_only_the_exact_name_counts(listing: Listing) -> None:
    assert listing.named("CI") == []
    assert listing.named("c") == []


def test_all_clients_of_one_name_are_found(tenant: Tenant, listing: Listing) -> None:
    tenant.clients.append(a_client("ci", "client-twin"))

    assert [client.id for client in listing.named("ci")] == ["client-ci", "client-twin"]


def test_own_work_is_seen_although_the_list_lags_behind(tenant: Tenant, listing: Listing) -> None:
    listing.named("mine")
    listing.record(a_client("mine"))
    tenant.now += MAX_AGE_SECONDS

    assert listing.named("mine") == [a_client("mine")]
    assert listing.find("client-mine") == a_client("mine")


def test_own_changes_are_seen_instead_of_what_the_list_says(listing: Listing) -> None:
    listing.named("ci")
    listing.record(a_client("renamed", "client-ci"))

    assert listing.named("ci") == []
    assert listing.named("renamed") == [a_client("renamed", "client-ci")]


@pytest.mark.parametrize("identifier", ["client-ci", "client-mine"])
def test_what_is_forgotten_is_not_found(listing: Listing, identifier: str) -> None:
    listing.named("ci")
    listing.record(a_client("mine"))

    listing.forget(identifier)

    assert listing.find(identifier) is None


def test_a_client_is_found_by_its_id(listing: Listing) -> None:
    assert listing.find("client-desk") == a_client("desk")
    assert listing.find("client-nobody") is None
