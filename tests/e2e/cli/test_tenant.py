"""What `zdx-keys` does with a tenant's keys."""

import os

from support.completion import complete
from support.zdx_keys import ZdxKeys

from zdx_emulator.testing import RunningEmulator, scope_id

READ_ONLY = "ZDX Read-only Admin"


def test_roles_lists_names_and_role_ids(zdx_keys: ZdxKeys) -> None:
    listed = zdx_keys.json("roles")

    assert {"name": READ_ONLY, "role_id": scope_id(READ_ONLY)} in listed
    assert READ_ONLY in zdx_keys("roles").stdout


def test_list_shows_role_owner_and_expiry_of_each_secret(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    declared = tenant.create_client("ci", description="For CI [pulumi keys/prod/ci #0a1b]")
    secret = tenant.add_secret(declared.id, days=90)
    tenant.create_client("by-hand", role="ZDX Super Admin", status=False)
    tenant.create_client("no-zdx-key", role="Super Admin", service="ZIAM")
    tenant.move_clock(86_400)

    manually, ci = zdx_keys.json("list")

    assert (manually["name"], manually["managed_by"], manually["enabled"]) == ("by-hand", "", False)
    assert manually["secrets"] == []
    assert (ci["key_id"], ci["role"], ci["managed_by"]) == (declared.id, READ_ONLY, "keys/prod/ci")
    assert ci["secrets"][0]["id"] == secret.id
    assert ci["secrets"][0]["days_left"] == 89
    shown = zdx_keys("list")
    assert declared.id in shown.stdout
    assert secret.value not in "".join(zdx_keys.transcript)


def test_list_exits_with_5_if_asked_whether_there_is_such_a_key(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    assert "No keys in the tenant acme." in zdx_keys("list", "--exit-code").stdout
    assert zdx_keys.json("list") == []
    client = tenant.create_client("ci")
    tenant.add_secret(client.id, days=90)

    none = zdx_keys("list", "--expiring", "80", "--exit-code")
    found = zdx_keys("list", "--expiring", "100", "--unmanaged", "--exit-code", exits=5)
    unknown = zdx_keys("list", "--role", "ZDX Read-only Admn", "--exit-code", exits=1)

    assert "No keys in the tenant acme match the options." in none.stdout
    assert client.id in found.stdout
    assert READ_ONLY in unknown.stderr


def test_show_shows_a_key_that_no_stack_manages(zdx_keys: ZdxKeys, tenant: RunningEmulator) -> None:
    client = tenant.create_client("ci", description="For CI")
    secret = tenant.add_secret(client.id, days=90)

    shown = zdx_keys("show", "ci").stdout
    document = zdx_keys.json("show", client.id)

    assert all(text in shown for text in (client.id, "For CI", secret.id, "no stack manages"))
    assert document["next_up"] == ["Nothing: no stack manages the key."]
    assert document["secrets"][0]["use"] is None


def test_complete_offers_the_keys_of_the_tenant_and_their_secrets(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    def completed(line: str) -> list[str]:
        return complete(line, zdx_keys.folder, {**os.environ, **zdx_keys.environment})

    client = tenant.create_client("ci")
    secrets = {tenant.add_secret(client.id).id for _ in range(2)}
    hostile = tenant.create_client("c$(id)")
    twins = {tenant.create_client("cd").id for _ in range(2)}

    assert completed("zdx-keys revoke c") == ["ci"]
    assert set(completed("zdx-keys import-file ")) == {"ci", client.id, hostile.id, *twins}
    assert set(completed("zdx-keys revoke ci ")) == secrets


def test_list_replaces_characters_outside_the_locale_except_in_json(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    tenant.create_client("ключ")
    zdx_keys.environment["PYTHONIOENCODING"] = "ascii"

    (listed,) = zdx_keys.json("list")

    assert listed["name"] == "ключ"
    assert "????" in zdx_keys("list").stdout


def test_list_shows_a_client_with_a_private_key_without_secrets(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    by_key_pair = {"authType": "JWKS", "clientJWKsUrl": "https://acme.example/jwks"}
    tenant.create_client("ci", clientAuthentication=by_key_pair)

    (listed,) = zdx_keys.json("list")

    assert (listed["name"], listed["secrets"]) == ("ci", [])
    assert (listed["authentication"], listed["jwks_url"]) == (
        "JWKS URL",
        "https://acme.example/jwks",
    )


def test_list_uses_color_only_in_terminals_and_respects_no_color(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    tenant.create_client("without-a-secret")
    red = "\x1b[31m"

    piped = zdx_keys("list").stdout
    zdx_keys.environment |= {"FORCE_COLOR": "1", "TERM": "xterm"}
    on_a_terminal = zdx_keys("list").stdout
    zdx_keys.environment |= {"NO_COLOR": "1"}
    without_colour = zdx_keys("list").stdout

    assert [red in text for text in (piped, on_a_terminal, without_colour)] == [False, True, False]


def test_revoke_revokes_one_secret_by_the_name_of_its_key(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    client = tenant.create_client("ci", description="[pulumi keys/prod/ci #0a1b]")
    leaked, other = tenant.add_secret(client.id), tenant.add_secret(client.id)

    done = zdx_keys("revoke", "ci", leaked.id, "--yes")

    assert [secret.id for secret in tenant.secrets(client.id)] == [other.id]
    assert "If keys/prod/ci uses it, run pulumi up --refresh in that stack" in done.stdout


def test_revoke_by_id_prints_json(zdx_keys: ZdxKeys, tenant: RunningEmulator) -> None:
    client = tenant.create_client("ci")
    secret = tenant.add_secret(client.id)

    revoked = zdx_keys.json("revoke", client.id, secret.id, "--yes")

    assert revoked == {"key_id": client.id, "secret_id": secret.id}
    assert tenant.secrets(client.id) == []


def test_revoke_without_confirmation_revokes_nothing(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    client = tenant.create_client("ci")
    secret = tenant.add_secret(client.id)

    zdx_keys("revoke", "ci", secret.id, exits=2)

    assert len(tenant.secrets(client.id)) == 1


def test_revoke_refuses_other_clients_and_ambiguous_names(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    admin = tenant.create_client("admin", role="Super Admin", service="ZIAM")
    its_secret = tenant.add_secret(admin.id)
    twins = [tenant.create_client("twin") for _ in range(2)]
    present = tenant.add_secret(twins[0].id)

    assert "not a ZDX key" in zdx_keys("revoke", "admin", its_secret.id, "--yes", exits=1).stderr
    ambiguous = zdx_keys("revoke", "twin", "x", "--yes", exits=1).stderr
    unknown = zdx_keys("revoke", twins[0].id, "x", "--yes", exits=1).stderr
    missing = zdx_keys("revoke", "no one", "x", "--yes", exits=1).stderr

    assert all(twin.id in ambiguous for twin in twins)
    assert f"Its secrets: {present.id}." in unknown
    assert 'no ZDX key named "no one"' in missing
    assert len(tenant.secrets(admin.id)) == 1


def test_list_exits_with_code_3_if_a_setting_is_missing(zdx_keys: ZdxKeys) -> None:
    del zdx_keys.environment["ZSCALER_CLIENT_SECRET"]

    failed = zdx_keys("list", "--json", exits=3)

    assert failed.stdout == ""
    assert failed.stderr.startswith("error: the setting zdx:clientSecret is missing.")
    assert failed.stderr.count("\n") == 1
