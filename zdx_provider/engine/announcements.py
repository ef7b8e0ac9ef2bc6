"""The sentences about a key that a preview's properties alone do not tell."""

from collections.abc import Sequence
from datetime import date

from zdx_provider.domain.mark import Mark
from zdx_provider.domain.ownership import names_of
from zdx_provider.domain.rotation import MISSING, Rotation, due
from zdx_provider.engine.state import KeyState
from zdx_provider.zidentity import Scope


def new_secret(state: KeyState, declared: Rotation | None, today: date) -> str:
    """That an update replaces a key's secret, and why."""
    why = due(state.secret_expires_on or MISSING, today, declared, state.plan)
    until = today + (declared or Rotation()).overlap
    alive = state.is_secret_alive(today)
    kept = f" The first pulumi up from {until} on revokes the one before." if alive else ""
    return f"{_key(state)} gets a new secret: {why}.{kept}"


def revoke_due(state: KeyState) -> str:
    """That an update ends the previous secret."""
    return (
        f"{_key(state)}: its previous secret {state.previous_secret_id} is revoked, as it was to "
        f"work until {state.previous_secret_revoke_on}."
    )


def not_revoked(previous_id: str, cause: Exception) -> str:
    """That the previous secret could not be ended."""
    return (
        f"the previous secret {previous_id} was not revoked; the next pulumi up tries again. "
        f"The reason: {cause}"
    )


def taken_over(state: KeyState, other_scopes: Sequence[Scope]) -> str:
    """That a create took a key over, and what becomes of its secret and its other permissions."""
    previous = (
        f" The first pulumi up from {state.previous_secret_revoke_on} on revokes the previous one, "
        f"{state.previous_secret_id}."
        if state.previous_secret_id
        else ""
    )
    kept = f" It keeps {names_of(other_scopes)} of other services." if other_scopes else ""
    return (
        f"{_key(state)} was there already and was taken over. It has a new secret.{previous}{kept}"
    )


def left_alone(state: KeyState, owner: Mark) -> str:
    """That a delete left the key to the one who has taken it over."""
    taker = "its successor" if owner.who == state.managed_by else owner.who
    return (
        f"{_key(state)} was left as it is, because {taker} has taken it over; only this row of "
        "the state is forgotten."
    )


def _key(state: KeyState) -> str:
    return f'the key "{state.name}" ({state.key_id})'
