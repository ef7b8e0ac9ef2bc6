"""When a key's secret is replaced, and which secret is revoked first: decisions without a request.

ZIdentity expires every secret within a year and lets a client have two ("Adding API Clients",
help.zscaler.com). The day on which the current secret expires is an input of the key, set once
and kept. Whether a rotation is due is then a comparison of that date with today, and a preview
shows the date as it moves. Dates are whole days, so that a preview and its update agree.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from zdx_provider.zidentity import ApiClientSecret
from zdx_provider.zidentity.models import MAX_SECRET_LIFETIME_DAYS

MISSING = "missing"
"""In place of the expiry date: the current secret is not in the tenant any more."""

_LONGEST_DEFAULT_WINDOW_DAYS = 30

# Another version of this provider may have had other rules; a date must be possible, though.
_Days = Annotated[int, Field(ge=0, le=36_500)]


class Rotation(BaseModel):
    """How a key's secret is replaced before it expires; `inputs` holds the rules for programs.

    Attributes:
        secret_lifetime_days: The lifetime of each secret.
        rotate_before_expiry_days: The rotation window; None: a third of the lifetime, 30 days
            at most.
        keep_previous_days: The overlap: how long the previous secret still works.
        triggers: Values whose change replaces the secret at once, by name.
        end_overlap_early: Whether a rotation in an overlap may revoke the previous secret.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    secret_lifetime_days: _Days = MAX_SECRET_LIFETIME_DAYS
    rotate_before_expiry_days: _Days | None = None
    keep_previous_days: _Days = 7
    triggers: dict[str, Any] | None = None
    end_overlap_early: bool = False

    @property
    def window_days(self) -> int:
        """The rotation window: how many days before its expiry a secret is replaced."""
        if self.rotate_before_expiry_days is not None:
            return self.rotate_before_expiry_days
        return min(self.secret_lifetime_days // 3, _LONGEST_DEFAULT_WINDOW_DAYS)

    @property
    def lifetime(self) -> timedelta:
        """The lifetime of each secret."""
        return timedelta(days=self.secret_lifetime_days)

    def compute_overlap_end(self, rotated_on: date) -> date:
        """Return the day on which the secret is revoked that a rotation on a day replaces."""
        return rotated_on + timedelta(days=self.keep_previous_days)

    def compute_rotation_date(self, expiry: date) -> date:
        """Return the first day of the rotation window of a secret that expires on a day."""
        return expiry - timedelta(days=self.window_days)

    def find_contradictions(self, unusable: Collection[str] = ()) -> dict[str, str]:
        """Return the rule of each member that contradicts another, as the end of a sentence.

        Args:
            unusable: The members whose values are unknown or break a rule of their own. What
                depends on them is not compared.
        """
        lifetime, window, overlap = (
            self.secret_lifetime_days,
            self.window_days,
            self.keep_previous_days,
        )
        rules = (
            (
                "rotate_before_expiry_days",
                {"secret_lifetime_days"},
                window < lifetime,
                f"must be less than secret_lifetime_days, which is {lifetime}",
            ),
            (
                "keep_previous_days",
                {"rotate_before_expiry_days"},
                overlap < window,
                (
                    f"must be less than rotate_before_expiry_days, which is {window}: the previous "
                    "secret expires by then"
                ),
            ),
            (
                "keep_previous_days",
                {"rotate_before_expiry_days", "secret_lifetime_days"},
                overlap <= lifetime - window or window >= lifetime,
                (
                    f"must be at most {lifetime - window}, which is secret_lifetime_days minus "
                    "rotate_before_expiry_days: the next rotation needs the secret slot"
                ),
            ),
        )
        # A window that isn't declared comes from the lifetime.
        origin = {"secret_lifetime_days"} if self.rotate_before_expiry_days is None else set()
        found: dict[str, str] = {}
        for member, others, is_kept, rule in rules:
            if not is_kept and not {member, *others, *origin} & set(unusable):
                found.setdefault(member, rule)
        return found


def find_rotation_reason(
    expires_on: str, today: date, declared: Rotation | None, before: Rotation | None
) -> str | None:
    """Return why the current secret must be replaced today; None if it need not be.

    Args:
        expires_on: Its expiry date, as an ISO date; or ``MISSING``.
        today: Today in UTC.
        declared: The rotation that is declared; None for a key without one.
        before: The rotation that was declared at the last update.

    Returns:
        The reason, as a sentence about the secret.
    """
    if expires_on == MISSING:
        return "its secret no longer exists in the tenant"
    expiry = date.fromisoformat(expires_on)
    if expiry <= today:
        return f"its secret expired on {expiry}"
    return _find_early_reason(expiry, today, declared, before) if declared else None


def compute_expiry_date(
    expires_on: str | None, today: date, declared: Rotation | None, before: Rotation | None
) -> str:
    """Return the day on which the key's secret expires after this update, as an ISO date.

    Args:
        expires_on: The expiry date of the last update; None for a new key.
        today: Today in UTC.
        declared: The rotation that is declared; None for a key without one.
        before: The rotation that was declared at the last update.
    """
    if expires_on is not None and not find_rotation_reason(expires_on, today, declared, before):
        return expires_on
    return (today + (declared or Rotation()).lifetime).isoformat()


def compute_revoke_date(
    revoke_on: date | None, today: date, declared: Rotation | None, *, is_rotated: bool
) -> str | None:
    """Return the day on which the previous secret is revoked, as an ISO date; None if none is left.

    Args:
        revoke_on: That day after the last update; None if there was no previous secret.
        today: Today in UTC.
        declared: The rotation that is declared; None for a key without one.
        is_rotated: Whether the current secret becomes the previous one in this update.
    """
    if is_rotated:
        return (declared or Rotation()).compute_overlap_end(today).isoformat()
    return revoke_on.isoformat() if revoke_on is not None and revoke_on > today else None


def is_alive(expires_on: str | None, today: date) -> bool:
    """Whether a secret of that expiry date works, as far as the state knows."""
    if expires_on is None or expires_on == MISSING:
        return False
    return date.fromisoformat(expires_on) > today


def find_changed_triggers(declared: Rotation | None, before: Rotation | None) -> list[str]:
    """Return the names of the triggers that are new or changed since the last update.

    They require a new secret even if the expiry date stays the same, on the day on which the
    current secret was created.
    """
    known = (before.triggers if before else None) or {}
    triggers = (declared.triggers if declared else None) or {}
    return sorted(name for name, value in triggers.items() if known.get(name) != value)


def _find_early_reason(
    expiry: date, today: date, declared: Rotation, before: Rotation | None
) -> str | None:
    changed = find_changed_triggers(declared, before)
    if changed:
        return f"its trigger {', '.join(changed)} changed"
    if expiry > today + declared.lifetime:
        return (
            f"its secret expires on {expiry}, more than {declared.secret_lifetime_days} days "
            "from now"
        )
    if declared.compute_rotation_date(expiry) <= today:
        return f"its secret expires on {expiry}, within {declared.window_days} days"
    return None


def choose_secret_to_revoke(
    secrets: Sequence[ApiClientSecret],
    current_id: str | None,
    previous_id: str | None,
    now: datetime,
) -> ApiClientSecret | None:
    """Return the secret to revoke first, of a key without a free secret slot.

    Args:
        secrets: The key's secrets, oldest first.
        current_id: The ID of the current secret; None if the state doesn't know it.
        previous_id: The ID of the previous secret, if there is one.
        now: The current moment by the server's clock.

    Returns:
        An expired secret, or else an unknown one, or else the previous one. If the state doesn't
        know which secret is the current one: an expired secret, or else None.
    """
    expired = next((secret for secret in secrets if secret.expires_at <= now), None)
    if expired is not None or current_id is None:
        return expired
    unknown = [s for s in secrets if s.id not in (current_id, previous_id)]
    return next(iter(unknown), next((s for s in secrets if s.id == previous_id), None))
