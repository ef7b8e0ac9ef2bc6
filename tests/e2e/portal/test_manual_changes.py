"""What a person does with keys on the page, in a real browser."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import ApiClient, RunningEmulator, scope_id

Rows = Callable[[], Any]


def _create(page: Page, name: str, role: str) -> None:
    page.goto("/")
    page.get_by_role("link", name="Create New API Key").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Select Role").select_option(role)
    page.get_by_role("button", name="Create Key").click()


def _role(client: ApiClient) -> str:
    ((scope,),) = [resource.selected_scopes for resource in client.client_resources]
    return scope.id


def test_create_shows_an_id_and_a_secret_that_work(page: Page, tenant: RunningEmulator) -> None:
    _create(page, "ci", "ZDX Service Desk Tier 1")

    expect(page.get_by_text("The key was created.")).to_be_visible()
    client = tenant.client_named("ci")
    assert page.locator("#key-id").inner_text() == client.id
    assert tenant.token_for(client.id, page.locator("#key-secret").inner_text())
    assert _role(client) == scope_id("ZDX Service Desk Tier 1")


def test_create_shows_the_secret_only_once(page: Page) -> None:
    _create(page, "ci", "ZDX Super Admin")
    secret = page.locator("#key-secret").inner_text()

    page.reload()
    reloaded = page.content()
    page.go_back()
    page.go_forward()

    assert secret not in reloaded
    assert secret not in page.content()
    expect(page.get_by_text("A secret is shown only once")).to_be_visible()


def test_create_copies_and_downloads_the_id_and_the_secret(page: Page, tmp_path: Path) -> None:
    _create(page, "ci", "ZDX Super Admin")

    shown = {
        "key_id": page.locator("#key-id").inner_text(),
        "key_secret": page.locator("#key-secret").inner_text(),
    }
    for name, value in shown.items():
        what = name.replace("_", " ").replace("id", "ID")
        page.get_by_role("button", name=f"Copy {what}").click()
        expect(page.locator("#status")).to_have_text("Copied.")
        assert page.evaluate("navigator.clipboard.readText()") == value
    with page.expect_download() as download:
        page.get_by_role("link", name="Download JSON").click()
    download.value.save_as(tmp_path / "key.json")

    assert download.value.suggested_filename == "ci.json"
    assert json.loads((tmp_path / "key.json").read_text()) == shown


def test_list_shows_the_owner_and_the_expiry_of_a_key(
    page: Page, client: ApiClient, rows: Rows
) -> None:
    page.goto("/")

    (row,) = rows()
    name, key_id, role, owner, expires, created_by, updated, actions = row.cells()
    assert (name, key_id, role) == ("ci", client.id, "ZDX Read-only Admin")
    assert owner == "zdx-keys/prod ci"
    assert expires.endswith("in 20 days")
    assert created_by == "emulator-admin"
    assert updated.endswith("UTC")
    assert actions == "View Edit Delete"


def test_search_finds_a_key_by_part_of_its_name_or_by_its_id(
    page: Page, tenant: RunningEmulator, rows: Rows
) -> None:
    wanted = tenant.create_client("pipeline")
    tenant.create_client("other")

    for search in ("PIPE", wanted.id):
        page.goto("/")
        page.get_by_role("searchbox").fill(search)
        page.keyboard.press("Enter")

        expect(page.locator("caption")).to_contain_text("1 key matching")
        assert [row.cells()[0] for row in rows()] == ["pipeline"]


def test_view_shows_the_key_without_its_secret(
    page: Page, client: ApiClient, tenant: RunningEmulator
) -> None:
    secret = tenant.add_secret(client.id)
    page.goto("/")

    page.get_by_role("link", name="View ci").click()
    page.get_by_role("button", name="Copy key ID").click()

    expect(page.get_by_role("heading", name="ci")).to_be_visible()
    expect(page.get_by_text("For the pipeline")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == client.id
    assert secret.id in page.content()
    assert secret.value not in page.content()


def test_edit_changes_only_name_and_role(
    page: Page, client: ApiClient, tenant: RunningEmulator
) -> None:
    page.goto("/")

    page.get_by_role("link", name="Edit ci").click()
    expect(page.get_by_text("manages this key")).to_contain_text("zdx-keys/prod")
    expect(page.get_by_label("Name")).to_have_value("ci")
    page.get_by_label("Name").fill("renamed")
    page.get_by_label("Select Role").select_option("ZDX Super Admin")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("The key was changed.")).to_be_visible()
    changed = tenant.client(client.id)
    assert (changed.name, _role(changed)) == ("renamed", scope_id("ZDX Super Admin"))
    assert changed.description == client.description
    assert len(tenant.secrets(client.id)) == 1


def test_delete_asks_for_confirmation(
    page: Page, client: ApiClient, tenant: RunningEmulator
) -> None:
    page.goto("/")

    page.get_by_role("link", name="Delete ci").click()
    page.get_by_role("link", name="Cancel").click()
    kept = tenant.clients()
    page.get_by_role("link", name="Delete ci").click()
    page.get_by_role("button", name="Delete Key").click()

    expect(page.get_by_text("The key was deleted.")).to_be_visible()
    assert kept == [client]
    assert tenant.clients() == []


def test_create_with_an_empty_form_says_what_is_missing(
    page: Page, tenant: RunningEmulator
) -> None:
    page.goto("/portal/keys/new")

    page.get_by_role("button", name="Create Key").click()
    page.get_by_role("link", name="Enter a name.").click()

    expect(page.get_by_role("alert")).to_contain_text("Select a role.")
    expect(page.get_by_label("Name")).to_be_focused()
    assert tenant.clients() == []


def test_create_works_with_only_the_keyboard(page: Page, tenant: RunningEmulator) -> None:
    page.goto("/portal/keys/new")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("by-keyboard")
    page.keyboard.press("Tab")
    page.keyboard.type("ZDX Super")
    for _ in ("authentication", "credential", "button"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="by-keyboard")).to_be_visible()
    assert _role(tenant.client_named("by-keyboard")) == scope_id("ZDX Super Admin")


@pytest.mark.slow
def test_refresh_detects_a_manual_change_and_up_corrects_it(
    page: Page, project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.up()
    page.goto("/")

    page.get_by_role("link", name="Edit ci").click()
    expect(page.get_by_text("manages this key")).to_contain_text("keys/test")
    page.get_by_label("Select Role").select_option("ZDX Super Admin")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The key was changed.")).to_be_visible()
    refresh = project.refresh("--diff")
    project.up()

    assert '"ZDX Read-only Admin" => "ZDX Super Admin"' in refresh.text
    assert _role(tenant.client_named("ci")) == scope_id("ZDX Read-only Admin")
