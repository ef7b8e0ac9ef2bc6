"""Every screen: for everyone, and on every device."""

from collections.abc import Callable, Iterator
from importlib import resources

import pytest
from playwright.sync_api import Page, ViewportSize
from support.key_pair import KeyPair

from zdx_emulator.testing import ApiClient, RunningEmulator, running_emulator, scope_id

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
PHONE = ViewportSize(width=360, height=740)
NARROWEST_TABLE = ViewportSize(width=1217, height=800)
MARK = "[pulumi a-project-with-a-long-name/production-eu-west/x:y:Team$the-pipeline #c0ffee]"

Screen = Callable[[Page, ApiClient], object]


def _go(path: str) -> Screen:
    return lambda page, client: page.goto(path.format(id=client.id))


def _submit(page: Page, *, name: str, role: str) -> None:
    page.goto("/portal/keys/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Select Role").select_option(role)
    page.get_by_role("button", name="Create Key").click()


def _submit_credential(page: Page, kind: str, credential: str) -> None:
    page.goto("/portal/keys/new")
    page.get_by_label("Authenticates with").select_option(kind)
    page.get_by_label("Public key, certificate or URL").fill(credential)
    page.get_by_label("Name").fill("keyless")
    page.get_by_label("Select Role").select_option(scope_id("ZDX Super Admin"))
    page.get_by_role("button", name="Create Key").click()


SCREENS: dict[str, Screen] = {
    "the list": _go("/?page=2&notice=CHANGED"),
    "an empty search": _go("/?q=nothing"),
    "a key": _go("/portal/keys/{id}"),
    "the empty form": _go("/portal/keys/new"),
    "a refused form": lambda page, _: _submit(page, name="", role=""),
    "a refused credential": lambda page, _: _submit_credential(page, "CERTIFICATE", "-" * 300),
    "a key without a secret": lambda page, _: _submit_credential(
        page, "PUBLIC_KEY", KeyPair.make_ec().public_pem
    ),
    "a made key": lambda page, _: _submit(page, name="made", role=scope_id("ZDX Super Admin")),
    "an edit": _go("/portal/keys/{id}/edit"),
    "a delete": _go("/portal/keys/{id}/delete"),
}


@pytest.fixture(scope="module")
def tenant() -> Iterator[RunningEmulator]:
    """A tenant that all screens show, as none of them changes what is on another."""
    with running_emulator() as running:
        yield running


@pytest.fixture(scope="module")
def client(tenant: RunningEmulator) -> ApiClient:
    """A key of which everything is long, on a page with others of every kind."""
    tenant.create_client("of-another-service", role="API_Role01", service="ZIA", status=False)
    client = tenant.create_client("a-" + "very-" * 20 + "long-name", description=f"Long {MARK}")
    tenant.add_secret(client.id, days=31)
    tenant.add_secret(client.id, days=300)
    tenant.move_clock(40 * 86_400)
    for number in range(50):
        tenant.create_client(f"key-{number}")
    return client


@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS)
def test_page_is_accessible_and_fits_the_window(
    screen: Screen, page: Page, client: ApiClient
) -> None:
    screen(page, client)

    page.evaluate(AXE)
    for window in (PHONE, NARROWEST_TABLE):
        page.set_viewport_size(window)
        assert page.evaluate("axe.run().then(({violations}) => violations)") == []
        assert page.evaluate("document.documentElement.scrollWidth") <= window["width"]
