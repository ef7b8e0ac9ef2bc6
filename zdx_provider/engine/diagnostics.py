"""The diagnostics that a preview and an update show: what happens to a key, and why."""

from datetime import date, datetime

from zdx_provider.clock import describe_expiry
from zdx_provider.keys.authentication import Authentication
from zdx_provider.keys.key import Key
from zdx_provider.keys.marker import OwnershipMarker
from zdx_provider.keys.public_keys import CertificateInfo
from zdx_provider.keys.roles import format_scopes
from zdx_provider.keys.rotation import Rotation
from zdx_provider.keys.state import KeyState, PendingRevoke

_REPLACE = "replace the key, which deletes it and its secrets first: pulumi up --replace URN."


def name_key(state: KeyState) -> str:
    """Return a key's name and ID as a message shows them."""
    return f'the key "{state.name}" ({state.key_id})'


def describe_new_secret(state: KeyState, declared: Rotation | None, today: date) -> str:
    """Say that an update replaces a key's secret, and why."""
    lines = [f"{name_key(state)} gets a new secret: {state.find_rotation_reason(today, declared)}."]
    ends_overlap = _describe_displaced(state, today)
    if ends_overlap:
        lines.append(ends_overlap)
    if state.is_secret_alive(today):
        until = (declared or Rotation()).compute_overlap_end(today)
        # An import doesn't know which of two secrets is the current one.
        current = f"secret {state.secret_id}" if state.secret_id else "one"
        lines.append(f"The first pulumi up on or after {until} revokes the current {current}.")
    return " ".join(lines)


def _describe_displaced(state: KeyState, today: date) -> str:
    """Say which secret a new one revokes before its day; empty if none."""
    displaced = state.find_displaced_secret(today)
    if displaced is None:
        return ""
    return (
        f"The previous secret {displaced.secret_id} is revoked now, before its overlap ends on "
        f"{displaced.revoke_on}."
    )


def describe_revoke_due(state: KeyState, revoke: PendingRevoke) -> str:
    """Say that an update revokes a secret which worked until its day."""
    return (
        f"{name_key(state)}: the previous secret {revoke.secret_id} is revoked if it still "
        f"exists. Its overlap ended on {revoke.revoke_on}."
    )


def describe_authentication(
    state: KeyState, declared: Authentication | None, today: date, *, has_secret: bool
) -> list[str]:
    """Say how an update changes what a key authenticates with.

    Args:
        state: The state of the key.
        declared: What the program declares; None if it isn't known, or for a key with a secret.
        today: Today in UTC.
        has_secret: Whether the program declares a key with a secret.
    """
    before, name = state.authentication, name_key(state)
    if has_secret:
        if before is None:
            return []
        change = f"{name} gets a secret, and no longer authenticates with {before.describe()}."
        return [f"{change} {_describe_displaced(state, today)}".strip()]
    if declared is None:
        return []
    # A refresh after an interrupted run finds the new kind, while the state has the last secret.
    if before is not None and state.secret_id is None:
        changes = [] if declared == before else declared.describe_changes(before)
        return [f"{name} {change}." for change in changes]
    last = state.find_secret_to_retire(today)
    until = (state.rotation or Rotation()).compute_overlap_end(today)
    revoke = f" The first pulumi up on or after {until} revokes the secret {last}." if last else ""
    return [f"{name} authenticates with {declared.describe()} instead of its secret.{revoke}"]


def describe_certificate(name: object, certificate: CertificateInfo, now: datetime) -> list[str]:
    """Say that a certificate of a key isn't valid yet, expires soon or has expired."""
    key = f'the key "{name}"' if isinstance(name, str) else "a key"
    subject = f'the certificate "{certificate.name}" of {key}'
    lines = []
    if certificate.starts_at > now:
        lines.append(
            f"{subject} is not valid before {certificate.starts_at:%Y-%m-%d}. Keep another one "
            "beside it until then."
        )
    expiry = describe_expiry(certificate.expires_at, now)
    if expiry:
        lines.append(
            f"{subject} {expiry}. Declare its successor beside it, and remove it when nothing uses "
            "it any more."
        )
    return lines


def describe_failed_revoke(previous_id: str, cause: Exception) -> str:
    """Say that the previous secret could not be revoked."""
    return (
        f"the previous secret {previous_id} was not revoked. The next pulumi up retries it. "
        f"Reason: {cause}"
    )


def describe_postponed_revoke(state: KeyState, secret_id: str, cause: Exception) -> str:
    """Say that a secret of a key without secrets could not be revoked."""
    return (
        f"the secret {secret_id} of {name_key(state)} was not revoked, and may still work: "
        "ZIdentity may refuse it while the key uses no secrets. Each later update of the key "
        f"retries it. To be certain, {_REPLACE} Reason: {cause}"
    )


def describe_unlisted_secrets(state: KeyState) -> str:
    """Say that secrets of an earlier time may work, which no list shows."""
    return (
        f"{name_key(state)} already authenticated without a secret, and ZIdentity lists no "
        "secrets of such a key. If it had secrets before, they may still work, and nothing revokes "
        f"them. To be certain, {_REPLACE}"
    )


def describe_unknown_secret(state: KeyState, secret_id: str, revoke_on: date) -> str:
    """Say that a key which stops using secrets has one that the state doesn't know."""
    return (
        f"{name_key(state)} has the secret {secret_id}, which the state doesn't know. The first "
        f"pulumi up on or after {revoke_on} revokes it."
    )


def describe_take_over(state: KeyState, key: Key) -> str:
    """Say that a create took a key over, and what happens to its secret and permissions."""
    retired = [revoke.secret_id for revoke in state.pending_revokes]
    ones = "previous one" if len(retired) == 1 else "previous ones"
    previous = (
        f" The first pulumi up on or after {state.previous_secret_revoke_on} revokes the "
        f"{ones}, {' and '.join(retired)}."
        if retired
        else ""
    )
    scopes = format_scopes(key.other_scopes)
    kept = f" It keeps {scopes} of other services." if scopes else ""
    access = state.authentication
    now = f"It authenticates with {access.describe()}." if access else "It has a new secret."
    taken_over = f"{name_key(state)} already existed and was taken over. {now}"
    return f"{taken_over}{previous}{kept}"


def describe_kept_key(state: KeyState, marker: OwnershipMarker) -> str:
    """Say that a delete kept a key that another owner took over."""
    taker = (
        "another run of this resource"
        if marker.managed_by == state.managed_by
        else marker.managed_by
    )
    return (
        f"{name_key(state)} was kept because {taker} took it over. Only this resource was removed "
        "from the state."
    )
