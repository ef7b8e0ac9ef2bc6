"""The page "API Key Management" at `/` and `/portal/`: its routes and their rendering."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from zdx_emulator.access import SAME_SITE_ONLY, CurrentTenant
from zdx_emulator.errors import ApiError
from zdx_emulator.portal_keys import (
    ZDX_ROLES,
    FormError,
    Key,
    KeyFile,
    KeyForm,
    Kind,
    NewSecrets,
    build_key,
    build_secret,
    create_key,
    edit_key,
)
from zdx_emulator.rules import delete_client
from zdx_emulator.tenant import Tenant

STATIC = Path(__file__).parent / "static"

_PAGE_SIZE = 50
# Controls, formats (bidirectional, zero width), surrogates, separators of lines and paragraphs.
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_HEADERS = {
    # A secret that was shown must not come back with the browser's back button.
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Notice(str, Enum):
    """The result of a form."""

    CHANGED = "CHANGED"
    DELETED = "DELETED"

    @property
    def text(self) -> str:
        """The notice in words."""
        return f"The key was {self.value.lower()}."


@dataclass(frozen=True)
class Pages:
    """A long list, cut into pages.

    Attributes:
        number: The page that is shown, from 1.
        total: How many keys there are on all pages.
    """

    number: int
    total: int = 0
    size: int = _PAGE_SIZE

    def with_total(self, total: int) -> "Pages":
        """Return the same page with the number of all keys."""
        return Pages(self.number, total)

    @property
    def offset(self) -> int:
        """How many keys come before this page."""
        return (self.number - 1) * self.size

    @property
    def count(self) -> int:
        """How many pages there are; an empty list is one page."""
        return max(1, -(-self.total // self.size))


def _format_utc(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _show_controls(value: Any) -> Any:
    """Make control characters visible: terminal escapes, bidirectional controls."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in _UNSEEN else char
        for char in value
    )


_environment = Environment(
    finalize=_show_controls,
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["utc"] = _format_utc
_environment.filters["as_is"] = escape  # for a form that sends a text back


def render(template: str, *, status: HTTPStatus = HTTPStatus.OK, **shown: Any) -> HTMLResponse:
    """Render a screen.

    Args:
        template: Its file among the templates.
        status: The response's HTTP status.
        **shown: The variables of the template.
    """
    text = _environment.get_template(template).render(**shown)
    return HTMLResponse(text, status, _HEADERS)


router = APIRouter(
    dependencies=[SAME_SITE_ONLY], include_in_schema=False, default_response_class=HTMLResponse
)


class KeyNotFoundError(Exception):
    """The key doesn't exist."""


async def render_key_not_found(_: Request, __: Exception) -> Response:
    """Render the page of a key that doesn't exist."""
    return render("gone.html", status=HTTPStatus.NOT_FOUND)


def _get_key(tenant: Tenant, key_id: str) -> Key:
    client = tenant.store.find_portal_client(key_id)
    if client is None:
        raise KeyNotFoundError
    return build_key(client, now=tenant.clock.now())


async def _parse_form(
    name: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = Kind.SECRET.name,
    credential: Annotated[str, Form()] = "",
) -> KeyForm:
    return KeyForm(name.strip(), role, kind, credential.strip())


async def _get_new_secrets(request: Request) -> NewSecrets:
    new_secrets: NewSecrets = request.app.state.new_secrets
    return new_secrets


SentForm = Annotated[KeyForm, Depends(_parse_form)]
CurrentNewSecrets = Annotated[NewSecrets, Depends(_get_new_secrets)]


@router.get("/")
async def list_keys(
    tenant: CurrentTenant,
    q: Annotated[str, Query()] = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    notice: Annotated[Notice | None, Query()] = None,
) -> Response:
    """List the keys, newest first, a page at a time."""
    pages = Pages(number=page)
    overview = tenant.store.list_portal_clients(q.strip(), offset=pages.offset, limit=pages.size)
    now = tenant.clock.now()
    return render(
        "keys.html",
        keys=[build_key(each, now=now) for each in overview.clients],
        pages=pages.with_total(overview.total),
        search=q.strip(),
        notice=notice,
    )


@router.get("/portal/keys/new")
async def show_new_form() -> Response:
    """Show the empty form."""
    return _render_new_form(KeyForm())


@router.post("/portal/keys")
async def submit_new_key(
    tenant: CurrentTenant, form: SentForm, new_secrets: CurrentNewSecrets
) -> Response:
    """Create a key; the next screen shows its secret, or the key if it has none."""
    if form.errors:
        return _render_new_form(form, form.errors)
    try:
        created = create_key(tenant, form)
    except ApiError as error:
        return _render_new_form(form, [FormError(None, str(error))])
    if created.secret is None:
        return _redirect(f"/portal/keys/{created.client.id}")
    new_secrets.keep(created.client.id, created.secret)
    return _redirect(f"/portal/keys/{created.client.id}/created")


@router.get("/portal/keys/{key_id}/created")
async def show_new_key(
    key_id: str, tenant: CurrentTenant, new_secrets: CurrentNewSecrets
) -> Response:
    """Show a new key with its secret, once."""
    key = _get_key(tenant, key_id)
    secret = new_secrets.take(key.id)
    if secret is None:
        return _redirect(f"/portal/keys/{key.id}")
    return render(
        "created.html",
        key=key,
        secret=secret.value,
        file=KeyFile(key_id=key.id, key_secret=secret.value),
    )


@router.get("/portal/keys/{key_id}")
async def view_key(key_id: str, tenant: CurrentTenant) -> Response:
    """Show a key and its secrets, without their values."""
    key = _get_key(tenant, key_id)
    now = tenant.clock.now()
    secrets = [build_secret(each, now=now) for each in tenant.store.list_secrets(key.id)]
    return render("key.html", key=key, secrets=secrets)


@router.get("/portal/keys/{key_id}/edit")
async def show_edit_form(key_id: str, tenant: CurrentTenant) -> Response:
    """Show the form, filled in."""
    key = _get_key(tenant, key_id)
    return _render_edit_form(key, KeyForm(key.name, key.role_id or ""))


@router.post("/portal/keys/{key_id}/edit")
async def submit_edit(key_id: str, tenant: CurrentTenant, form: SentForm) -> Response:
    """Change a key's name and role."""
    key = _get_key(tenant, key_id)
    if form.errors:
        return _render_edit_form(key, form, form.errors)
    try:
        edit_key(tenant, key_id, form)
    except ApiError as error:
        return _render_edit_form(key, form, [FormError(None, str(error))])
    return _redirect(f"/?notice={Notice.CHANGED.name}")


@router.get("/portal/keys/{key_id}/delete")
async def show_delete_form(key_id: str, tenant: CurrentTenant) -> Response:
    """Ask for confirmation."""
    return render(
        "delete.html",
        key=_get_key(tenant, key_id),
        tokens_outlive_key=tenant.switches.tokens_outlive_client,
    )


@router.post("/portal/keys/{key_id}/delete")
async def delete_key(key_id: str, tenant: CurrentTenant) -> Response:
    """Delete a key, its secrets and its tokens."""
    if not delete_client(tenant, key_id):
        raise KeyNotFoundError
    return _redirect(f"/?notice={Notice.DELETED.name}")


def _redirect(path: str) -> Response:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def _render_new_form(form: KeyForm, errors: Sequence[FormError] = ()) -> Response:
    return render("new.html", form=form, roles=ZDX_ROLES, kinds=Kind, errors=errors)


def _render_edit_form(key: Key, form: KeyForm, errors: Sequence[FormError] = ()) -> Response:
    return render("edit.html", key=key, form=form, roles=ZDX_ROLES, errors=errors)
