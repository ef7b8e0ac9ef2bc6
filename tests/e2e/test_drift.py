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
        ({"clientResources": []}, '- role: "ZDX Read-only Admin"'),
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
