"""Lookups in a process of their own, their settings in the environment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from datetime import datetime, timezone

import pulumi
import pytest
from plugin.conftest import except_where
from support.key_pair import KeyPair

from zdx_emulator.testing import API_CLIENTS, SECRETS, RunningEmulator, scope_id
from zdx_provider import (
    ApiKeyResult,
    RoleResult,
    SecretResult,
    get_api_key,
    get_api_keys,
    get_roles,
)
from zdx_provider.keys.authentication import Authentication

READ_ONLY = "ZDX Read-only Admin"
MARKED = "for the pipeline [pulumi keys/prod/ci #c0ffee]"


def use(tenant: RunningEmulator, monkeypatch: pytest.MonkeyPatch, vanity_domain: str) -> None:
    for name, value in tenant.environment(vanity_domain).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def tenant(tenant: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> RunningEmulator:
    """The tenant that the environment names."""
    use(tenant, monkeypatch, "acme")
    return tenant


@pytest.fixture
def plain_tenant(server: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> RunningEmulator:
    """The tenant that the environment names, with all switches as documented."""
    server.reset()
    use(server, monkeypatch, "acme")
    return server


def spelled(epoch_seconds: int) -> str:
    return f"{datetime.fromtimestamp(epoch_seconds, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def test_lookup_returns_every_attribute_of_a_key(tenant: RunningEmulator) -> None:
    client = tenant.create_client("ci", description=MARKED, status=False, accessTokenLifeTime=120)
    tenant.add_secret(client.id, days=90)

    key = get_api_key(name="ci")

    assert replace(key, secrets=()) == ApiKeyResult(
        key_id=client.id,
        name="ci",
        role=READ_ONLY,
        role_id=scope_id(READ_ONLY),
        description="for the pipeline",
        enabled=False,
        token_lifetime_seconds=120,
        managed_by="keys/prod/ci",
        vanity_domain="acme",
        cloud="",
        secrets=(),
    )


def test_lookup_lists_secrets_oldest_first_without_values(
    tenant: RunningEmulator,
) -> None:
    client = tenant.create_client("ci")
    values = [tenant.add_secret(client.id, days=days).value for days in (180, 90)]
    listed = tenant.secrets(client.id)

    key = get_api_key(name="ci")

    assert key.secrets == tuple(
        SecretResult(secret.id, spelled(secret.created_at), spelled(secret.expires_at))
        for secret in listed
    )
    assert len(key.secrets) == 2
    assert not [value for value in values if str(value) in repr(key)]


def test_lookup_returns_what_a_key_without_a_secret_authenticates_with(
    plain_tenant: RunningEmulator,
) -> None:
    pair = KeyPair.make_ec()
    jwks = {"authType": "JWKS", "clientJWKsUrl": "https://acme.example/jwks"}
    plain_tenant.create_client("a", clientAuthentication=pair.authentication)
    plain_tenant.create_client("b", clientAuthentication=jwks)

    by_key, by_url = get_api_key(name="a"), get_api_key(name="b")

    assert by_key.key_fingerprints == (
        Authentication(public_keys={"pipeline": pair.public_pem}).fingerprints
    )
    assert (by_key.jwks_url, by_key.certificate_expires_at, by_key.secrets) == (None, None, ())
    assert (by_url.jwks_url, by_url.key_fingerprints) == ("https://acme.example/jwks", None)
    assert [key.jwks_url for key in get_api_keys()] == [None, by_url.jwks_url]


def test_lookup_by_name_and_by_id_is_the_same(tenant: RunningEmulator) -> None:
    client = tenant.create_client("ci", description=MARKED)
    tenant.add_secret(client.id)

    assert get_api_key(id=client.id) == get_api_key(name="ci")


def test_lookup_reads_the_tenant_every_time(tenant: RunningEmulator) -> None:
    client = tenant.create_client("ci")
    get_api_key(id=client.id)

    tenant.change_client(client.id, name="renamed", status=False)

    assert not get_api_key(id=client.id).enabled
    assert get_api_key(name="renamed").key_id == client.id
    with pytest.raises(pulumi.RunError, match='no ZDX key named "ci"'):
        get_api_key(name="ci")


@pytest.mark.parametrize("wanted", ["CI-prod", "ci-prd", "ci-production"])
def test_lookup_matches_the_exact_name_and_suggests_similar_ones(
    tenant: RunningEmulator, wanted: str
) -> None:
    client = tenant.create_client("ci-prod")
    tenant.create_client("service desk")

    with pytest.raises(pulumi.RunError) as error:
        get_api_key(name=wanted)

    assert str(error.value) == (
        f'get_api_key: the tenant acme has no ZDX key named "{wanted}". '
        f'Similar: "ci-prod" ({client.id}). Keys created in the ZDX portal are not in ZIdentity. '
        "To see the keys in ZIdentity, run zdx-keys list."
    )


@except_where(unique_names="there are no two")
def test_lookup_of_an_ambiguous_name_shows_ids_and_owners(tenant: RunningEmulator) -> None:
    first = tenant.create_client("ci", description=MARKED)
    second = tenant.create_client("ci")

    with pytest.raises(pulumi.RunError) as error:
        get_api_key(name="ci")

    assert str(error.value) == (
        f'get_api_key: 2 ZDX keys are named "ci": {first.id} (keys/prod/ci), {second.id} '
        f"(not managed by Pulumi). Use an ID, such as {first.id}."
    )
    assert get_api_key(id=second.id).key_id == second.id


def test_lookup_ignores_a_client_of_another_product(
    plain_tenant: RunningEmulator,
) -> None:
    plain_tenant.create_client("ci", service="ZIAM", role="Super Admin")
    key = plain_tenant.create_client("ci")

    assert get_api_key(name="ci").key_id == key.id


def test_lookup_refuses_a_client_without_a_zdx_role(plain_tenant: RunningEmulator) -> None:
    client = plain_tenant.create_client("ci", service="ZIAM", role="Super Admin")

    for arguments in ({"name": "ci"}, {"id": client.id}):
        with pytest.raises(pulumi.RunError, match=r"has no ZDX role .* so it is not a ZDX key"):
            get_api_key(**arguments)
    assert get_api_keys() == []


def test_lookup_names_an_id_that_does_not_exist(tenant: RunningEmulator) -> None:
    gone = tenant.create_client("ci")
    tenant.delete_client(gone.id)

    with pytest.raises(pulumi.RunError, match=f"the tenant acme has no API client {gone.id}"):
        get_api_key(id=gone.id)


def test_lookup_of_a_key_that_is_deleted_meanwhile_finds_none(tenant: RunningEmulator) -> None:
    client = tenant.create_client("ci")
    tenant.fault(path=SECRETS, hold="before")

    with ThreadPoolExecutor(1) as threads:
        lookup = threads.submit(copy_context().run, lambda: get_api_key(name="ci"))
        tenant.wait_until_held()
        tenant.delete_client(client.id)
        tenant.release()
        with pytest.raises(pulumi.RunError, match='has no ZDX key named "ci"'):
            lookup.result()


def test_lookup_fails_if_only_the_secrets_are_said_to_be_gone(tenant: RunningEmulator) -> None:
    tenant.create_client("ci")
    tenant.fault(path=SECRETS, status=404)

    with pytest.raises(pulumi.RunError, match="could not list the secrets"):
        get_api_key(name="ci")


def test_lookup_lists_keys_of_every_owner_by_name(tenant: RunningEmulator) -> None:
    for name in ("desk", "ci", "Ops"):
        tenant.create_client(name, description=MARKED if name == "ci" else "")

    keys = get_api_keys()

    assert [(key.name, key.managed_by) for key in keys] == [
        ("ci", "keys/prod/ci"),
        ("desk", ""),
        ("Ops", ""),
    ]


@pytest.mark.usefixtures("plain_tenant")
def test_lookup_lists_the_roles_of_the_portal() -> None:
    assert RoleResult(id=scope_id(READ_ONLY), name=READ_ONLY) in get_roles()


def test_lookup_shows_a_refused_request_in_one_line(tenant: RunningEmulator) -> None:
    tenant.fault(path=API_CLIENTS, status=403)

    with pytest.raises(
        pulumi.RunError, match=r"^get_api_keys: could not list API clients: the credentials"
    ):
        get_api_keys()


def test_lookup_sends_the_documented_requests(
    plain_tenant: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = [plain_tenant.create_client(f"ci-{number}") for number in range(5)]
    use(plain_tenant, monkeypatch, "never-asked-before")

    def calls() -> Counter[str]:
        seen = Counter(
            f"{request.method} {request.path.removeprefix('/ziam/admin/api/v1')}"
            for request in plain_tenant.requests()
        )
        plain_tenant.clear_requests()
        return seen

    plain_tenant.clear_requests()
    get_api_keys()
    assert calls() == {
        "POST /oauth2/v1/token": 1,
        "GET /resource-servers": 1,
        "GET /api-clients": 1,
    }
    get_api_key(name="ci-3")
    assert calls() == {
        "GET /api-clients": 1,
        f"GET /api-clients/{clients[3].id}/secrets": 1,
    }
    get_api_key(id=clients[4].id)
    assert calls() == {
        f"GET /api-clients/{clients[4].id}": 1,
        f"GET /api-clients/{clients[4].id}/secrets": 1,
    }
    get_roles()
    assert calls() == {"GET /resource-servers": 1}
