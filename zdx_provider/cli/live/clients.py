"""What is assumed about API clients: names, descriptions, lists, roles, statuses."""

from zdx_provider.cli.live.findings import Assumption, Outcome, at_once, differs, holds, unknown
from zdx_provider.cli.live.trial import Trial
from zdx_provider.domain import limits
from zdx_provider.domain.mark import Mark, marked_description, split_description
from zdx_provider.domain.scopes import granting, scopes_of_services
from zdx_provider.zidentity import ApiClient, ApiResource, Conflict, InvalidRequest, NotFound, Scope

_DESCRIPTION_LENGTHS = (255, 1000, 4000)
_MARK = Mark("project/stack/key", "0123456789abcdef")
_TOKEN_LIFETIMES = (limits.MIN_TOKEN_LIFETIME_SECONDS, limits.MAX_TOKEN_LIFETIME_SECONDS)


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
    except (Conflict, InvalidRequest) as error:
        return differs(f"refused with status {error.status}: names are unique")
    return holds()


def _long_name(trial: Trial, client: ApiClient) -> Outcome:
    name = f"{trial.prefix}ünï cödé & <signs> ".ljust(limits.MAX_NAME_LENGTH, "x")
    return _kept("name", name, trial.write(client.id, name=name).name)


def _long_description(trial: Trial, client: ApiClient) -> Outcome:
    longest = 0
    for length in _DESCRIPTION_LENGTHS:
        sent = marked_description("d" * length, _MARK)
        try:
            read = trial.write(client.id, description=sent).description
        except InvalidRequest:
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
    except InvalidRequest as error:
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
    except InvalidRequest:
        return holds()
    return differs("59 is accepted too")


def _deleted_at_once(trial: Trial, _: ApiClient) -> Outcome:
    gone = trial.make("gone").id
    trial.clients.delete(gone)

    def is_gone() -> bool:
        try:
            trial.clients.get(gone)
        except NotFound:
            return True
        return False

    return at_once(trial.seconds_until(is_gone))


def _deleted_twice(trial: Trial, _: ApiClient) -> Outcome:
    gone = trial.make("gone-twice").id
    trial.clients.delete(gone)
    try:
        trial.clients.delete(gone)
    except NotFound:
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
