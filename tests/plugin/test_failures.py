"""What is left, and what is said, when the tenant or the way to it fails."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from plugin.conftest import Running, StartHost, except_where, known_secrets, without_switches
from support.plugin_host import PluginError, PluginHost, Properties, Recorded

from zdx_emulator.testing import (
    ADMIN_SECRET,
    API_CLIENT,
    API_CLIENTS,
    SECRET,
    SECRETS,
    TOKEN,
    RunningEmulator,
)

PLANTED = "obviously-fake-planted-secret"


def slow(value: object) -> Any:
    return pytest.param(value, marks=pytest.mark.slow)


def failure(host: PluginHost, declared: Properties) -> str:
    inputs = host.check(declared).inputs
    with pytest.raises(PluginError) as failed:
        host.create(inputs)
    return failed.value.sentence


def assert_one_key_with_one_secret(tenant: RunningEmulator, key: Recorded) -> None:
    assert [client.id for client in tenant.clients()] == [key.id]
    assert known_secrets(tenant, key.id) == [key.outputs["secret_id"]]
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])


# Which requests are sent again, and when, is proven for `zidentity`.
@without_switches
@pytest.mark.parametrize("path", [slow(TOKEN), slow(API_CLIENTS), SECRETS])
def test_create_waits_for_a_rate_limit(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, path: str
) -> None:
    tenant.fault(path=path, status=429, headers={"Retry-After": "0"})

    assert_one_key_with_one_secret(tenant, host.up(declared))


@pytest.mark.slow
@without_switches
def test_update_waits_for_a_rate_limit_on_every_request(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    for method in ("GET", "PUT"):
        tenant.fault(method=method, path=API_CLIENT, status=429, headers={"Retry-After": "0"})

    host.up_again(key, {**declared, "name": "ci-2"})

    assert tenant.client(key.id).name == "ci-2"


def test_create_fails_at_once_if_the_rate_limit_is_too_long(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    tenant.fault(method="POST", path=API_CLIENTS, status=429, headers={"Retry-After": "86400"})

    said = failure(host, declared)

    assert 'the key "ci": could not create the API client "ci": the rate limit is reached' in said
    assert "asks to wait 86400 s" in said
    assert tenant.clients() == []


@except_where(read_lag_ms="the next run finds it there")
@pytest.mark.parametrize(
    "lost", [{"drop": "after"}, {"status": 504, "applied": True}, {"truncate": True}]
)
def test_create_finds_its_client_after_a_lost_response(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, lost: Properties
) -> None:
    tenant.fault(method="POST", path=API_CLIENTS, **lost)

    assert_one_key_with_one_secret(tenant, host.up(declared))


@pytest.mark.parametrize("lost", [{"drop": "before"}, {"status": 504}, {"status": 500}])
def test_create_does_not_retry_a_post_with_a_lost_response(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, lost: Properties
) -> None:
    tenant.fault(method="POST", path=API_CLIENTS, **lost)

    said = failure(host, declared)

    posts = [r for r in tenant.requests() if (r.method, r.path) == ("POST", API_CLIENTS)]
    assert len(posts) == 1
    assert 'could not create the API client "ci"' in said
    assert tenant.clients() == []
    assert_one_key_with_one_secret(tenant, host.up(declared))


@pytest.mark.parametrize("lost", [{"drop": "before"}, {"status": 504}])
def test_create_with_a_lost_response_ignores_a_similar_name(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, lost: Properties
) -> None:
    similar = tenant.create_client("ci-2", description="[pulumi keys/prod/ci-2 #c0ffee]")
    tenant.fault(method="POST", path=API_CLIENTS, **lost)

    said = failure(host, declared)

    assert 'could not create the API client "ci"' in said
    assert tenant.clients() == [similar]


@except_where(read_lag_ms="a look at a new key finds nothing there")
@pytest.mark.parametrize(
    "lost", [{"drop": "after"}, {"status": 504, "applied": True}, {"truncate": True}]
)
def test_create_replaces_a_secret_whose_response_was_lost(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, lost: Properties
) -> None:
    tenant.fault(method="POST", path=SECRETS, **lost)

    assert_one_key_with_one_secret(tenant, host.up(declared))


@pytest.mark.parametrize("lost", [{"drop": "before"}, {"status": 500}, {"status": 502}])
def test_create_deletes_its_client_if_the_new_secret_is_not_seen(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, lost: Properties
) -> None:
    tenant.fault(method="POST", path=SECRETS, **lost)

    assert "could not create a secret" in failure(host, declared)

    posts = [r for r in tenant.requests() if r.method == "POST" and r.path.endswith("/secrets")]
    assert len(posts) == 1
    assert tenant.clients() == []
    assert_one_key_with_one_secret(tenant, host.up(declared))


@except_where(read_lag_ms="the lost secret is not seen there")
def test_update_with_a_lost_secret_keeps_the_current_one(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    ended = {"secret_expires_on": "2020-01-01"}
    expired_key = Recorded(key.id, {**key.inputs, **ended}, {**key.outputs, **ended})
    tenant.fault(method="POST", path=SECRETS, drop="after")

    updated = host.up_again(expired_key, declared)

    present = [secret.id for secret in tenant.secrets(key.id)]
    assert present == [key.outputs["secret_id"], updated.outputs["secret_id"]]
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])
    assert tenant.can_authenticate(key.id, updated.outputs["key_secret"])


@pytest.mark.parametrize("refused", [{"status": 400}, {"status": 403}, {"status": 500, "count": 2}])
def test_create_deletes_its_client_if_the_secret_fails(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, refused: Properties
) -> None:
    tenant.fault(method="POST", path=SECRETS, **refused)

    said = failure(host, declared)

    assert 'the key "ci": could not create a secret for the API client' in said
    assert tenant.clients() == []
    tenant.clear_faults()
    assert_one_key_with_one_secret(tenant, host.up(declared))


def test_create_names_a_client_that_it_cannot_finish_or_delete(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    tenant.fault(method="POST", path=SECRETS, status=500)
    tenant.fault(method="DELETE", path=API_CLIENT, status=500)

    said = failure(host, declared)

    (left,) = tenant.clients()
    assert f'the key "ci" was created ({left.id}), but it has no known secret' in said
    assert "could not be deleted" in said
    assert "Run pulumi up again" in said


@except_where(first_secret="the client that is left has a secret there")
def test_create_finishes_a_client_that_a_failed_run_left(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    tenant.fault(method="POST", path=SECRETS, status=500)
    tenant.fault(method="DELETE", path=API_CLIENT, status=500)
    failure(start_host(), declared)
    (left,) = tenant.clients()

    key = start_host().up(declared)

    assert key.id == left.id
    assert_one_key_with_one_secret(tenant, key)


def test_create_that_fails_keeps_a_client_it_did_not_create(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    found = tenant.create_client("ci")
    tenant.fault(method="POST", path=SECRETS, status=400)

    said = failure(host, {**declared, "adopt": True})

    assert "could not create a secret" in said
    assert [client.id for client in tenant.clients()] == [found.id]


def test_update_renews_an_expired_token(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    tenant.fault(path=API_CLIENT, status=401)

    host.up_again(key, {**declared, "name": "ci-2"})

    assert tenant.client(key.id).name == "ci-2"


@without_switches
@pytest.mark.parametrize("method", [slow("GET"), "PUT"])
@pytest.mark.parametrize(
    "passing", [{"drop": "after"}, slow({"drop": "before"}), slow({"status": 503})]
)
def test_update_retries_temporary_failures(
    host: PluginHost,
    tenant: RunningEmulator,
    declared: Properties,
    *,
    method: str,
    passing: Properties,
) -> None:
    key = host.up(declared)
    tenant.fault(method=method, path=API_CLIENT, **passing)

    host.up_again(key, {**declared, "name": "ci-2"})

    assert tenant.client(key.id).name == "ci-2"


CALLS: dict[str, Callable[[PluginHost, Recorded, Properties], object]] = {
    "check": lambda host, _, declared: host.check({**declared, "role": "no one"}).failures,
    "create": lambda host, key, _: host.create({**key.inputs, "name": "another"}),
    "adopt": lambda host, key, _: host.create({**key.inputs, "adopt": True}),
    "refresh": lambda host, key, _: host.refresh(key),
    "get": lambda host, key, _: host.get(key.id, {}),
    "update": lambda host, key, _: host.update(key, {**key.inputs, "name": "ci-2"}),
    "rotate": lambda host, key, _: host.update(
        key, {**key.inputs, "secret_expires_on": "2020-01-01"}
    ),
    "delete": lambda host, key, _: host.delete(key),
}
ECHOES: list[Properties] = [
    {"status": 400},
    {"status": 401},
    {"status": 403},
    {"status": 404},
    {"status": 500},
    {"status": 200},
    {"redirect": f"https://elsewhere.test/{PLANTED}"},
    {"drop": "after"},
]


# The faults answer in the tenant's stead, whatever its switches.
@without_switches
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("echo", ECHOES, ids=str)
def test_errors_of_every_operation_show_no_secret(
    start_host: StartHost,
    tenant: RunningEmulator,
    running: Running,
    declared: Properties,
    *,
    call: str,
    echo: Properties,
) -> None:
    key = start_host().up(declared)
    detail = f"{ADMIN_SECRET} or {key.outputs['key_secret']}"
    said = {"body": json.dumps({"value": PLANTED, "title": ADMIN_SECRET, "detail": detail})}
    body = {} if echo.keys() & {"redirect", "drop"} else said
    for path in (TOKEN, SECRET, SECRETS, API_CLIENT, API_CLIENTS):
        tenant.fault(path=path, count=50, **echo, **body)

    try:
        shown = str(CALLS[call](start_host(maxRetries="0"), key, declared))
    except PluginError as failed:
        shown = failed.shown
    tenant.clear_faults()

    shown += running.printed.read_text()
    secrets = (PLANTED, ADMIN_SECRET, key.outputs["key_secret"])
    assert shown
    assert [secret for secret in secrets if secret in shown] == []


def test_create_fails_without_inner_frames_for_an_expected_error(
    host: PluginHost, declared: Properties
) -> None:
    inputs = host.check(declared).inputs

    with pytest.raises(PluginError) as failed:
        host.create({**inputs, "role": "no such role"})

    assert "no ZDX role is named" in failed.value.sentence
    frames = set(re.findall(r"zdx_provider/[\w/]+\.py", failed.value.shown))
    # Some versions of the SDK show no frames at all.
    assert frames <= {"zdx_provider/provider.py"}
    assert "During handling of the above exception" not in failed.value.shown


def test_create_and_delete_print_nothing(
    running: Running, host: PluginHost, declared: Properties
) -> None:
    host.delete(host.up(declared))

    assert running.printed.read_text() == ""
