"""What is assumed about secrets: ids, values, expiry bounds, slots, delays."""

from datetime import timedelta

from zdx_provider.cli.live.findings import Assumption, Outcome, at_once, differs, holds
from zdx_provider.cli.live.trial import Trial
from zdx_provider.domain import limits
from zdx_provider.zidentity import ApiClient, Conflict, InvalidRequest

_HOUR = timedelta(hours=1)
_SHORTEST = timedelta(days=limits.MIN_SECRET_LIFETIME_DAYS)
_LONGEST = timedelta(days=limits.MAX_SECRET_LIFETIME_DAYS)
_ORDINARY = timedelta(days=90)
_TOKEN_LIFETIME = timedelta(minutes=10)  # not the default


def _signs_in_at_once(trial: Trial, client: ApiClient) -> Outcome:
    trial.end_secrets(client.id)
    secret = trial.mint(client.id, _ORDINARY)
    return at_once(trial.seconds_until(lambda: trial.signs_in(client.id, secret)))


def _shortest_accepted(trial: Trial, client: ApiClient) -> Outcome:
    return _accepted(trial, client, _SHORTEST + _HOUR)


def _longest_accepted(trial: Trial, client: ApiClient) -> Outcome:
    return _accepted(trial, client, _LONGEST - _HOUR)


def _shorter_refused(trial: Trial, client: ApiClient) -> Outcome:
    return _refused(trial, client, _SHORTEST - timedelta(days=1))


def _longer_refused(trial: Trial, client: ApiClient) -> Outcome:
    return _refused(trial, client, _LONGEST + timedelta(days=1))


def _third_replaces_newest(trial: Trial, client: ApiClient) -> Outcome:
    trial.end_secrets(client.id)
    minted = [trial.mint(client.id, _ORDINARY).id for _ in range(limits.MAX_SECRETS)]
    try:
        minted.append(trial.mint(client.id, _ORDINARY).id)
    except (InvalidRequest, Conflict) as error:
        return differs(f"the third is refused with status {error.status}")
    present = {secret.id for secret in trial.clients.secrets.list(client.id)}
    kept = [f"{number}" for number, made in enumerate(minted, start=1) if made in present]
    return holds() if kept == ["1", "3"] else differs(f"there remain: {', '.join(kept)}")


def _revoked_at_once(trial: Trial, client: ApiClient) -> Outcome:
    trial.end_secrets(client.id)
    secret = trial.mint(client.id, _ORDINARY)
    trial.clients.secrets.delete(client.id, secret.id)
    return at_once(trial.seconds_until(lambda: not trial.signs_in(client.id, secret)))


def _disabled_at_once(trial: Trial, client: ApiClient) -> Outcome:
    trial.end_secrets(client.id)
    secret = trial.mint(client.id, _ORDINARY)
    trial.write(client.id, enabled=False)
    refused = at_once(trial.seconds_until(lambda: not trial.signs_in(client.id, secret)))
    trial.write(client.id, enabled=True)
    return refused


def _enabled_at_once(trial: Trial, client: ApiClient) -> Outcome:
    trial.end_secrets(client.id)
    secret = trial.mint(client.id, _ORDINARY)
    trial.write(client.id, enabled=False)
    trial.write(client.id, enabled=True)
    return at_once(trial.seconds_until(lambda: trial.signs_in(client.id, secret)))


def _token_lives_as_declared(trial: Trial, client: ApiClient) -> Outcome:
    trial.end_secrets(client.id)
    secret = trial.mint(client.id, _ORDINARY)
    trial.write(client.id, token_lifetime_seconds=_TOKEN_LIFETIME.seconds)
    lives = trial.token_lifetime(client.id, secret)
    return (
        holds()
        if lives == _TOKEN_LIFETIME
        else differs(f"declared {_TOKEN_LIFETIME}, lives {lives}")
    )


def _accepted(trial: Trial, client: ApiClient, lifetime: timedelta) -> Outcome:
    trial.end_secrets(client.id)
    asked = trial.zidentity.now() + lifetime
    try:
        secret = trial.clients.secrets.create(client.id, asked)
    except InvalidRequest as error:
        return differs(f"refused with status {error.status}")
    if int(secret.expires_at.timestamp()) != int(asked.timestamp()):
        return differs(f"asked {asked:%Y-%m-%d %H:%M:%S}, got {secret.expires_at}")
    return holds("to the second")


def _refused(trial: Trial, client: ApiClient, lifetime: timedelta) -> Outcome:
    trial.end_secrets(client.id)
    try:
        secret = trial.mint(client.id, lifetime)
    except InvalidRequest as error:
        return holds(f"status {error.status}")
    return differs(f"accepted, valid until {secret.expires_at:%Y-%m-%d}")


SECRET_ASSUMPTIONS = (
    Assumption("The client's id signs in with a new secret at once", _signs_in_at_once),
    Assumption("A secret of 30 days and an hour is made as asked", _shortest_accepted),
    Assumption("A secret of 365 days less an hour is made as asked", _longest_accepted),
    Assumption("A secret of 29 days is refused", _shorter_refused),
    Assumption("A secret of 366 days is refused", _longer_refused),
    Assumption("A third secret replaces the newest", _third_replaces_newest),
    Assumption("A revoked secret signs in no more, at once", _revoked_at_once),
    Assumption("A disabled client signs in no more, at once", _disabled_at_once),
    Assumption("A client that is enabled again signs in at once", _enabled_at_once),
    Assumption("A token lives as many seconds as are declared", _token_lives_as_declared),
)
