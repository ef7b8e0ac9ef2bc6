"""The page "API Key Management" at `/` and `/portal/`: what a person sees and changes by hand."""

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

from zdx_emulator.access import FROM_THIS_SITE_ONLY, CurrentTenant
from zdx_emulator.errors import ApiError
from zdx_emulator.portal_keys import (
    ZDX_ROLES,
    FormError,
    Key,
    KeyFile,
    KeyForm,
    UnseenSecrets,
    create_key,
    edit_key,
    key_of,
    secret_of,
)
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
    """What was just done."""

    CHANGED = "CHANGED"
    DELETED = "DELETED"

    @property
    def words(self) -> str:
        """Says it."""
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

    def of(self, total: int) -> "Pages":
        """Returns the same page, once it is known how many keys there are."""
        return Pages(self.number, total)

    @property
    def offset(self) -> int:
        """Returns how many keys come before this page."""
        return (self.number - 1) * self.size

    @property
    def count(self) -> int:
        """Returns how many pages there are; an empty list is one page."""
        return max(1, -(-self.total // self.size))


def _utc_text(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _show_controls(value: Any) -> Any:
    """Make visible what a text has no glyph for: terminal escapes, bidirectional controls."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in _UNSEEN else char
        for char in value
    )


def _keep(value: str) -> Markup:
    """Escape a text and leave it as it is otherwise, for a form that sends it back."""
    return escape(value)


_screens = Environment(
    finalize=_show_controls,
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_screens.filters["utc"] = _utc_text
_screens.filters["as_is"] = _keep


def render(template: str, *, status: HTTPStatus = HTTPStatus.OK, **shown: Any) -> HTMLResponse:
    """Renders a screen.

    Args:
        template: Its file among the templates.
        status: The answer's HTTP status.
        **shown: What the template shows.
    """
    text = _screens.get_template(template).render(**shown)
    return HTMLResponse(text, status, _HEADERS)


router = APIRouter(
    dependencies=[FROM_THIS_SITE_ONLY], include_in_schema=False, default_response_class=HTMLResponse
)


class KeyGoneError(Exception):
    """The page was asked for a key that is not there."""


async def key_gone(_: Request, __: Exception) -> Response:
    """Renders that a key is not there."""
    return render("gone.html", status=HTTPStatus.NOT_FOUND)


def _key(tenant: Tenant, key_id: str) -> Key:
    found = tenant.store.stored_client(key_id)
    if found is None:
        raise KeyGoneError
    return key_of(found, now=tenant.clock.now())


async def _form(name: Annotated[str, Form()] = "", role: Annotated[str, Form()] = "") -> KeyForm:
    return KeyForm(name.strip(), role)


async def _unseen_secrets(request: Request) -> UnseenSecrets:
    unseen: UnseenSecrets = request.app.state.unseen_secrets
    return unseen


SentForm = Annotated[KeyForm, Depends(_form)]
CurrentUnseen = Annotated[UnseenSecrets, Depends(_unseen_secrets)]


@router.get("/")
async def list_keys(
    tenant: CurrentTenant,
    q: Annotated[str, Query()] = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    notice: Annotated[Notice | None, Query()] = None,
) -> Response:
    """Lists the keys, newest first, a page at a time."""
    pages = Pages(number=page)
    overview = tenant.store.overview(q.strip(), offset=pages.offset, limit=pages.size)
    now = tenant.clock.now()
    return render(
        "keys.html",
        keys=[key_of(each, now=now) for each in overview.clients],
        pages=pages.of(overview.total),
        search=q.strip(),
        notice=notice,
    )


@router.get("/portal/keys/new")
async def ask_for_new_key() -> Response:
    """Shows the empty form."""
    return _new_screen(KeyForm())


@router.post("/portal/keys")
async def make_key(tenant: CurrentTenant, form: SentForm, unseen: CurrentUnseen) -> Response:
    """Makes a key; the next screen shows its secret."""
    if form.errors:
        return _new_screen(form, form.errors)
    try:
        made = create_key(tenant, form)
    except ApiError as error:
        return _new_screen(form, [FormError(None, str(error))])
    unseen.keep(made.client.id, made.secret)
    return _go_to(f"/portal/keys/{made.client.id}/created")


@router.get("/portal/keys/{key_id}/created")
async def show_new_key(key_id: str, tenant: CurrentTenant, unseen: CurrentUnseen) -> Response:
    """Shows a new key with its secret, and forgets the secret."""
    key = _key(tenant, key_id)
    secret = unseen.take(key.id)
    if secret is None:
        return _go_to(f"/portal/keys/{key.id}")
    return render(
        "created.html",
        key=key,
        secret=secret.value,
        file=KeyFile(key_id=key.id, key_secret=secret.value),
    )


@router.get("/portal/keys/{key_id}")
async def view_key(key_id: str, tenant: CurrentTenant) -> Response:
    """Shows a key and its secrets, without their values."""
    key = _key(tenant, key_id)
    now = tenant.clock.now()
    secrets = [secret_of(each, now=now) for each in tenant.store.secrets(key.id)]
    return render("key.html", key=key, secrets=secrets)


@router.get("/portal/keys/{key_id}/edit")
async def ask_for_changes(key_id: str, tenant: CurrentTenant) -> Response:
    """Shows the form, filled in."""
    key = _key(tenant, key_id)
    return _edit_screen(key, KeyForm(key.name, key.role_id or ""))


@router.post("/portal/keys/{key_id}/edit")
async def change_key(key_id: str, tenant: CurrentTenant, form: SentForm) -> Response:
    """Changes a key's name and role."""
    key = _key(tenant, key_id)
    if form.errors:
        return _edit_screen(key, form, form.errors)
    try:
        edit_key(tenant, key_id, form)
    except ApiError as error:
        return _edit_screen(key, form, [FormError(None, str(error))])
    return _go_to(f"/?notice={Notice.CHANGED.name}")


@router.get("/portal/keys/{key_id}/delete")
async def ask_whether_to_delete(key_id: str, tenant: CurrentTenant) -> Response:
    """Asks before anything is lost."""
    return render("delete.html", key=_key(tenant, key_id))


@router.post("/portal/keys/{key_id}/delete")
async def delete_key(key_id: str, tenant: CurrentTenant) -> Response:
    """Deletes a key, its secrets and its tokens."""
    if not tenant.store.remove_client(key_id):
        raise KeyGoneError
    return _go_to(f"/?notice={Notice.DELETED.name}")


def _go_to(path: str) -> Response:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def _new_screen(form: KeyForm, errors: Sequence[FormError] = ()) -> Response:
    return render("new.html", form=form, roles=ZDX_ROLES, errors=errors)


def _edit_screen(key: Key, form: KeyForm, errors: Sequence[FormError] = ()) -> Response:
    return render("edit.html", key=key, form=form, roles=ZDX_ROLES, errors=errors)
