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
    return " ".join(text.split()).replace(" :", ":")


@pytest.fixture
def key_id(created: PulumiProject, tenant: RunningEmulator) -> str:
    """The id of the project's key, which an `up` has made."""
    return assert_sound(created, tenant)


def test_refresh_shows_manual_changes_and_up_corrects_them(
    project: PulumiProject, tenant: RunningEmulator, key_id: str
) -> None:
    before = tenant.client(key_id)
    (secret,) = tenant.secrets(key_id)
    tenant.change_client(
        key_id,
        name="by-hand",
        description="manually",
        status=False,
        accessTokenLifeTime=60,
        **holding(OTHER_ROLE),
    )
    tenant.delete_secret(key_id, secret.id)

    refresh = project.refresh("--diff")
    project.up()

    for line in (
        '~ name: "ci" => "by-hand"',
        '+ description: "manually"',
        "~ enabled: true => false",
        "~ token_lifetime_seconds: 3600 => 60",
        '~ role: "ZDX Read-only Admin" => "ZDX Service Desk Tier 1"',
        "~ secret_expires_on:",
        '=> "missing"',
    ):
        assert line in squeezed(refresh.text)
    assert tenant.client(key_id) == before
    assert assert_sound(project, tenant) == key_id
    assert len(tenant.secrets(key_id)) == 1


@pytest.mark.slow
def test_refresh_shows_a_second_role_and_up_removes_it(
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
