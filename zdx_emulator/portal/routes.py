"""`/` and `/portal/`: the page's screens, and what their forms send."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from zdx_emulator.access import FROM_THIS_SITE_ONLY, CurrentTenant
from zdx_emulator.errors import ApiError
from zdx_emulator.portal.changes import FormError, KeyForm, create_key, edit_key
from zdx_emulator.portal.handover import KeyFile, UnseenSecrets
from zdx_emulator.portal.keys import ZDX_ROLES, Key, key_of, secret_of
from zdx_emulator.portal.screens import Notice, Pages, render
from zdx_emulator.tenant import Tenant

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
