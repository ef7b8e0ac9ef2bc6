"""The page in a real browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request

from tools.browser.chromium import running_chromium
from zdx_emulator.testing import ApiClient, RunningEmulator

MARK = "[pulumi zdx-keys/prod/ci #c0ffee]"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one browser that the tests of a worker share."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser, tenant: RunningEmulator) -> Iterator[BrowserContext]:
    """A visitor of the tenant, with a clipboard."""
    context = browser.new_context(base_url=tenant.url, viewport={"width": 1280, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, tenant: RunningEmulator) -> Iterator[Page]:
    """A tab. Whatever a test does in it: no errors, and nothing is fetched from elsewhere."""
    troubles: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            troubles.append(message.text)

    def see(request: Request) -> None:
        if not request.url.startswith((tenant.url, "data:")):
            troubles.append(request.url)

    page = context.new_page()
    page.on("console", hear)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", see)
    yield page
    assert troubles == []


@pytest.fixture
def client(tenant: RunningEmulator) -> ApiClient:
    """A key that a stack owns, with a secret that ends in twenty days."""
    client = tenant.create_client("ci", description=f"For the pipeline {MARK}")
    tenant.add_secret(client.id, days=31)
    tenant.move_clock(11 * 86_400 - 3600)
    return client


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    line: Locator

    def cells(self) -> list[str]:
        """Return the texts, as a reader sees them."""
        return [" ".join(text.split()) for text in self.line.locator("th, td").all_inner_texts()]


@pytest.fixture
def rows(page: Page) -> Any:
    """The lines of the list that is shown."""

    def rows() -> list[Row]:
        return [Row(line) for line in page.locator("table.keys tbody tr").all()]

    return rows
