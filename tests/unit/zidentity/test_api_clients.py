from datetime import datetime, timezone
from itertools import pairwise

import pytest
from unit.zidentity.scripted import Reply, ScriptedServer

from zdx_provider.zidentity import (
    ApiClient,
    ApiClientRequest,
    ApiResource,
    BadRequestError,
    InvalidResponseError,
    ResponseLostError,
    Scope,
    ZIdentity,
)
from zdx_provider.zidentity.paging import MOST_PAGES

BASE = "/ziam/admin/api/v1"
STORED = {
    "id": "c1",
    "name": "ci",
    "description": "of a team",
    "status": True,
    "accessTokenLifeTime": 3600,
    "clientAuthentication": {"authType": "JWKS", "clientJWKsUrl": "https://keys.test"},
    "clientResources": [
        {
            "id": "r1",
            "name": "Zscaler APIs",
            "defaultApi": True,
            "selectedScopes": [{"id": "a::b", "name": "Role:ZIA", "future": [1]}],
        }
    ],
    "addedNextYear": {"kept": True},
}


def page(names: list[str], total: int | None) -> Reply:
    records = [STORED | {"id": name, "name": name} for name in names]
    return Reply(200, {"results_total": total, "pageOffset": 0, "records": records})


def test_create_sends_the_documented_body(zidentity: ZIdentity, server: ScriptedServer) -> None:
    server.answers(Reply(201, STORED))
    resource = ApiResource(id="r1", selected_scopes=(Scope(id="a::b"),))

    made = zidentity.api_clients.create(
        ApiClientRequest(name="ci", description="of a team", client_resources=(resource,))
    )

    assert (server.calls[0].method, server.calls[0].path) == ("POST", f"{BASE}/api-clients")
    assert server.calls[0].headers["Content-Type"] == "application/json"
    assert server.calls[0].json == {
        "name": "ci",
        "description": "of a team",
        "status": True,
        "accessTokenLifeTime": 3600,
        "clientAuthentication": {"authType": "SECRET"},
        "clientResources": [{"id": "r1", "selectedScopes": [{"id": "a::b"}]}],
    }
    assert made.id == "c1"


def test_update_keeps_unknown_fields(zidentity: ZIdentity, server: ScriptedServer) -> None:
    server.answers(Reply(200, STORED), Reply(200))
    client = zidentity.api_clients.get("c1")

    zidentity.api_clients.update(client.model_copy(update={"description": "new"}))

    sent = STORED | {"description": "new"}
    del sent["id"]
    assert (server.calls[1].method, server.calls[1].path) == ("PUT", f"{BASE}/api-clients/c1")
    assert server.calls[1].json == sent


def test_update_adds_no_field_that_the_server_did_not_send(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.answers(Reply(200, {"id": "c1", "name": "ci", "status": True}), Reply(200))
    client = zidentity.api_clients.get("c1")

    zidentity.api_clients.update(client.model_copy(update={"enabled": False}))

    assert server.calls[1].json == {"name": "ci", "status": False}


def test_update_with_an_empty_response_returns_the_sent_client(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    client = ApiClient(id="c1", name="ci")
    server.answers(Reply(200, b" \n"))

    assert zidentity.api_clients.update(client) == client


def test_update_returns_the_client_of_the_response(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.answers(Reply(200, STORED))

    assert zidentity.api_clients.update(ApiClient(id="c1", name="x")).name == "ci"


@pytest.mark.parametrize("reply", [Reply(204), Reply(200, {"statusCode": "200"}), Reply(202)])
def test_delete_accepts_every_success(
    zidentity: ZIdentity, server: ScriptedServer, reply: Reply
) -> None:
    server.answers(reply)

    zidentity.api_clients.delete("c1")

    assert (server.calls[0].method, server.calls[0].path) == ("DELETE", f"{BASE}/api-clients/c1")


def test_get_reads_null_fields_as_empty(zidentity: ZIdentity, server: ScriptedServer) -> None:
    server.answers(Reply(200, STORED | {"description": None, "clientResources": None, "id": 7}))

    client = zidentity.api_clients.get("7")

    assert (client.id, client.description, client.client_resources) == ("7", "", ())


def test_list_reads_page_by_page(zidentity: ZIdentity, server: ScriptedServer) -> None:
    names = [f"k{number}" for number in range(1001)]
    server.answers(page(names[:1000], 1001), page(names[999:], 1001))

    clients = zidentity.api_clients.list("k")

    assert [client.name for client in clients] == names
    assert [call.query for call in server.calls] == [
        {"name[like]": ["k"], "offset": ["0"], "limit": ["1000"]},
        {"name[like]": ["k"], "offset": ["999"], "limit": ["1000"]},
    ]


def test_list_accepts_smaller_pages(zidentity: ZIdentity, server: ScriptedServer) -> None:
    server.answers(page(["a", "b"], 3), page(["b", "c"], 3))

    assert [client.name for client in zidentity.api_clients.list()] == ["a", "b", "c"]
    assert server.calls[1].query["offset"] == ["1"]


def test_list_without_a_total_stops_at_a_page_without_new_records(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.answers(page(["a"], None), page(["a"], None))

    assert [client.name for client in zidentity.api_clients.list()] == ["a"]


def test_list_restarts_if_a_record_was_deleted_between_two_pages(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    # "a" goes after the first page, so "c" moves into the place of "b", which no page shows.
    server.answers(page(["a", "b"], 4), page(["c", "d"], 3))
    server.answers(page(["b", "c"], 3), page(["c", "d"], 3))

    assert [client.name for client in zidentity.api_clients.list()] == ["b", "c", "d"]


def test_list_restarts_if_it_is_shorter_than_its_total(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.answers(page(["a", "b"], 3), page(["b"], 3))
    server.answers(page(["a", "b"], 2))

    assert [client.name for client in zidentity.api_clients.list()] == ["a", "b"]


def test_list_that_is_the_same_twice_is_complete_despite_its_total(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.answers(*[page(["a"], 9)] * 4)

    assert [client.name for client in zidentity.api_clients.list()] == ["a"]


def test_list_that_changes_all_the_time_is_an_error(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.answers(*[page(["a", "b"], 4), page(["c", "d"], 4)] * 5)

    with pytest.raises(InvalidResponseError, match="changed while it was read, 5 times"):
        zidentity.api_clients.list()


def test_list_without_end_is_an_error(zidentity: ZIdentity, server: ScriptedServer) -> None:
    server.answers(*[page([f"k{n}", f"k{n + 1}"], None) for n in range(MOST_PAGES)])

    with pytest.raises(InvalidResponseError, match=f"more than {MOST_PAGES} pages"):
        zidentity.api_clients.list()


def test_list_of_huge_pages_is_an_error(zidentity: ZIdentity, server: ScriptedServer) -> None:
    huge = [f"{number}{'x' * 7_000_000}" for number in range(6)]
    server.answers(*[page([one, other], None) for one, other in pairwise(huge)])

    with pytest.raises(InvalidResponseError, match="larger than"):
        zidentity.api_clients.list()


def test_get_refuses_another_client_than_the_requested_one(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.answers(Reply(200, {"id": "c2", "name": "ci"}))

    with pytest.raises(InvalidResponseError, match="another object"):
        zidentity.api_clients.get("c1")


def test_update_refuses_a_response_about_another_client(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.answers(Reply(200, {"id": "c2", "name": "ci"}))

    with pytest.raises(InvalidResponseError, match="another object"):
        zidentity.api_clients.update(ApiClient(id="c1", name="ci"))


@pytest.mark.parametrize(
    "answered", [{"name": "other"}, {"name": "ci", "description": "[pulumi other/prod/ci #1]"}]
)
def test_create_treats_a_response_about_another_client_as_lost(
    zidentity: ZIdentity, server: ScriptedServer, answered: dict[str, str]
) -> None:
    server.answers(Reply(201, {"id": "c2", **answered}))

    with pytest.raises(ResponseLostError, match="another object"):
        zidentity.api_clients.create(ApiClientRequest(name="ci", description="ours"))


@pytest.mark.parametrize("identifier", ["", ".", ".."])
def test_create_treats_a_response_without_a_usable_id_as_lost(
    zidentity: ZIdentity, server: ScriptedServer, identifier: str
) -> None:
    secret = {"value": "obviously-fake", "createdAt": 1767225600, "expiresAt": 1798761600}
    server.answers(Reply(201, {"id": identifier, "name": "ci"}))
    server.answers(Reply(201, {"id": identifier, **secret}))

    with pytest.raises(ResponseLostError):
        zidentity.api_clients.create(ApiClientRequest(name="ci"))
    with pytest.raises(ResponseLostError):
        zidentity.api_clients.secrets.create("c1", datetime(2027, 1, 1, tzinfo=timezone.utc))


def test_create_treats_a_secret_of_another_expiry_as_lost(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    made = {"id": "s1", "value": "obviously-fake", "createdAt": 1767225600, "expiresAt": 1798761600}
    server.answers(Reply(201, made))

    with pytest.raises(ResponseLostError, match="another object"):
        zidentity.api_clients.secrets.create("c1", datetime(2027, 3, 1, tzinfo=timezone.utc))


def test_list_of_secrets_with_the_same_id_is_an_error(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    listed = {"id": "s1", "createdAt": 1767225600, "expiresAt": 1798761600}
    server.answers(Reply(200, [listed, {**listed, "expiresAt": 1798761601}]))

    with pytest.raises(InvalidResponseError, match="same id"):
        zidentity.api_clients.secrets.list("c1")


def test_list_of_an_empty_tenant_is_empty(zidentity: ZIdentity, server: ScriptedServer) -> None:
    server.answers(page([], 0))

    assert zidentity.api_clients.list() == []


def test_list_refuses_a_page_without_records(zidentity: ZIdentity, server: ScriptedServer) -> None:
    server.answers(Reply(200, {"results_total": 0}))

    with pytest.raises(InvalidResponseError, match="at records"):
        zidentity.api_clients.list()


def test_create_secret_returns_value_and_dates(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    made = {"id": "s1", "value": "obviously-fake", "createdAt": 1767225600, "expiresAt": 1798761600}
    server.answers(Reply(202, made))

    secret = zidentity.api_clients.secrets.create("c1", datetime(2027, 1, 1, tzinfo=timezone.utc))

    assert server.calls[0].path == f"{BASE}/api-clients/c1/secrets"
    assert server.calls[0].json == {"expiresAt": 1798761600}
    assert secret.value.get_secret_value() == "obviously-fake"
    assert secret.created_at == datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert secret.expires_at == datetime(2027, 1, 1, tzinfo=timezone.utc)
    assert "obviously-fake" not in repr(secret)


def test_list_of_secrets_contains_no_values(zidentity: ZIdentity, server: ScriptedServer) -> None:
    listed = {"id": "s1", "value": "****fake", "createdAt": 1767225600000, "expiresAt": 1798761600}
    server.answers(Reply(200, [listed]))

    (secret,) = zidentity.api_clients.secrets.list("c1")

    assert secret.created_at == datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert "fake" not in str(secret.model_dump())


def test_delete_secret_sends_its_id(zidentity: ZIdentity, server: ScriptedServer) -> None:
    server.answers(Reply(200))

    zidentity.api_clients.secrets.delete("c1", "s1")

    assert server.calls[0].method == "DELETE"
    assert server.calls[0].path == f"{BASE}/api-clients/c1/secrets/s1"


def test_delete_escapes_an_id_in_the_path(zidentity: ZIdentity, server: ScriptedServer) -> None:
    server.answers(Reply(204))

    zidentity.api_clients.delete("../users/1?x#y")

    assert server.calls[0].path == f"{BASE}/api-clients/..%2Fusers%2F1%3Fx%23y"


@pytest.mark.parametrize("identifier", ["", ".", ".."])
def test_delete_refuses_an_invalid_id_without_a_request(
    zidentity: ZIdentity, server: ScriptedServer, identifier: str
) -> None:
    with pytest.raises(BadRequestError, match="is not an ID"):
        zidentity.api_clients.delete(identifier)
    with pytest.raises(BadRequestError, match="is not an ID"):
        zidentity.api_clients.secrets.delete("c1", identifier)

    assert server.calls == []


def test_request_has_a_user_agent(zidentity: ZIdentity, server: ScriptedServer) -> None:
    server.answers(page([], 0))

    zidentity.api_clients.list()

    assert server.calls[0].headers["User-Agent"].startswith("zdx-provider/")


@pytest.mark.parametrize(
    "shown", ["2026-01-01T01:30:00+01:30", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00"]
)
def test_list_of_secrets_parses_every_time_format_as_utc(
    zidentity: ZIdentity, server: ScriptedServer, shown: str
) -> None:
    server.answers(Reply(200, [{"id": "s1", "createdAt": shown, "expiresAt": 1798761600}]))

    (secret,) = zidentity.api_clients.secrets.list("c1")

    assert secret.created_at.isoformat() == "2026-01-01T00:00:00+00:00"
