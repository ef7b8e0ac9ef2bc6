"""What this product assumes about API clients and secrets, and how each is checked."""

from datetime import timedelta

from zdx_provider.cli.sandbox import Assumption, Outcome, Trial, at_once, differs, holds, unknown
from zdx_provider.keys.key import Mark, marked_description, split_description
from zdx_provider.keys.roles import granting, scopes_of_services
from zdx_provider.zidentity import (
    ApiClient,
    ApiResource,
    BadRequestError,
    ConflictError,
    NotFoundError,
    Scope,
)
from zdx_provider.zidentity.models import (
    MAX_NAME_LENGTH,
    MAX_SECRET_LIFETIME_DAYS,
    MAX_SECRETS,
    MAX_TOKEN_LIFETIME_SECONDS,
    MIN_SECRET_LIFETIME_DAYS,
    MIN_TOKEN_LIFETIME_SECONDS,
)

_DESCRIPTION_LENGTHS = (255, 1000, 4000)
_MARK = Mark("project/stack/key", "0123456789abcdef")
_TOKEN_LIFETIMES = (MIN_TOKEN_LIFETIME_SECONDS, MAX_TOKEN_LIFETIME_SECONDS)


def _made_as_declared(trial: Trial, client: ApiClient) -> Outcome:
    read = trial.clients.get(client.id)
    role = trial.roles[0]
    held = [scope.id for scope in scopes_of_services(read, {role.service_id})]
    if (read.name, read.enabled, held) == (f"{trial.prefix}main", True, [role.id]):
        return holds(f'role "{role.name}"')
    return differs(f'"{read.name}", enabled: {read.enabled}, scopes: {", ".join(held) or "none"}')


def _listed_at_once(trial: Trial, _: ApiClient) -> Outcome:
    made = trial.make("listed")
    return at_once(trial.seconds_until(lambda: any(c.id == made.id for c in trial.clients.list())))


def _listed_whole(trial: Trial, client: ApiClient) -> Outcome:
    for listed in trial.clients.list():
        if listed.id == client.id:
            absent = {"description", "client_resources"} - listed.model_fields_set
            return differs(f"without {', '.join(sorted(absent))}") if absent else holds()
    return unknown("the client is not listed")


def _found_by_name(trial: Trial, client: ApiClient) -> Outcome:
    found = trial.clients.list(name_like=client.name)
    if all(c.id != client.id for c in found):
        return differs("its name does not find it")
    strangers = sum(not c.name.startswith(trial.prefix) for c in found)
    return differs(f"so are {strangers} of other names") if strangers else holds()


def _one_name_twice(trial: Trial, _: ApiClient) -> Outcome:
    trial.make("twin")
    try:
        trial.make("twin")
    except (ConflictError, BadRequestError) as error:
        return differs(f"refused with status {error.status}: names are unique")
    return holds()


def _long_name(trial: Trial, client: ApiClient) -> Outcome:
    name = f"{trial.prefix}ünï cödé & <signs> ".ljust(MAX_NAME_LENGTH, "x")
    return _kept("name", name, trial.write(client.id, name=name).name)


def _long_description(trial: Trial, client: ApiClient) -> Outcome:
    longest = 0
    for length in _DESCRIPTION_LENGTHS:
        sent = marked_description("d" * length, _MARK)
        try:
            read = trial.write(client.id, description=sent).description
        except BadRequestError:
            break
        if split_description(read) != ("d" * length, _MARK):
            break
        longest = length
    if longest:
        return holds(f"so does one of {longest}" if longest > _DESCRIPTION_LENGTHS[0] else "")
    return differs("it is refused or cut")


def _role_changes_in_place(trial: Trial, client: ApiClient) -> Outcome:
    others = [role for role in trial.roles if role.id != trial.roles[0].id]
    if not others:
        return unknown("the tenant offers one role only")
    resources = granting(trial.clients.get(client.id).client_resources, others[0])
    written = trial.write(client.id, client_resources=resources)
    held = [scope.id for scope in scopes_of_services(written, {others[0].service_id})]
    return holds() if held == [others[0].id] else differs(f"it holds {', '.join(held) or 'none'}")


def _one_role_a_service(trial: Trial, client: ApiClient) -> Outcome:
    first = trial.roles[0]
    pair = [Scope(id=r.id) for r in trial.roles if r.resource_id == first.resource_id][:2]
    if len(pair) < len(("one", "another")):
        return unknown("the tenant offers one role only")
    both = ApiResource(id=first.resource_id, selected_scopes=tuple(pair))
    try:
        written = trial.write(client.id, client_resources=(both,))
    except BadRequestError as error:
        return holds(f"refused with status {error.status}")
    count = len(list(scopes_of_services(written, {first.service_id})))
    return differs(f"accepted; it holds {count}")


def _token_lifetimes(trial: Trial, client: ApiClient) -> Outcome:
    for seconds in _TOKEN_LIFETIMES:
        read = trial.write(client.id, token_lifetime_seconds=seconds).token_lifetime_seconds
        if read != seconds:
            return differs(f"{seconds} became {read}")
    try:
        trial.write(client.id, token_lifetime_seconds=_TOKEN_LIFETIMES[0] - 1)
    except BadRequestError:
        return holds()
    return differs("59 is accepted too")


def _deleted_at_once(trial: Trial, _: ApiClient) -> Outcome:
    gone = trial.make("gone").id
    trial.clients.delete(gone)

    def is_gone() -> bool:
        try:
            trial.clients.get(gone)
        except NotFoundError:
            return True
        return False

    return at_once(trial.seconds_until(is_gone))


def _deleted_twice(trial: Trial, _: ApiClient) -> Outcome:
    gone = trial.make("gone-twice").id
    trial.clients.delete(gone)
    try:
        trial.clients.delete(gone)
    except NotFoundError:
        return holds()
    return differs("it is answered as a success")


def _kept(what: str, sent: str, read: str) -> Outcome:
    return holds() if read == sent else differs(f"the {what} became {read!r}")


CLIENT_ASSUMPTIONS = (
    Assumption("A client is made with one ZDX role, as declared", _made_as_declared),
    Assumption("A new client is listed at once", _listed_at_once),
    Assumption("A listed client carries its description and roles", _listed_whole),
    Assumption("name[like] finds a client, and none of other names", _found_by_name),
    Assumption("Two clients may have one name", _one_name_twice),
    Assumption("A name of 128 printable characters is kept", _long_name),
    Assumption("A description of 255 characters and the mark is kept", _long_description),
    Assumption("A role changes in place", _role_changes_in_place),
    Assumption("A second ZDX role of one client is refused", _one_role_a_service),
    Assumption("A token may live 60 to 86400, not 59", _token_lifetimes),
    Assumption("A deleted client is gone at once", _deleted_at_once),
    Assumption("Deleting a client that is gone answers 404", _deleted_twice),
)


_HOUR = timedelta(hours=1)
_SHORTEST = timedelta(days=MIN_SECRET_LIFETIME_DAYS)
_LONGEST = timedelta(days=MAX_SECRET_LIFETIME_DAYS)
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
    minted = [trial.mint(client.id, _ORDINARY).id for _ in range(MAX_SECRETS)]
    try:
        minted.append(trial.mint(client.id, _ORDINARY).id)
    except (BadRequestError, ConflictError) as error:
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
    except BadRequestError as error:
        return differs(f"refused with status {error.status}")
    if int(secret.expires_at.timestamp()) != int(asked.timestamp()):
        return differs(f"asked {asked:%Y-%m-%d %H:%M:%S}, got {secret.expires_at}")
    return holds("to the second")


def _refused(trial: Trial, client: ApiClient, lifetime: timedelta) -> Outcome:
    trial.end_secrets(client.id)
    try:
        secret = trial.mint(client.id, lifetime)
    except BadRequestError as error:
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
