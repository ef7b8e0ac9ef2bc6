"""Makes the pictures of the page in docs/img.

Usage: screenshots.py [FOLDER]
"""

import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize

from tools.browser.chromium import running_chromium
from zdx_emulator.testing import RunningEmulator, running_emulator, scope_id

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "img"
DESKTOP: ViewportSize = {"width": 1280, "height": 400}
PHONE: ViewportSize = {"width": 390, "height": 844}
DAY = 86_400
HOUR = 3600


def main() -> int:
    """Write the pictures and return the exit status."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with running_emulator(seed=7) as tenant, running_chromium() as browser:
        _populate(tenant)
        key_id = tenant.client_named("ci").id
        _shoot(browser, tenant, folder / "keys.png", _visit("/"))
        _shoot(browser, tenant, folder / "edit.png", _visit(f"/portal/keys/{key_id}/edit"))
        _shoot(browser, tenant, folder / "phone.png", _visit("/"), PHONE)
        _shoot(browser, tenant, folder / "created.png", _create)
    return 0


def _populate(tenant: RunningEmulator) -> None:
    for name, role, mark, days in (
        ("old-dashboard", "ZDX_Admin_Role", "", 40),
        ("workshop", "ZDX Read-only Admin", "", 60),
        ("service-desk", "ZDX Service Desk Tier 1", "zdx-keys/prod/service-desk", 200),
        ("ci", "ZDX Read-only Admin", "zdx-keys/prod/ci", 365),
    ):
        description = f"[pulumi {mark} #c0ffee]" if mark else ""
        client = tenant.create_client(name, role=role, description=description)
        tenant.add_secret(client.id, days=days)
        if mark:
            tenant.add_secret(client.id, days=35)
    tenant.move_clock(41 * DAY - HOUR)


def _visit(path: str) -> Callable[[Page], object]:
    return lambda page: page.goto(path)


def _create(page: Page) -> None:
    page.goto("/portal/keys/new")
    page.get_by_label("Name").fill("nightly-report")
    page.get_by_label("Select Role").select_option(scope_id("ZDX Read-only Admin"))
    page.get_by_role("button", name="Create Key").click()


def _shoot(
    browser: Browser,
    tenant: RunningEmulator,
    file: Path,
    go: Callable[[Page], object],
    viewport: ViewportSize = DESKTOP,
) -> None:
    page = browser.new_page(base_url=tenant.url, viewport=viewport)
    go(page)
    page.screenshot(path=file, full_page=True)
    page.close()


if __name__ == "__main__":
    sys.exit(main())
