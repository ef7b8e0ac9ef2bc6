"""What this product assumes about API clients and secrets, and how each is checked."""

from datetime import timedelta
from functools import partial

from zdx_provider.cli.sandbox import (
    Assumption,
    Outcome,
    Sandbox,
    confirm,
    contradict,
    leave_open,
)
from zdx_provider.keys.marker import OwnershipMarker, compute_max_text_length, format_description
from zdx_provider.keys.roles import build_resources, find_scopes
from zdx_provider.zidentity import (
    ApiClient,
    ApiResource,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    NewApiClientSecret,
    NotFoundError,
    PermissionDeniedError,
    Scope,
    ZIdentity,
)
from zdx_provider.zidentity.models import (
    MAX_NAME_LENGTH,
    MAX_SECRET_LIFETIME_DAYS,
    MAX_SECRETS,
    MAX_TOKEN_LIFETIME_SECONDS,
    MIN_SECRET_LIFETIME_DAYS,
    MIN_TOKEN_LIFETIME_SECONDS,
)

_MARKER = OwnershipMarker("project/stack/key", "01234567")
_TOKEN_LIFETIMES = (MIN_TOKEN_LIFETIME_SECONDS, MAX_TOKEN_LIFETIME_SECONDS)


def _check_made_as_declared(sandbox: Sandbox, client: ApiClient) -> Outcome:
    read = sandbox.clients.get(client.id)
    role = sandbox.roles[0]
    role_ids = [scope.id for scope in find_scopes(read, {role.service_id})]
    if (read.name, read.enabled, role_ids) == (f"{sandbox.prefix}main", True, [role.id]):
        return confirm(f'role "{role.name}"')
    return contradict(
        f'"{read.name}", enabled: {read.enabled}, scopes: {", ".join(role_ids) or "none"}'
    )


def _check_listed_at_once(sandbox: Sandbox, _: ApiClient) -> Outcome:
    created = sandbox.create("listed")
    return sandbox.judge_delay(lambda: any(c.id == created.id for c in sandbox.clients.list()))


def _check_listed_whole(sandbox: Sandbox, client: ApiClient) -> Outcome:
    for listed in sandbox.clients.list():
        if listed.id == client.id:
            absent = {"description", "client_resources"} - listed.model_fields_set
            return contradict(f"without {', '.join(sorted(absent))}") if absent else confirm()
    return leave_open("the client is not listed")


def _check_found_by_name(sandbox: Sandbox, client: ApiClient) -> Outcome:
    clients = sandbox.clients.list(name_like=client.name)
    if all(c.id != client.id for c in clients):
        return contradict("a search for its name doesn't find it")
    others = sum(not c.name.startswith(sandbox.prefix) for c in clients)
    return contradict(f"it also finds {others} clients with other names") if others else confirm()


def _check_one_name_twice(sandbox: Sandbox, _: ApiClient) -> Outcome:
    sandbox.create("twin")
    try:
        sandbox.create("twin")
    except (ConflictError, BadRequestError) as error:
        return contradict(f"refused with status {error.status}: names are unique")
    return confirm()


def _check_long_name(sandbox: Sandbox, client: ApiClient) -> Outcome:
    name = f"{sandbox.prefix}ünï cödé & <signs> ".ljust(MAX_NAME_LENGTH, "x")
    return _check_kept("name", name, sandbox.update(client.id, name=name).name)


def _check_long_description(sandbox: Sandbox, client: ApiClient) -> Outcome:
    # A tenant that counts bytes or UTF-16 units accepts less of such a text.
    text = "ünï cödé & <signs> 🔑 ".ljust(compute_max_text_length(_MARKER.managed_by), "x")
    sent = format_description(text, _MARKER)
    try:
        read = sandbox.update(client.id, description=sent).description
    except BadRequestError as error:
        return contradict(f"refused with status {error.status}")
    return _check_kept("description", sent, read)


def _check_role_changes_in_place(sandbox: Sandbox, client: ApiClient) -> Outcome:
    others = [role for role in sandbox.roles if role.id != sandbox.roles[0].id]
    if not others:
        return leave_open("the tenant has only one role")
    resources = build_resources(sandbox.clients.get(client.id).client_resources, others[0])
    written = sandbox.update(client.id, client_resources=resources)
    role_ids = [scope.id for scope in find_scopes(written, {others[0].service_id})]
    return (
        confirm()
        if role_ids == [others[0].id]
        else contradict(f"it has {', '.join(role_ids) or 'none'}")
    )


def _check_one_role_a_service(sandbox: Sandbox, client: ApiClient) -> Outcome:
    first = sandbox.roles[0]
    pair = [Scope(id=r.id) for r in sandbox.roles if r.resource_id == first.resource_id][:2]
    if len(pair) < len(("one", "another")):
        return leave_open("the tenant has only one role")
    both = ApiResource(id=first.resource_id, selected_scopes=tuple(pair))
    try:
        written = sandbox.update(client.id, client_resources=(both,))
    except BadRequestError as error:
        return confirm(f"refused with status {error.status}")
    count = len(list(find_scopes(written, {first.service_id})))
    return contradict(f"accepted; the client has {count}")


def _check_token_lifetimes(sandbox: Sandbox, client: ApiClient) -> Outcome:
    for seconds in _TOKEN_LIFETIMES:
        read = sandbox.update(client.id, token_lifetime_seconds=seconds).token_lifetime_seconds
        if read != seconds:
            return contradict(f"{seconds} became {read}")
    try:
        sandbox.update(client.id, token_lifetime_seconds=_TOKEN_LIFETIMES[0] - 1)
    except BadRequestError:
        return confirm()
    return contradict("59 is accepted")


def _check_deleted_at_once(sandbox: Sandbox, _: ApiClient) -> Outcome:
    gone = sandbox.create("gone").id
    sandbox.clients.delete(gone)

    def is_gone() -> bool:
        try:
            sandbox.clients.get(gone)
        except NotFoundError:
            return True
        return False

    return sandbox.judge_delay(is_gone)


def _check_deleted_twice(sandbox: Sandbox, _: ApiClient) -> Outcome:
    gone = sandbox.create("gone-twice").id
    sandbox.clients.delete(gone)
    try:
        sandbox.clients.delete(gone)
    except NotFoundError:
        return confirm()
    return contradict("the response was a success")


def _check_kept(what: str, sent: str, read: str) -> Outcome:
    return confirm() if read == sent else contradict(f"the {what} became {read!r}")


CLIENT_ASSUMPTIONS = (
    Assumption("A client is created with one ZDX role, as requested", _check_made_as_declared),
    Assumption("A new client is listed at once", _check_listed_at_once),
    Assumption("A listed client includes its description and roles", _check_listed_whole),
    Assumption("name[like] finds a client, and no client with another name", _check_found_by_name),
    Assumption("Two clients can have the same name", _check_one_name_twice),
    Assumption("A name of 128 printable characters is stored unchanged", _check_long_name),
    Assumption(
        "A description of 256 characters with its ownership marker is stored unchanged",
        _check_long_description,
    ),
    Assumption("A role can be changed in place", _check_role_changes_in_place),
    Assumption("A second ZDX role for a client is refused", _check_one_role_a_service),
    Assumption("A token lifetime can be 60 to 86400 seconds, but not 59", _check_token_lifetimes),
    Assumption("A deleted client is gone at once", _check_deleted_at_once),
    Assumption("Deleting a deleted client returns 404", _check_deleted_twice),
)


_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_SHORTEST = timedelta(days=MIN_SECRET_LIFETIME_DAYS)
_LONGEST = timedelta(days=MAX_SECRET_LIFETIME_DAYS)
_ORDINARY = timedelta(days=90)
_TOKEN_LIFETIME = timedelta(seconds=MIN_TOKEN_LIFETIME_SECONDS)


def _check_authenticates_at_once(sandbox: Sandbox, client: ApiClient) -> Outcome:
    sandbox.revoke_secrets(client.id)
    secret = sandbox.create_secret(client.id, _ORDINARY)
    return sandbox.judge_delay(lambda: sandbox.can_authenticate(client.id, secret))


def _check_third_replaces_newest(sandbox: Sandbox, client: ApiClient) -> Outcome:
    sandbox.revoke_secrets(client.id)
    created_ids = [sandbox.create_secret(client.id, _ORDINARY).id for _ in range(MAX_SECRETS)]
    try:
        created_ids.append(sandbox.create_secret(client.id, _ORDINARY).id)
    except (BadRequestError, ConflictError) as error:
        return contradict(f"the third is refused with status {error.status}")
    listed_ids = {secret.id for secret in sandbox.clients.secrets.list(client.id)}
    kept = [
        f"{number}" for number, created in enumerate(created_ids, start=1) if created in listed_ids
    ]
    return confirm() if kept == ["1", "3"] else contradict(f"remaining: {', '.join(kept)}")


def _check_revoked_at_once(sandbox: Sandbox, client: ApiClient) -> Outcome:
    sandbox.revoke_secrets(client.id)
    secret = sandbox.create_secret(client.id, _ORDINARY)
    sandbox.clients.secrets.delete(client.id, secret.id)
    return sandbox.judge_delay(lambda: not sandbox.can_authenticate(client.id, secret))


def _check_disabled_at_once(sandbox: Sandbox, client: ApiClient) -> Outcome:
    sandbox.revoke_secrets(client.id)
    secret = sandbox.create_secret(client.id, _ORDINARY)
    sandbox.update(client.id, enabled=False)
    refused = sandbox.judge_delay(lambda: not sandbox.can_authenticate(client.id, secret))
    sandbox.update(client.id, enabled=True)
    return refused


def _check_enabled_at_once(sandbox: Sandbox, client: ApiClient) -> Outcome:
    sandbox.revoke_secrets(client.id)
    secret = sandbox.create_secret(client.id, _ORDINARY)
    sandbox.update(client.id, enabled=False)
    sandbox.update(client.id, enabled=True)
    return sandbox.judge_delay(lambda: sandbox.can_authenticate(client.id, secret))


def _check_token_lifetime(sandbox: Sandbox, client: ApiClient) -> Outcome:
    sandbox.revoke_secrets(client.id)
    secret = sandbox.create_secret(client.id, _ORDINARY)
    sandbox.update(client.id, token_lifetime_seconds=_TOKEN_LIFETIME.seconds)
    lifetime = sandbox.get_token_lifetime(client.id, secret)
    observed = f"{_TOKEN_LIFETIME.seconds} means {lifetime.total_seconds():.0f} seconds"
    return confirm(observed) if lifetime == _TOKEN_LIFETIME else contradict(observed)


def _check_zdx_accepts_token(sandbox: Sandbox, _: ApiClient) -> Outcome:
    client, secret = _create_key(sandbox, "token")
    with sandbox.authenticate(client.id, secret) as session:
        try:
            session.call_zdx()
        except AuthenticationError as error:
            return contradict(str(error))
    return confirm()


def _check_tokens_of_disabled(sandbox: Sandbox, _: ApiClient) -> Outcome:
    client, secret = _create_key(sandbox, "token-disabled")
    with sandbox.authenticate(client.id, secret) as session:
        session.call_zdx()
        sandbox.update(client.id, enabled=False)
        return sandbox.judge_delay(lambda: not _is_token_accepted(session))


def _check_tokens_of_deleted(sandbox: Sandbox, _: ApiClient) -> Outcome:
    client, secret = _create_key(sandbox, "token-deleted")
    with sandbox.authenticate(client.id, secret) as session:
        session.call_zdx()
        sandbox.clients.delete(client.id)
        return sandbox.judge_delay(lambda: not _is_token_accepted(session))


def _check_tokens_of_revoked(sandbox: Sandbox, _: ApiClient) -> Outcome:
    client, secret = _create_key(sandbox, "token-revoked")
    with sandbox.authenticate(client.id, secret) as session:
        session.call_zdx()
        sandbox.clients.secrets.delete(client.id, secret.id)
        return confirm() if _is_token_accepted(session) else contradict("they are invalid too")


def _create_key(sandbox: Sandbox, suffix: str) -> tuple[ApiClient, NewApiClientSecret]:
    client = sandbox.create(suffix)
    return client, sandbox.create_secret(client.id, _ORDINARY)


def _is_token_accepted(session: ZIdentity) -> bool:
    """Whether a token that ZDX has accepted before is accepted still."""
    try:
        session.call_zdx()
    except (AuthenticationError, PermissionDeniedError):
        return False
    return True


def _check_accepted(sandbox: Sandbox, client: ApiClient, lifetime: timedelta) -> Outcome:
    sandbox.revoke_secrets(client.id)
    expires_at = sandbox.zidentity.now() + lifetime
    try:
        secret = sandbox.clients.secrets.create(client.id, expires_at)
    except BadRequestError as error:
        return contradict(f"refused with status {error.status}")
    if int(secret.expires_at.timestamp()) != int(expires_at.timestamp()):
        return contradict(f"requested {expires_at:%Y-%m-%d %H:%M:%S}, got {secret.expires_at}")
    return confirm("exact to the second")


def _check_refused(sandbox: Sandbox, client: ApiClient, lifetime: timedelta) -> Outcome:
    sandbox.revoke_secrets(client.id)
    try:
        secret = sandbox.create_secret(client.id, lifetime)
    except BadRequestError as error:
        return confirm(f"status {error.status}")
    return contradict(f"accepted, valid until {secret.expires_at:%Y-%m-%d}")


SECRET_ASSUMPTIONS = (
    Assumption("A client can authenticate with a new secret at once", _check_authenticates_at_once),
    Assumption(
        "A secret for 30 days and 1 hour is created as requested",
        partial(_check_accepted, lifetime=_SHORTEST + _HOUR),
    ),
    Assumption(
        "A secret for 365 days minus 1 hour is created as requested",
        partial(_check_accepted, lifetime=_LONGEST - _HOUR),
    ),
    Assumption(
        "A secret for 29 days is refused", partial(_check_refused, lifetime=_SHORTEST - _DAY)
    ),
    Assumption(
        "A secret for 366 days is refused", partial(_check_refused, lifetime=_LONGEST + _DAY)
    ),
    Assumption("A third secret replaces the newest", _check_third_replaces_newest),
    Assumption("A revoked secret stops working at once", _check_revoked_at_once),
    Assumption("A disabled client stops authenticating at once", _check_disabled_at_once),
    Assumption("A client that is enabled again can authenticate at once", _check_enabled_at_once),
    Assumption(
        "accessTokenLifeTime is in seconds: a client with 60 gets a token for 60 seconds",
        _check_token_lifetime,
    ),
    Assumption("The ZDX API accepts an access token of a key", _check_zdx_accepts_token),
    Assumption(
        "Disabling a client invalidates its access tokens at once", _check_tokens_of_disabled
    ),
    Assumption("Deleting a client invalidates its access tokens at once", _check_tokens_of_deleted),
    Assumption(
        "Revoking a secret doesn't invalidate the access tokens requested with it",
        _check_tokens_of_revoked,
    ),
)
