"""What is changed manually: what a refresh shows of it, and what the next `up` does about it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.pulumi_project import PulumiProject
from support.soundness import assert_sound

from zdx_emulator.app import DATABASE
from zdx_emulator.testing import ZSCALER_APIS, RunningEmulator, scope_id

ROLE = scope_id("ZDX Read-only Admin")
OTHER_ROLE = scope_id("ZDX Service Desk Tier 1")
ZIA_ROLE = scope_id("API_Role01", "ZIA")


def holding(*scopes: str) -> dict[str, Any]:
    """The member of a client that says what it may do."""
    selected = [{"id": scope} for scope in scopes]
    return {"clientResources": [{"id": ZSCALER_APIS.id, "selectedScopes": selected}]}


def scopes_of(tenant: RunningEmulator, key_id: str) -> set[str]:
    resources = tenant.client(key_id).client_resources
    return {scope.id for resource in resources for scope in resource.selected_scopes}


def squeezed(text: str) -> str:
    """The text without the spaces that align its columns."""
    return " ".join(text.split())


@pytest.fixture
def key_id(project: PulumiProject, tenant: RunningEmulator) -> str:
    """The id of the project's key, which an `up` has made."""
    project.up()
    return assert_sound(project, tenant)


@pytest.mark.parametrize(
    ("members", "shown"),
    [
        ({"name": "by-hand"}, '~ name: "ci" => "by-hand"'),
        ({"description": "manually"}, '+ description: "manually"'),
        ({"status": False}, "~ enabled: true => false"),
        ({"accessTokenLifeTime": 60}, "~ token_lifetime_seconds: 3600 => 60"),
        (holding(OTHER_ROLE), '~ role: "ZDX Read-only Admin" => "ZDX Service Desk Tier 1"'),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_refresh_shows_a_changed_field_and_up_writes_it_back(
    project: PulumiProject,
    tenant: RunningEmulator,
    key_id: str,
    members: dict[str, Any],
    shown: str,
) -> None:
    before = tenant.client(key_id)
    tenant.change_client(key_id, **members)

    refresh = project.refresh("--diff")
    project.up()

    assert shown in squeezed(refresh.text)
    after = tenant.client(key_id)
    mark_kept = "description" not in members
    assert after == before if mark_kept else after.description.startswith("[pulumi keys/test/ci #")
    assert assert_sound(project, tenant) == key_id
    project.assert_no_changes()


def test_without_a_refresh_the_next_change_corrects_the_drift_too(
    project: PulumiProject, tenant: RunningEmulator, key_id: str
) -> None:
    tenant.change_client(key_id, status=False, **holding(OTHER_ROLE))
    project.program('ApiKey("ci", name="ci-2", role="ZDX Read-only Admin")')

    project.up()

    assert scopes_of(tenant, key_id) == {ROLE}
    assert assert_sound(project, tenant, "ci-2") == key_id


def test_a_key_without_any_role_is_shown_as_such_and_gets_its_role_again(
    project: PulumiProject, tenant: RunningEmulator, key_id: str
) -> None:
    tenant.change_client(key_id, clientResources=[])

    refresh = project.refresh("--diff")
    project.up()

    assert '- role: "ZDX Read-only Admin"' in squeezed(refresh.text)
    assert scopes_of(tenant, key_id) == {ROLE}
    assert assert_sound(project, tenant) == key_id


def test_a_name_that_no_program_could_declare_is_restored(
    project: PulumiProject, tenant: RunningEmulator, key_id: str
) -> None:
    tenant.change_client(key_id, name=" ci")

    project.refresh()
    project.up()

    assert assert_sound(project, tenant) == key_id


def test_a_second_role_is_shown_beside_the_declared_one_and_removed_again(
    project: PulumiProject, tenant: RunningEmulator, key_id: str, tmp_path: Path
) -> None:
    granted_past_the_rules(tmp_path / "tenant", key_id, OTHER_ROLE)

    refresh = project.refresh("--diff")
    project.up()

    assert '=> "ZDX Service Desk Tier 1, ZDX Read-only Admin"' in squeezed(refresh.text)
    assert scopes_of(tenant, key_id) == {ROLE}
    assert assert_sound(project, tenant) == key_id
    project.assert_no_changes()


def granted_past_the_rules(tenant_folder: Path, key_id: str, scope: str) -> None:
    """Give a key a second ZDX scope, in the tenant's own file: its API grants one a service."""
    with closing(sqlite3.connect(tenant_folder / DATABASE)) as database, database:
        database.execute(
            "UPDATE api_clients SET document = json_insert("
            "document, '$.clientResources[0].selectedScopes[#]', json_object('id', ?, 'name', ?))"
            " WHERE id = ?",
            (scope, "Role:ZDX Service Desk Tier 1", key_id),
        )


def test_scopes_of_other_services_and_unknown_fields_survive_refresh_and_update(
    project: PulumiProject, tenant: RunningEmulator, key_id: str
) -> None:
    unknown = {
        "costCenter": {"number": 4711},
        "clientAuthentication": {"authType": "SECRET", "rotationPolicy": "manually"},
    }
    tenant.change_client(key_id, **unknown, **holding(ZIA_ROLE, ROLE))
    project.refresh("--expect-no-changes")
    project.program('ApiKey("ci", name="ci-2", role="ZDX Service Desk Tier 1", enabled=True)')

    project.up()

    assert scopes_of(tenant, key_id) == {OTHER_ROLE, ZIA_ROLE}
    document = tenant.client(key_id).model_dump(by_alias=True, exclude_none=True)
    assert {member: document[member] for member in unknown} == unknown
    assert assert_sound(project, tenant, "ci-2") == key_id


def test_a_secret_deleted_manually_is_shown_as_missing_and_created_again(
    project: PulumiProject, tenant: RunningEmulator, key_id: str
) -> None:
    (secret,) = tenant.secrets(key_id)
    tenant.delete_secret(key_id, secret.id)

    refresh = project.refresh("--diff")
    project.up()

    assert '=> "missing"' in refresh.text
    assert "~ secret_expires_on:" in squeezed(refresh.text)
    assert assert_sound(project, tenant) == key_id
    assert len(tenant.secrets(key_id)) == 1
    project.assert_no_changes()


def test_a_second_secret_created_manually_changes_nothing(
    project: PulumiProject, tenant: RunningEmulator, key_id: str
) -> None:
    tenant.add_secret(key_id)
    both = tenant.secrets(key_id)

    project.refresh("--expect-no-changes")
    project.up("--expect-no-changes")

    assert tenant.secrets(key_id) == both
    assert assert_sound(project, tenant) == key_id


def test_a_secret_deleted_manually_is_created_again_beside_one_created_manually(
    project: PulumiProject, tenant: RunningEmulator, key_id: str
) -> None:
    (secret,) = tenant.secrets(key_id)
    manually = tenant.add_secret(key_id)
    tenant.delete_secret(key_id, secret.id)

    project.up("--refresh")

    assert assert_sound(project, tenant) == key_id
    assert tenant.token_for(key_id, manually.value)


def test_a_marker_wiped_manually_is_written_again_and_the_key_is_still_the_states_to_remove(
    project: PulumiProject, tenant: RunningEmulator, key_id: str
) -> None:
    marked = tenant.client(key_id).description
    tenant.change_client(key_id, description="")

    project.up("--refresh")

    assert tenant.client(key_id).description == marked
    project.destroy()
    assert tenant.clients() == []


def test_a_changed_permission_writes_nothing(
    project: PulumiProject, tenant: RunningEmulator, key_id: str
) -> None:
    before = tenant.client(key_id)
    tenant.clear_requests()
    project.program('ApiKey("ci", name="ci", role="ZDX Read-only Admin", adopt=True)')

    project.up()

    assert tenant.requests() == []
    assert tenant.client(key_id) == before
    assert assert_sound(project, tenant) == key_id
