"""One key through the real CLI, from its first `up` to `destroy`."""

import pytest
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import RunningEmulator, scope_id

WITH_ROLE = """
key = ApiKey("ci", name={name!r}, role={role!r})
pulumi.export("key_id", key.key_id)
pulumi.export("key_secret", key.key_secret)
"""


def test_preview_creates_nothing_and_up_creates_a_key_that_works_until_destroy(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    preview = project.preview()
    before = tenant.clients()
    project.up()

    client = tenant.client_named("ci")
    outputs = project.outputs()
    assert "zdx:ApiKey" in preview.text
    assert before == []
    assert outputs["key_id"] == client.id
    assert [scope.id for r in client.client_resources for scope in r.selected_scopes] == [
        scope_id("ZDX Read-only Admin")
    ]
    assert tenant.token_for(outputs["key_id"], outputs["key_secret"])
    project.destroy()
    assert tenant.clients() == []


def test_up_without_changes_sends_nothing_and_needs_no_credentials(
    created: PulumiProject, tenant: RunningEmulator
) -> None:
    tenant.clear_requests()
    created.configure({"zdx:clientId": None, "zdx:clientSecret": None})

    created.up("--expect-no-changes")

    assert tenant.requests() == []


def test_up_changes_name_and_role_in_place(created: PulumiProject, tenant: RunningEmulator) -> None:
    before = created.outputs()
    created.program(WITH_ROLE.format(name="ci-2", role="ZDX Service Desk Tier 1"))

    shown = created.up("--diff")

    assert '~ name: "ci" => "ci-2"' in shown.text.replace("  ", " ")
    assert created.outputs() == before
    client = tenant.client_named("ci-2")
    assert client.id == before["key_id"]
    assert client.client_resources[0].selected_scopes[0].id == scope_id("ZDX Service Desk Tier 1")
    created.assert_no_changes()


@pytest.mark.slow
def test_up_creates_a_manually_deleted_key_again_after_a_refresh(
    created: PulumiProject, tenant: RunningEmulator
) -> None:
    gone = tenant.client_named("ci").id
    tenant.delete_client(gone)

    created.refresh()
    created.up()

    outputs = created.outputs()
    assert outputs["key_id"] == tenant.client_named("ci").id != gone
    assert tenant.token_for(outputs["key_id"], outputs["key_secret"])
