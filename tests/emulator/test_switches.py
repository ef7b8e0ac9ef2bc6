"""Where the vendor's documents leave something open, the tenant behaves either way."""

import time
from typing import Any

import httpx
import pytest
import requests
from support.key_pair import KeyPair

from zdx_emulator.cli import main
from zdx_emulator.testing import (
    API_CLIENTS,
    EACH_OTHER_WAY,
    TOKEN,
    ZSCALER_APIS,
    RunningEmulator,
    Switches,
    running_emulator,
    scope_id,
)

AUDIENCE = "https://api.zscaler.com"
DAY = 86_400


@pytest.fixture
def made(api: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    """A client as the tenant answered it, made under the switches of the test."""
    answer: dict[str, Any] = api.post(API_CLIENTS, json=body).json()
    return answer


@pytest.fixture
def switches() -> Switches:
    """The switches of the test; by default those of every tenant."""
    return Switches()


@pytest.fixture
def api(api: httpx.Client, tenant: RunningEmulator, switches: Switches) -> httpx.Client:
    """Speaks to the tenant, its switches turned."""
    tenant.switch(switches)
    return api


def turned(name: str) -> pytest.MarkDecorator:
    """Turns one switch away from its default."""
    return pytest.mark.parametrize("switches", [EACH_OTHER_WAY[name]], ids=[name])


def _path(client: dict[str, Any]) -> str:
    return f"{API_CLIENTS}/{client['id']}"


def _registering(key_value: str) -> dict[str, Any]:
    """The member of a client that authenticates with a public key."""
    keys = [{"keyName": "ci", "keyValue": key_value}]
    return {"clientAuthentication": {"authType": "PUBKEYCERT", "publicKeys": keys}}


@pytest.fixture(scope="module")
def key_pair() -> KeyPair:
    """An RSA key."""
    return KeyPair.make()


def _create(tenant: RunningEmulator, api: httpx.Client, client: dict[str, Any]) -> httpx.Response:
    expires_at = tenant.now() + 60 * DAY
    return api.post(f"{_path(client)}/secrets", json={"expiresAt": expires_at})


def test_switch_constants_change_one_switch_each() -> None:
    changed = {
        name: set(switches.model_dump(exclude_defaults=True))
        for name, switches in EACH_OTHER_WAY.items()
    }

    assert changed == {name: {name} for name in Switches.model_fields}


@turned("unique_names")
def test_unique_names_refuses_a_name_that_exists(
    api: httpx.Client, body: dict[str, Any], made: dict[str, Any]
) -> None:
    other = api.post(API_CLIENTS, json=body | {"name": "other"}).json()

    assert api.post(API_CLIENTS, json=body).status_code == 400
    assert api.put(_path(other), json=body).status_code == 400
    assert api.put(_path(made), json=body).status_code == 200
    assert api.get(API_CLIENTS).json()["results_total"] == 2


@pytest.mark.parametrize(
    ("switches", "codes"),
    [(Switches(), [201, 201, 204]), (EACH_OTHER_WAY["statuses"], [202, 202, 200])],
    ids=["published", "alternative"],
)
def test_success_codes_are_either_documented_one(
    codes: list[int], tenant: RunningEmulator, api: httpx.Client, body: dict[str, Any]
) -> None:
    client = api.post(API_CLIENTS, json=body)
    secret = _create(tenant, api, client.json())
    deleted = api.delete(f"{_path(client.json())}/secrets/{secret.json()['id']}")

    assert [answer.status_code for answer in (client, secret, deleted)] == codes
    assert secret.json()["value"]


@turned("list_descriptions")
def test_list_descriptions_off_leaves_descriptions_to_get(
    api: httpx.Client, made: dict[str, Any]
) -> None:
    (listed,) = api.get(API_CLIENTS).json()["records"]

    assert made == {**listed, "description": ""}
    assert api.get(_path(made)).json() == made


@turned("first_secret")
def test_create_gives_a_first_secret_without_showing_it(
    tenant: RunningEmulator, api: httpx.Client, made: dict[str, Any]
) -> None:
    (secret,) = tenant.secrets(made["id"])

    assert secret.expires_at - secret.created_at == 365 * DAY
    assert "value" not in str(made)
    assert _create(tenant, api, made).status_code == 201
    assert len(tenant.secrets(made["id"])) == 2


@pytest.mark.parametrize("switches", [Switches(read_lag_ms=60_000)], ids=["read_lag_ms"])
def test_read_lag_hides_a_new_client(
    tenant: RunningEmulator, api: httpx.Client, made: dict[str, Any]
) -> None:
    assert api.get(_path(made)).status_code == 404
    assert api.get(f"{_path(made)}/secrets").status_code == 404
    assert api.get(API_CLIENTS).json()["results_total"] == 0
    assert api.put(_path(made), json=made).status_code == 200
    assert [client.id for client in tenant.clients()] == [made["id"]]


def test_read_lag_does_not_hide_what_an_observer_created(
    tenant: RunningEmulator, api: httpx.Client
) -> None:
    tenant.switch(Switches(read_lag_ms=60_000))
    client = tenant.create_client("by-hand")
    secret = tenant.add_secret(client.id)

    assert api.get(f"{API_CLIENTS}/{client.id}").status_code == 200
    assert secret.id in api.get(f"{API_CLIENTS}/{client.id}/secrets").text


@turned("read_lag_ms")
def test_read_lag_passes(api: httpx.Client, made: dict[str, Any]) -> None:
    while api.get(_path(made)).status_code == 404:
        time.sleep(0.01)

    assert api.get(API_CLIENTS).json()["records"] == [made]
    assert api.get(f"{_path(made)}/secrets").json() == []


def test_read_lag_stops_when_it_is_switched_off(
    tenant: RunningEmulator, api: httpx.Client, body: dict[str, Any]
) -> None:
    tenant.switch(Switches(read_lag_ms=60_000))
    made = api.post(API_CLIENTS, json=body).json()

    tenant.switch(Switches())

    assert api.get(_path(made)).status_code == 200


def test_read_lag_hides_a_new_secret(
    tenant: RunningEmulator, api: httpx.Client, made: dict[str, Any]
) -> None:
    tenant.switch(Switches(read_lag_ms=60_000))

    created = _create(tenant, api, made)

    assert created.json()["id"] not in api.get(f"{_path(made)}/secrets").text


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ("text-status", {"title": "Not Found", "status": "404", "detail": "API client not found"}),
        ("code-and-message", {"code": "resource.not.found", "message": "API client not found"}),
    ],
)
def test_error_body_can_have_another_shape(
    shape: Any, body: dict[str, str], tenant: RunningEmulator, api: httpx.Client
) -> None:
    tenant.switch(Switches(error_bodies=shape))

    refused = api.get(f"{API_CLIENTS}/unknown").json()

    assert {name: value for name, value in refused.items() if name != "type"} == body


@pytest.mark.parametrize("switches", [Switches(client_limit=2)], ids=["client_limit"])
def test_create_client_is_refused_at_the_limit(
    tenant: RunningEmulator, api: httpx.Client, body: dict[str, Any], made: dict[str, Any]
) -> None:
    second = api.post(API_CLIENTS, json=body).json()

    refused = api.post(API_CLIENTS, json=body)

    assert refused.status_code == 400
    assert "2 API clients, the most that it can have" in refused.json()["detail"]
    assert api.put(_path(made), json=body).status_code == 200
    assert [client.id for client in tenant.clients()] == [made["id"], second["id"]]
    api.delete(_path(second))
    assert api.post(API_CLIENTS, json=body).status_code == 201


@turned("scope_names_in_put")
def test_update_client_can_take_a_scope_by_its_unique_name(
    api: httpx.Client, body: dict[str, Any], made: dict[str, Any]
) -> None:
    def put(name: str) -> httpx.Response:
        resource = {"id": ZSCALER_APIS.id, "selectedScopes": [{"name": name}]}
        return api.put(_path(made), json=body | {"clientResources": [resource]})

    taken = put("Role:ZDX Super Admin").json()["clientResources"][0]["selectedScopes"]

    assert [scope["id"] for scope in taken] == [scope_id("ZDX Super Admin")]
    assert put("Role:Super Admin").status_code == 400


@turned("separate_client_id")
def test_token_request_needs_the_client_id_if_it_differs(
    tenant: RunningEmulator, api: httpx.Client, made: dict[str, Any]
) -> None:
    secret = _create(tenant, api, made).json()["value"]

    assert made["clientId"] != made["id"]
    assert tenant.token_for(made["clientId"], secret)
    with pytest.raises(requests.HTTPError, match="400"):
        tenant.token_for(made["id"], secret)
    assert tenant.can_authenticate(made["id"], secret)
    assert not tenant.can_authenticate(made["id"], "obviously-not-the-secret")


@turned("separate_client_id")
def test_put_keeps_the_client_id(
    api: httpx.Client, body: dict[str, Any], made: dict[str, Any]
) -> None:
    for sent in (body, body | {"clientId": "chosen"}):
        assert api.put(_path(made), json=sent).json()["clientId"] == made["clientId"]


def test_create_ignores_a_client_id_in_the_body(api: httpx.Client, body: dict[str, Any]) -> None:
    assert "clientId" not in api.post(API_CLIENTS, json=body | {"clientId": "chosen"}).json()


@turned("tokens_outlive_client")
@pytest.mark.parametrize("end", ["disabled", "deleted"])
def test_tokens_of_a_disabled_or_deleted_client_can_work_until_they_expire(
    end: str, tenant: RunningEmulator, api: httpx.Client, made: dict[str, Any]
) -> None:
    token = tenant.token_for(made["id"], _create(tenant, api, made).json()["value"])
    bearer = {"Authorization": f"Bearer {token}"}

    if end == "disabled":
        api.put(_path(made), json=made | {"status": False})
    else:
        api.delete(_path(made))

    assert api.get("/zdx/v1/apps", headers=bearer).status_code == 200
    tenant.move_clock(3600)
    assert api.get("/zdx/v1/apps", headers=bearer).status_code == 401


def test_tokens_of_a_deleted_client_are_invalid_after_the_switch_is_turned_back(
    tenant: RunningEmulator, api: httpx.Client, body: dict[str, Any]
) -> None:
    tenant.switch(EACH_OTHER_WAY["tokens_outlive_client"])
    made = api.post(API_CLIENTS, json=body).json()
    token = tenant.token_for(made["id"], _create(tenant, api, made).json()["value"])
    api.delete(_path(made))

    tenant.switch(Switches())

    bearer = {"Authorization": f"Bearer {token}"}
    assert api.get("/zdx/v1/apps", headers=bearer).status_code == 401


@turned("lifetime_unit")
def test_token_lifetime_can_count_minutes(
    tenant: RunningEmulator, api: httpx.Client, body: dict[str, Any]
) -> None:
    made = api.post(API_CLIENTS, json=body | {"accessTokenLifeTime": 60}).json()
    form = {
        "grant_type": "client_credentials",
        "client_id": made["id"],
        "client_secret": _create(tenant, api, made).json()["value"],
        "audience": AUDIENCE,
    }

    assert made["accessTokenLifeTime"] == 60
    assert api.post(TOKEN, data=form).json()["expires_in"] == 3600


@turned("audience")
def test_token_request_with_an_audience_can_be_refused(
    tenant: RunningEmulator, api: httpx.Client, made: dict[str, Any]
) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": made["id"],
        "client_secret": _create(tenant, api, made).json()["value"],
    }

    refused = api.post(TOKEN, data=form | {"audience": AUDIENCE})

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert api.post(TOKEN, data=form).status_code == 200
    assert tenant.settings()["tokenAudience"] == "none"


@pytest.mark.parametrize("switches", [Switches(), EACH_OTHER_WAY["key_value_encoding"]])
def test_public_key_is_taken_and_returned_in_one_encoding_only(
    switches: Switches, api: httpx.Client, body: dict[str, Any], key_pair: KeyPair
) -> None:
    values = {"pem": key_pair.public_pem, "der_base64": key_pair.public_der_base64}
    own = values.pop(switches.key_value_encoding)
    (other,) = values.values()

    made = api.post(API_CLIENTS, json=body | _registering(own)).json()
    refused = [
        api.request(method, path, json=body | _registering(value))
        for method, path in (("POST", API_CLIENTS), ("PUT", _path(made)))
        for value in (other, key_pair.private_pem, own[:-40], "")
    ]

    assert made["clientAuthentication"] == _registering(own)["clientAuthentication"]
    assert [answer.status_code for answer in refused] == [400] * len(refused)
    assert all("keyValue: it must be a public key" in each.json()["detail"] for each in refused)
    assert api.get(API_CLIENTS).json()["records"] == [made]


def test_certificate_that_cannot_be_read_is_refused(
    api: httpx.Client, body: dict[str, Any], key_pair: KeyPair
) -> None:
    for content in (key_pair.public_pem, "MIIB", ""):
        certificates = [{"certContent": content}]
        authentication = {"authType": "PUBKEYCERT", "clientCertificates": certificates}

        refused = api.post(API_CLIENTS, json=body | {"clientAuthentication": authentication})

        assert refused.status_code == 400
        assert "certContent: it must be a certificate" in refused.json()["detail"]


def test_secrets_stay_valid_when_the_auth_type_changes(
    tenant: RunningEmulator, api: httpx.Client, made: dict[str, Any], key_pair: KeyPair
) -> None:
    kept, deleted = (_create(tenant, api, made).json() for _ in range(2))

    changed = api.put(_path(made), json=made | _registering(key_pair.public_pem))

    assert changed.json()["clientAuthentication"]["authType"] == "PUBKEYCERT"
    assert _create(tenant, api, made).status_code == 400
    assert api.get(f"{_path(made)}/secrets").status_code == 400
    assert api.delete(f"{_path(made)}/secrets/{deleted['id']}").status_code == 204
    assert tenant.can_authenticate(made["id"], kept["value"])
    assert not tenant.can_authenticate(made["id"], deleted["value"])

    api.put(_path(made), json=made)

    assert [secret.id for secret in tenant.secrets(made["id"])] == [kept["id"]]


@turned("auth_type_switch")
def test_auth_type_change_can_be_refused(
    api: httpx.Client, body: dict[str, Any], made: dict[str, Any], key_pair: KeyPair
) -> None:
    signed = api.post(API_CLIENTS, json=body | _registering(key_pair.public_pem)).json()
    other = _registering(KeyPair.make_ec().public_pem)

    refused = [
        api.put(_path(made), json=made | _registering(key_pair.public_pem)),
        api.put(_path(signed), json=signed | {"clientAuthentication": {"authType": "SECRET"}}),
    ]

    assert [answer.status_code for answer in refused] == [400, 400]
    assert all("authType can't be changed" in answer.json()["detail"] for answer in refused)
    assert api.get(API_CLIENTS).json()["records"] == [made, signed]
    assert api.put(_path(signed), json=signed | other).status_code == 200


def test_reset_restores_the_switches_of_the_command_line() -> None:
    turned = {
        name: value
        for switches in EACH_OTHER_WAY.values()
        for name, value in switches.model_dump(exclude_unset=True).items()
    }
    own = Switches.model_validate(turned)
    with running_emulator(switches=own) as tenant:
        tenant.switch(Switches())
        tenant.reset()
        after = httpx.get(f"{tenant.url}/_emulator/switches", trust_env=False).json()

    assert after == own.model_dump()


@pytest.mark.parametrize("wrong", ["unknown=1", "read_lag_ms=-1", "statuses=both", "unique_names"])
def test_start_refuses_an_invalid_switch_value_and_names_the_switch(
    wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port=0", f"--switch={wrong}"]) == 2

    said = capsys.readouterr().err
    assert said.startswith(f"zdx_emulator: --switch {wrong.partition('=')[0]}:")
    assert said.count("\n") == 1


def test_start_refuses_an_unknown_switch_and_lists_the_switches(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--port=0", "--switch=unknown=1"]) == 2

    said = capsys.readouterr().err
    assert all(name in said for name in Switches.model_fields)
