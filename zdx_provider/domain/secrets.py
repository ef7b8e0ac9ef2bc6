"""The secrets of a key: at most two, each for 30 to 365 days, each shown once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from zdx_provider.domain.limits import (
    MAX_SECRET_LIFETIME_DAYS,
    MAX_SECRETS,
    MIN_SECRET_LIFETIME_DAYS,
)
from zdx_provider.errors import ZdxError
from zdx_provider.quoting import quote_shell
from zdx_provider.zidentity import (
    AnswerLost,
    ApiClient,
    ApiClientSecret,
    MintedSecret,
    NotFound,
    ZIdentity,
    ZIdentityError,
)

# Inside ZIdentity's bounds, so that neither a slow request nor a leap of the server's clock makes a
# valid lifetime an invalid one.
_MARGIN = timedelta(hours=1)
_SHORTEST = timedelta(days=MIN_SECRET_LIFETIME_DAYS) + _MARGIN
_LONGEST = timedelta(days=MAX_SECRET_LIFETIME_DAYS) - _MARGIN


class NoFreeSlot(ZdxError):
    """A key has both of its secrets, and none of them may be ended."""


@dataclass(frozen=True)
class HeldSecrets:
    """The secrets of a key that the state knows.

    Attributes:
        current: The id of the one it holds; None where it holds a value of unknown id, or none.
        previous: The id of the one before, which works until its day.
    """

    current: str | None
    previous: str | None


def secrets_of(zidentity: ZIdentity, key_id: str) -> tuple[ApiClientSecret, ...]:
    """A key's secrets, oldest first, without their values."""
    listed = zidentity.api_clients.secrets.list(key_id)
    return tuple(sorted(listed, key=lambda secret: secret.created_at))


def secrets_of_client(zidentity: ZIdentity, client: ApiClient) -> tuple[ApiClientSecret, ...]:
    """The same of a client, which has none where it signs in by a key pair.

    Raises:
        NotFound: The client is gone.
    """
    return secrets_of(zidentity, client.id) if client.has_secrets else ()


def revoke(zidentity: ZIdentity, key_id: str, secret_id: str) -> None:
    """Revoke one secret of a key; one that is gone already is no failure.

    Raises:
        ZIdentityError: It could not be revoked, or is still listed although it was said to be gone.
    """
    try:
        zidentity.api_clients.secrets.delete(key_id, secret_id)
    except NotFound:
        # One wrong answer must not leave a secret alive that everyone takes for revoked.
        if any(secret.id == secret_id for secret in secrets_of(zidentity, key_id)):
            raise


def create_secret(
    zidentity: ZIdentity, key_id: str, lifetime: timedelta, known: Collection[str]
) -> MintedSecret:
    """Create a secret in a free slot.

    A request whose response is lost is not sent again blindly: it may take effect late, and a
    third secret would replace the newest. Only if the key now has exactly one new secret with the
    very expiry that was asked for did the request take effect. That secret's value is lost, so it
    is revoked and another one is created.

    Args:
        zidentity: The tenant.
        key_id: The key.
        lifetime: The secret's lifetime, by the server's clock.
        known: The IDs of the secrets that the key had before.

    Raises:
        ZIdentityError: No secret was created; or AnswerLost: one may have been, or may yet be.
    """
    expires_at = (zidentity.now() + min(max(lifetime, _SHORTEST), _LONGEST)).replace(microsecond=0)
    try:
        return zidentity.api_clients.secrets.create(key_id, expires_at)
    except AnswerLost as lost:
        secret_id = _find_lost_secret(zidentity, key_id, expires_at, known)
        if secret_id is None:
            raise lost from None
    revoke(zidentity, key_id, secret_id)
    return zidentity.api_clients.secrets.create(key_id, expires_at)


def _find_lost_secret(
    zidentity: ZIdentity, key_id: str, expires_at: datetime, known: Collection[str]
) -> str | None:
    """Find the secret of a request whose response was lost; None if that can't be told for sure."""
    try:
        present = secrets_of(zidentity, key_id)
    except ZIdentityError:
        return None
    created = [s for s in present if s.id not in known and s.expires_at == expires_at]
    # With both slots taken besides, another request replaced something, and this one may yet.
    if len(created) != 1 or len(present) > MAX_SECRETS:
        return None
    return created[0].id


def free_a_slot(
    zidentity: ZIdentity,
    key_id: str,
    held: HeldSecrets,
    present: tuple[ApiClientSecret, ...],
) -> tuple[ApiClientSecret, ...]:
    """End one secret if a key has no slot free: never the one that the state holds.

    Args:
        zidentity: The tenant.
        key_id: The key.
        held: The secrets that the state knows.
        present: The key's secrets, oldest first.

    Returns:
        The secrets that remain.

    Raises:
        NoFreeSlot: Nothing tells which of the secrets the state holds.
    """
    if len(present) < MAX_SECRETS:
        return present
    doomed = dispensable(held, present, zidentity.now())
    if doomed is None:
        raise NoFreeSlot(
            f"the state does not know which of the secrets {_ids(present)} it holds, and a third "
            "would replace the newest.",
            hint=f"End the other one: zdx-keys revoke {quote_shell(key_id)} SECRET_ID. Then run "
            "pulumi up again.",
        )
    revoke(zidentity, key_id, doomed.id)
    return tuple(s for s in present if s.id != doomed.id)


def dispensable(
    held: HeldSecrets, present: tuple[ApiClientSecret, ...], now: datetime
) -> ApiClientSecret | None:
    """The secret to end first, of a key that has no slot free.

    Args:
        held: The secrets that the state knows.
        present: The key's secrets, oldest first.
        now: The current moment by the server's clock.

    Returns:
        One that the state does not know, else the previous one; where the state does not know
        which of them it holds, one that has ended, or None.
    """
    if held.current is None:
        return next((secret for secret in present if secret.expires_at <= now), None)
    strangers = [s for s in present if s.id not in (held.current, held.previous)]
    return next(iter(strangers), next((s for s in present if s.id == held.previous), None))


def _ids(present: tuple[ApiClientSecret, ...]) -> str:
    return " and ".join(secret.id for secret in present)
