"""Decide whether a create may use a key that already exists, and an update may change one.

The engine records a resource only when its creation returns, so a killed run creates again; a
program may be renamed, moved or copied; someone may have created the key manually. The keys that
have the declared name decide. Nothing here sends a request.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from zdx_provider.errors import ZdxError
from zdx_provider.keys.authentication import Authentication
from zdx_provider.keys.inputs import KeyInputs
from zdx_provider.keys.key import Key
from zdx_provider.keys.marker import OwnershipMarker, parse_marker
from zdx_provider.keys.owner import Owner
from zdx_provider.keys.roles import format_scopes
from zdx_provider.keys.state import KeyState
from zdx_provider.text import quote_python, quote_shell
from zdx_provider.zidentity import ApiClient
from zdx_provider.zidentity.models import MAX_SECRETS


class KeyConflictError(ZdxError):
    """The key that has the declared name, or the state's key, may not be changed."""


@dataclass(frozen=True)
class TakeOverOptions:
    """What the user allows.

    Attributes:
        adopt: Take over a key of another owner or of none (the resource's ``adopt``).
        resume_interrupted: Take over a key of this resource that the state lacks
            (``zdx:resumeInterrupted``).
    """

    adopt: bool = False
    resume_interrupted: bool = False


def choose_key_to_take_over(
    namesakes: Sequence[Key],
    owner: str,
    options: TakeOverOptions,
    authentication: Authentication | None,
    now: datetime,
) -> Key | None:
    """Return the key that a create finishes or takes over; None if it creates one.

    Args:
        namesakes: Every key of exactly the declared name. Its secrets are None if this process
            created it and the tenant doesn't show it yet.
        owner: The resource that declares the key.
        options: What the user allows.
        authentication: How the declared key authenticates; None if it uses a secret.
        now: The current moment by the server's clock. Certificates that have expired don't count.

    Raises:
        KeyConflictError: The key may not be changed. The message names its owner and each way on.
    """
    if not namesakes:
        return None
    if len(namesakes) > 1:
        owners = format_owners(key.client for key in namesakes)
        raise KeyConflictError(
            f'{len(namesakes)} keys already have the name "{namesakes[0].name}": {owners}.',
            hint="Delete or rename all but one of them in ZIdentity, or declare another name.",
        )
    (key,) = namesakes
    is_ours = _is_owned(key, owner)
    # A key without a secret is half a key only if it is of the kind that uses secrets.
    if is_ours and key.secrets == () and key.client.has_secrets and not key.other_scopes:
        return key
    if not (options.adopt or (is_ours and options.resume_interrupted)):
        raise _build_conflict(key, owner)
    if not is_ours:
        _require_same_access(key, authentication, now)
    secrets = key.secrets or ()
    if len(secrets) >= MAX_SECRETS and authentication is None:
        raise KeyConflictError(
            f"the key {describe_key(key)} cannot be taken over, because its {MAX_SECRETS} secret "
            f"slots are in use ({', '.join(s.id for s in secrets)}).",
            hint=f"Revoke the unused one: zdx-keys revoke {quote_shell(key.id)} SECRET_ID, or in "
            "ZIdentity under API Clients. Then run pulumi up again.",
        )
    return key


def _require_same_access(key: Key, declared: Authentication | None, now: datetime) -> None:
    """Stop before a take-over removes a public key that someone may use.

    A take-over revokes nothing: a previous secret works in an overlap. A public key, a certificate
    or a JWKS URL has no overlap, except if it is declared.

    Raises:
        KeyConflictError: The declaration lacks it.
    """
    current = key.authentication
    if current is None:
        return
    if declared is not None and declared.includes(current.without_expired(now)):
        return
    missing = "a client secret" if declared is None else declared.describe()
    raise KeyConflictError(
        f"the key {describe_key(key)} authenticates with {current.describe()}, which someone may "
        f"use. The program declares {missing}.",
        hint=(
            "Declare what it authenticates with as well (zdx-keys import-file writes it), take "
            "the key over, and remove it in a later change. Or declare another name."
            if current.is_known
            else "Declare another name, or change in ZIdentity how the key authenticates."
        ),
    )


def describe_key(key: Key) -> str:
    """Return a key's name, ID and secrets as a message shows them."""
    if key.authentication is not None:
        return f'"{key.name}" ({key.id}, without secrets)'
    secrets = key.secrets or ()
    count = "1 secret" if len(secrets) == 1 else f"{len(secrets)} secrets"
    since = f" since {secrets[0].created_at:%Y-%m-%d}" if secrets else ""
    return f'"{key.name}" ({key.id}, {count}{since})'


def build_created_twice_error(
    name: str, key_id: str, others: Sequence[ApiClient]
) -> KeyConflictError:
    """Return the error of a key that was created while another one got its name."""
    return KeyConflictError(
        f'a key named "{name}" was created at the same time: {format_owners(others)}. The key '
        f"that this run created ({key_id}) was deleted.",
        hint="Declare another name. Or run pulumi up again, which says how to take over the "
        "other key.",
    )


def build_taken_name_error(name: str, key_id: str, others: Sequence[ApiClient]) -> KeyConflictError:
    """Return the error of a new name that another key has."""
    return KeyConflictError(
        f'the key {key_id} cannot be renamed to "{name}", because '
        f"{', '.join(o.id for o in others)} already has that name. Nothing was changed.",
        hint="Declare another name, or delete or rename the other key.",
    )


def _is_owned(key: Key, owner: str) -> bool:
    return key.marker is not None and key.managed_by == owner


def _build_conflict(key: Key, owner: str) -> KeyConflictError:
    if _is_owned(key, owner) and key.secrets == () and key.client.has_secrets:
        return KeyConflictError(
            f"the key {describe_key(key)} has this resource's ownership marker and no secret "
            f"yet, but it also has {format_scopes(key.other_scopes)} of other services. An "
            "interrupted run doesn't leave such a key.",
            hint="If these permissions are intended, declare adopt=True; the key keeps them. "
            "Otherwise delete the key in ZIdentity, under API Clients, and run pulumi up "
            "again.",
        )
    if _is_owned(key, owner):
        return KeyConflictError(
            f"the key {describe_key(key)} has this resource's ownership marker, but the state "
            "doesn't contain it. Either a run was interrupted, or Pulumi kept the key when its "
            "resource was replaced or removed (retain_on_delete, pulumi state delete), or "
            "another copy of this stack's state exists.",
            hint="If this is the only copy of the state, take the key over: pulumi config set "
            "zdx:resumeInterrupted true, then pulumi up. Otherwise find the other copy "
            "first.",
        )
    if key.marker is None:
        return KeyConflictError(
            f"the key {describe_key(key)} already exists and isn't managed by Pulumi.",
            hint=f"To take it over, declare adopt=True: it keeps its ID{_describe_overlap(key)}. "
            "Otherwise declare another name.",
        )
    return KeyConflictError(
        f"the key {describe_key(key)} already exists and is managed by {key.managed_by}.",
        hint=f"{_format_alias(key.managed_by, owner)}To take the key over from there, declare "
        "adopt=True. Otherwise declare another name.",
    )


def _describe_overlap(key: Key) -> str:
    if key.authentication is not None:
        return ""
    return " and gets a second secret, and the previous one works for keep_previous_days"


def _format_alias(former: str, owner: str) -> str:
    """Return the advice for a resource that was renamed or moved inside its own stack."""
    before, now = Owner.parse(former), Owner.parse(owner)
    if before is None or now is None:
        return ""
    if (before.project, before.stack) != (now.project, now.stack):
        return ""
    # A URN names a parent by its type only, so it says enough without the parent's own name.
    alias = (
        f"pulumi.Alias(name={quote_python(before.name)})"
        if before.parents == now.parents
        else quote_python(str(before.urn))
    )
    return (
        "If that is this resource before it was renamed or moved, declare an alias: "
        f"opts=pulumi.ResourceOptions(aliases=[{alias}]). "
    )


def format_owners(clients: Iterable[ApiClient]) -> str:
    """Return the ID and the owner of each client, as a message shows them."""
    markers = ((client.id, parse_marker(client.description)) for client in clients)
    return ", ".join(
        f"{id_} ({marker.managed_by if marker else 'not managed by Pulumi'})"
        for id_, marker in markers
    )


def require_owned(marker: OwnershipMarker | None, state: KeyState, inputs: KeyInputs) -> None:
    """Stop before a key is changed that another resource or another state manages.

    A state without an ownership ID is accepted: the update records the marker's.

    Raises:
        KeyConflictError: The marker names another owner, or another ownership ID.
    """
    if marker and marker.managed_by not in (inputs.managed_by, state.managed_by):
        raise KeyConflictError(
            f'the key "{inputs.name}" ({state.key_id}) is now managed by {marker.managed_by}.',
            hint="To leave it there, remove this declaration; the key is kept. To take it back, "
            "run pulumi state delete for this resource and declare adopt=True.",
        )
    if marker and state.ownership_id and marker.ownership_id != state.ownership_id:
        raise KeyConflictError(
            f'the key "{inputs.name}" ({state.key_id}) was taken over by another run of this '
            "resource, with another copy of the state.",
            hint="Use that state, and delete this one. To take the key back, run pulumi state "
            "delete for this resource and declare adopt=True.",
        )


def can_delete(marker: OwnershipMarker, state: KeyState) -> bool:
    """Whether a delete of a state may delete the key that has a marker.

    This is stricter than `require_owned`, because a delete can't be undone: a state without an
    ownership ID doesn't own a key with a marker. Such a key was marked by another run.
    """
    is_same_id = marker.ownership_id == state.ownership_id
    return is_same_id and state.managed_by in ("", marker.managed_by)
