"""``zdx-keys show``: everything that is known of one key."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from rich.text import Text

from zdx_provider.cli.list_keys import ListedKey, build_credentials_table, to_json
from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import create_console, format_cell, print_json
from zdx_provider.cli.stack import open_repository
from zdx_provider.cli.state_keys import StateKey, read_state_keys
from zdx_provider.cli.table import print_lines, print_table
from zdx_provider.keys.inputs import ATTRIBUTES
from zdx_provider.keys.key import Key
from zdx_provider.keys.repository import KeyRepository
from zdx_provider.keys.roles import format_scopes
from zdx_provider.keys.rotation import MISSING
from zdx_provider.keys.state import KeyState
from zdx_provider.zidentity import Tenant

_GONE = "its secret no longer exists in the tenant"


def run(selection: Selection, wanted: str, *, as_json: bool) -> None:
    """Show one key."""
    repository = open_repository(selection)
    listed = find_key(selection, repository, wanted)
    now = repository.zidentity.now()
    if as_json:
        print_json(to_document(listed, repository.tenant, now))
        return
    console = create_console()
    print_lines(console, list(format_attributes(listed, repository.tenant)))
    console.print()
    if not (listed.authentication and listed.authentication.jwks_url):
        print_table(build_credentials_table(listed, now))
        console.print()
    print_lines(console, [Text("The next pulumi up, if the program is unchanged", "bold")])
    print_lines(console, [format_cell(line) for line in describe_next_up(listed, now.date())])


def find_key(selection: Selection, repository: KeyRepository, wanted: str) -> ListedKey:
    """Return the key of the command line: one of the stack first, then one of the tenant.

    Args:
        selection: The stack.
        repository: The keys of the tenant.
        wanted: The key's logical name in the stack, its name or its ID.

    Raises:
        ZdxError: There is no such key, or several.
        ZIdentityError: The tenant can't be reached, or refused.
    """
    state_keys = read_state_keys(selection)
    match = state_keys.find_by_name(wanted)
    if match is not None and _is_in(match.state, repository.tenant):
        key = repository.get_key(match.state.key_id)
    else:
        key = repository.get_key_by_name_or_id(wanted)
    return ListedKey(key, state_keys.find(key, repository.tenant))


def to_document(listed: ListedKey, tenant: Tenant, now: datetime) -> dict[str, Any]:
    """Return a key as ``list --json`` does, with what only this command shows.

    Args:
        listed: The key.
        tenant: The key's tenant.
        now: This moment by the server's clock.
    """
    key = listed.key
    return {
        **to_json(listed, tenant, now),
        "other_scopes": [{"id": scope.id, "name": scope.name} for scope in key.other_scopes],
        "next_up": describe_next_up(listed, now.date()),
    }


def format_attributes(listed: ListedKey, tenant: Tenant) -> Iterator[Text]:
    """Return what a key is, one line for each attribute."""
    key = listed.key
    attributes = {
        "Name": key.name,
        "Key ID": key.id,
        "Tenant": str(tenant),
        "State": "enabled" if key.client.enabled else "disabled",
        "Role": f"{key.role} ({key.role_id})",
        "Other services": format_scopes(key.other_scopes) or "-",
        "Description": key.description or "-",
        "Managed by": key.managed_by or "-",
        "Authentication": _format_authentication(listed),
        "Token lifetime": f"{key.client.token_lifetime_seconds} s",
    }
    width = max(map(len, attributes))
    for title, value in attributes.items():
        yield Text.assemble((f"{title:{width}}", "bold"), "  ", format_cell(value))


def describe_next_up(listed: ListedKey, today: date) -> list[str]:
    """Return what the next update does if the program is unchanged, and when it does more.

    Args:
        listed: The key.
        today: Today in UTC by the server's clock.
    """
    key, in_state = listed.key, listed.in_state
    if in_state is None:
        if not key.managed_by:
            return ["Nothing: no stack manages the key."]
        return [
            f"Not known here: {key.managed_by} manages the key. Run zdx-keys show in its project."
        ]
    if key.marker and key.managed_by not in (in_state.owner, in_state.state.managed_by):
        return [f"It refuses to change the key, which is now managed by {key.managed_by}."]
    now = [*_list_steps(key, in_state, today), *_list_corrections(key, in_state)]
    later = sorted(_list_later_steps(key, in_state.state, today))
    return [
        *(now or ["It changes nothing."]),
        *(f"From {day} on, it {step}." for day, step in later),
        *_list_missing(key, in_state.state, today),
    ]


def _list_steps(key: Key, in_state: StateKey, today: date) -> Iterator[str]:
    state = in_state.state
    if state.managed_by != in_state.owner:  # imported, renamed or moved
        yield f"It writes the owner {in_state.owner} into the key's description."
    reason = state.find_rotation_reason(today, state.rotation)
    if reason:
        yield f"It creates a new secret: {reason}."
    for revoke in state.pending_revokes:
        if revoke.is_due(today):
            is_gone = _is_gone(key, revoke.secret_id)
            reason = "" if is_gone else f": its overlap ended on {revoke.revoke_on}"
            yield f"It {_describe_revoke(key, revoke.secret_id)}{reason}."


def _list_corrections(key: Key, in_state: StateKey) -> Iterator[str]:
    """Yield what differs from the state, which only an update with a refresh detects."""
    state = in_state.state
    tenant_values = state.with_tenant_values(key)
    fields = sorted({*ATTRIBUTES, "authentication", "role", "managed_by"})
    changed = [name for name in fields if getattr(state, name) != getattr(tenant_values, name)]
    if changed:
        yield f"With --refresh, it corrects what was changed manually: {', '.join(changed)}."
    if state.secret_expires_on != MISSING == tenant_values.secret_expires_on:
        yield f"With --refresh, it creates a new secret: {_GONE}."


def _list_later_steps(key: Key, state: KeyState, today: date) -> Iterator[tuple[date, str]]:
    """Yield what an update does from a day on, in any order."""
    expires_on = state.secret_expires_on
    if expires_on not in (None, MISSING) and not state.find_rotation_reason(today, state.rotation):
        expiry = date.fromisoformat(expires_on)
        day = state.rotation.compute_rotation_date(expiry) if state.rotation else expiry
        yield day, "creates a new secret"
    for revoke in state.pending_revokes:
        if revoke.revoke_on is not None and not revoke.is_due(today):
            yield revoke.revoke_on, _describe_revoke(key, revoke.secret_id)


def _list_missing(key: Key, state: KeyState, today: date) -> Iterator[str]:
    """Yield what the state of a key lacks that no update creates by itself."""
    if state.authentication is not None or state.find_rotation_reason(today, state.rotation):
        return
    if key.secrets and state.key_secret is None:
        yield (
            "The state doesn't have the key's secret, so key_secret is None. To create a new one, "
            "add or change a trigger of the key's rotation."
        )
    alive = [secret for secret in key.secrets or () if secret.expires_at.date() > today]
    if state.secret_id is None and len(alive) > 1:
        yield (
            "The state doesn't say which secret is in use. Before a rotation, revoke the unused "
            f"one: zdx-keys revoke {key.id} SECRET_ID."
        )


def _describe_revoke(key: Key, secret_id: str) -> str:
    if _is_gone(key, secret_id):
        return f"removes the previous secret {secret_id}, which no longer exists, from the state"
    return f"revokes the previous secret {secret_id}"


def _is_gone(key: Key, secret_id: str) -> bool:
    """Whether a secret no longer exists; False for a key whose secrets ZIdentity doesn't list."""
    return key.client.has_secrets and secret_id not in {each.id for each in key.secrets or ()}


def _is_in(state: KeyState, tenant: Tenant) -> bool:
    return (state.vanity_domain, state.cloud) == (tenant.vanity_domain, tenant.cloud)


def _format_authentication(listed: ListedKey) -> str:
    url = listed.authentication.jwks_url if listed.authentication else None
    return f"{listed.kind} {url}" if url else listed.kind
