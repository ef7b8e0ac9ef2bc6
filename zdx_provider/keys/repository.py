"""The ZDX keys of one tenant: list, find, create, refresh, update, rotate and delete."""

import difflib
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from zdx_provider.errors import ZdxError
from zdx_provider.keys.clients import (
    Clients,
    HeldSecrets,
    ListedClients,
    NoFreeSlot,
    create_secret,
    free_a_slot,
    revoke,
    secrets_of,
    secrets_of_client,
)
from zdx_provider.keys.key import (
    Created,
    Key,
    KeyGone,
    KeyLeftBehind,
    KeyPartlyUpdated,
    KeySpec,
    Mark,
    Replaced,
    key_of,
    mark_in,
    with_role_names,
)
from zdx_provider.keys.ownership import (
    FoundKey,
    KeyTaken,
    Permissions,
    created_twice,
    key_to_take,
    renamed_to_taken_name,
)
from zdx_provider.keys.roles import (
    OfferedRoles,
    Role,
    find_role,
    scopes_of_other_services,
    scopes_of_services,
    service_id,
    service_ids,
)
from zdx_provider.zidentity import (
    ApiClient,
    ApiClientSecret,
    NewApiClientSecret,
    NotFoundError,
    Tenant,
    ZIdentity,
    ZIdentityError,
    add_key_name,
)


class Keys:
    """The ZDX keys of one tenant, for all threads of a process.

    Args:
        zidentity: The tenant.
        monotonic: Seconds of a clock that never jumps.
        sleep: Waits that many seconds.
        new_claim: Draws the random token of a new mark.
    """

    def __init__(
        self,
        zidentity: ZIdentity,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        new_claim: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._zidentity = zidentity
        self._new_claim = new_claim
        self._roles = OfferedRoles(zidentity)
        self._clients = Clients(zidentity, self._roles, monotonic, sleep)
        self._names_lock = threading.Lock()
        self._name_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def find_role(self, wanted: str) -> Role:
        """The role of that name or id; see `roles.find_role`."""
        return find_role(wanted, self._roles.known())

    def create(self, spec: KeySpec, lifetime: timedelta, allowed: Permissions) -> Created:
        """Make a key; or finish or take over the one that has its name, where that is allowed.

        Args:
            spec: What is declared.
            lifetime: How long its secret is to live.
            allowed: What the user has allowed about keys that are there already.

        Raises:
            KeyTaken: The name belongs to a key that may not be touched.
            KeyLeftBehind: A client was made that has no secret and could not be removed.
            ZIdentityError: The tenant could not be asked, or refused. No key was made.
        """
        mark = Mark(spec.owner, self._new_claim())
        with add_key_name(spec.name), self._name_lock(spec.name):
            found = key_to_take(self._found(spec), spec.owner, allowed)
            if found is None:
                return self._make(spec, mark, lifetime)
            return self._take_over(found, spec, mark, lifetime)

    def read(self, key_id: str, name: str, role_id: str | None = None) -> Key | None:
        """A key as the tenant holds it; None when it is gone.

        Args:
            key_id: The key.
            name: Its name, for messages.
            role_id: The role that the state knows, which tells the ZDX scopes from others
                without asking for the tenant's roles.
        """
        with add_key_name(name):
            client = self._clients.find(key_id)
            if client is None:
                return None
            present = self._clients.list_secrets(client)
            if present is None:
                return None
            return self._named(key_of(client, self._zdx_services(role_id), present))

    def update(
        self, key_id: str, spec: KeySpec, *, previous_name: str, previous_owner: str, claim: str
    ) -> str:
        """Bring a key to what is declared: one GET, and one PUT where something differs.

        Args:
            key_id: The key.
            spec: What is declared now.
            previous_name: The name that the state knows.
            previous_owner: The owner that the state knows; it differs after a rename.
            claim: The claim that the state knows; empty for a key that was imported.

        Returns:
            The claim that the state is to know.

        Raises:
            KeyGone: There is no such key any more.
            KeyTaken: It belongs to another resource now.
            ZIdentityError: The tenant could not be asked, or refused.
        """
        with add_key_name(spec.name):
            client = self._clients.find_now(key_id)
            if client is None:
                raise KeyGone(
                    f'the key "{spec.name}" ({key_id}) is not in the tenant any more.',
                    hint="Run pulumi up --refresh to make it anew.",
                )
            found = mark_in(client.description)
            if found and found.who not in (spec.owner, previous_owner):
                raise KeyTaken(
                    f'the key "{spec.name}" ({key_id}) belongs to {found.who} now.',
                    hint="To leave it there, remove this declaration (the key stays); to take "
                    "it back, run pulumi state delete for this resource and declare adopt=True.",
                )
            if found and claim and found.claim != claim:
                raise KeyTaken(
                    f'the key "{spec.name}" ({key_id}) was taken over by another run of this '
                    "resource, which this state doesn't know: there is a second copy of the state.",
                    hint="Use the other state, and remove this one. To take the key back, run "
                    "pulumi state delete for this resource and declare adopt=True.",
                )
            mark = Mark(spec.owner, found.claim if found else claim or self._new_claim())
            if spec.name == previous_name == client.name:
                self._clients.bring(client, spec, mark)
            else:
                self._rename(client, spec, mark)
            return claim or mark.claim

    def replace_secret(
        self, key_id: str, name: str, held: HeldSecrets, lifetime: timedelta
    ) -> Replaced:
        """Give a key a new secret; the one that the state holds is not touched.

        Args:
            key_id: The key.
            name: Its name, for messages.
            held: The secrets that the state knows.
            lifetime: How long the new one is to live.

        Raises:
            KeyPartlyUpdated: The key has no new secret; what was changed before stays changed.
        """
        with add_key_name(name):
            try:
                present = secrets_of(self._zidentity, key_id)
                remaining = free_a_slot(self._zidentity, key_id, held, present)
                ids = {secret.id for secret in remaining}
                minted = create_secret(self._zidentity, key_id, lifetime, ids)
            except (ZIdentityError, NoFreeSlot) as error:
                raise KeyPartlyUpdated(
                    f'the key "{name}" is as declared now, but it has no new secret yet.',
                    hint=f"Run pulumi up again once this is settled: {error}",
                ) from None
            # The one that remains is the state's own, unless that is gone: then it is recorded all
            # the same, so that no secret works that no state knows.
            return Replaced(minted, next(iter(ids), None))

    def revoke(self, key_id: str, name: str, secret_id: str) -> None:
        """End one secret of a key; one that is gone already is no failure.

        Raises:
            ZIdentityError: It could not be ended.
        """
        with add_key_name(name):
            revoke(self._zidentity, key_id, secret_id)

    def delete(self, key_id: str, name: str, state_mark: Mark) -> Mark | None:
        """Remove a key, if it is still the one that the state means.

        Args:
            key_id: The key.
            name: Its name, for messages.
            state_mark: The mark that the state knows; its `who` is empty for a key that had none.

        Returns:
            None when the key is gone; the key's mark when that is not the state's. Somebody has
            taken it over since, or the state is a copy: the key was left alone.
        """
        with add_key_name(name):
            client = self._clients.find_now(key_id)
            if client is None:
                return None
            mark = mark_in(client.description)
            if mark and not _is_same(mark, state_mark):
                return mark
            self._clients.remove(key_id)
            return None

    def _found(self, spec: KeySpec) -> list[FoundKey]:
        found = []
        for client in self._clients.find_by_name(spec.name):
            shown = self._clients.list_secrets(client)
            # One that this process has created is not shown yet; any other one is gone.
            if shown is None and not self._clients.is_own(client.id):
                continue
            others = scopes_of_other_services(client, {service_id(spec.role_id)})
            found.append(FoundKey(client, shown or (), others, is_shown=shown is not None))
        return found

    def _make(self, spec: KeySpec, mark: Mark, lifetime: timedelta) -> Created:
        client = self._clients.post(spec, mark)
        # A list that was asked for before the POST doesn't show who got the name meanwhile. This
        # one runs beside the creation of the secret.
        listed = self._clients.start_list()
        try:
            secret = create_secret(self._zidentity, client.id, lifetime, known=())
            self._require_sole_name(client, listed.result())
        except BaseException as error:
            self._undo(client, error)
            raise
        self._clients.record(client)
        return Created(client.id, mark, secret)

    def _require_sole_name(self, client: ApiClient, listed: ListedClients) -> None:
        others = self._clients.find_namesakes(client.id, client.name, listed)
        if others:
            raise created_twice(client.name, client.id, others)

    def _undo(self, client: ApiClient, cause: BaseException) -> None:
        try:
            self._clients.remove(client.id)
        except ZIdentityError as error:
            reason = f" ({cause.problem})" if isinstance(cause, ZdxError) else ""
            raise KeyLeftBehind(
                f'the key "{client.name}" was made ({client.id}), got no secret that is known'
                f"{reason}, and could not be removed again: {error.problem}.",
                hint="Run pulumi up again: it finds the key by its mark, and finishes it or says "
                "how to take it over.",
            ) from cause

    def _take_over(
        self, found: FoundKey, spec: KeySpec, mark: Mark, lifetime: timedelta
    ) -> Created:
        # The mark first, the secret after it: a run that is killed between the two leaves a key
        # that the next run may finish, and no secret that nobody knows.
        known = {secret.id for secret in found.secrets}
        secret = None
        try:
            self._clients.bring(found.client, spec, mark)
            self._require_same_secrets(found, known)
            secret = create_secret(self._zidentity, found.id, lifetime, known)
            self._require_taken_over(found, mark, secret)
        except BaseException as error:
            self._give_back(found.client, mark, secret, error)
            raise
        previous_id = found.secrets[-1].id if found.secrets else None
        return Created(found.id, mark, secret, previous_id, found.other_scopes)

    def _require_same_secrets(self, found: FoundKey, known: set[str]) -> None:
        """Stop where another run works on the same key: a third secret would replace its own."""
        if {secret.id for secret in secrets_of(self._zidentity, found.id)} != known:
            raise KeyTaken(
                f"the secrets of the key {found} changed while it was taken over.",
                hint="Make sure that no one else takes it over, then run pulumi up again.",
            )

    def _require_taken_over(self, found: FoundKey, mark: Mark, secret: NewApiClientSecret) -> None:
        """Look once more: of two runs that took the key over, only one may say so."""
        taker = self._clients.find_taker(found.id, mark, secret.id)
        if taker is not None:
            raise KeyTaken(
                f"the key {found} was taken over by {taker} at the same time.",
                hint="Declare it in one place only. A secret created there may have been replaced "
                "by this run: run pulumi up --refresh there.",
            )

    def _give_back(
        self, before: ApiClient, mark: Mark, secret: NewApiClientSecret | None, cause: BaseException
    ) -> None:
        """Undo a take-over that failed, as far as no one else has changed the key since."""
        try:
            if secret is not None:
                revoke(self._zidentity, before.id, secret.id)
            now = self._clients.find_now(before.id)
            if now is not None and mark_in(now.description) == mark:
                self._clients.replace(before)
        except ZdxError as error:
            reason = f" ({cause.problem})" if isinstance(cause, ZdxError) else ""
            raise KeyLeftBehind(
                f'the key "{before.name}" ({before.id}) could not be taken over{reason}, and '
                f"could not be written back as it was: {error.problem}.",
                hint="Run pulumi up again: it takes the key over, or says how.",
            ) from cause

    def _rename(self, client: ApiClient, spec: KeySpec, mark: Mark) -> None:
        """Write a key under a new name as declared, unless another key has that name."""
        with self._name_lock(spec.name):
            others: Sequence[ApiClient] = ()
            if client.name != spec.name:
                others = [c for c in self._clients.find_by_name(spec.name) if c.id != client.id]
            if not others:
                self._clients.bring(client, spec, mark)
                others = self._clients.find_namesakes(client.id, spec.name)
                if others:
                    self._name_back(client, spec, others)
            if others:
                raise renamed_to_taken_name(spec.name, client.id, others)

    def _name_back(self, client: ApiClient, spec: KeySpec, others: Sequence[ApiClient]) -> None:
        try:
            self._clients.replace(client)
        except ZIdentityError as error:
            raise KeyPartlyUpdated(
                f'the key {client.id} is named "{spec.name}" now, as {others[0].id} is, and could '
                f"not be named back: {error.problem}.",
                hint="Delete or rename the other one, then run pulumi up again.",
            ) from None

    def _zdx_services(self, role_id: str | None) -> frozenset[str]:
        if role_id:
            return frozenset({service_id(role_id)})
        return service_ids(self._roles.known())

    def _named(self, key: Key) -> Key:
        """The key with its roles' names, which some tenants leave out where a client holds them."""
        if all(scope.name for scope in key.roles):
            return key
        return with_role_names(key, self._roles.known())

    def _name_lock(self, name: str) -> threading.Lock:
        with self._names_lock:
            return self._name_locks[name]


def _is_same(mark: Mark, state_mark: Mark) -> bool:
    return mark.claim == state_mark.claim and state_mark.who in ("", mark.who)


_WORKERS = 4  # as many as the wire keeps connections

_NOT_HERE = "Keys made in the ZDX portal are not in ZIdentity; zdx-keys list shows those that are."

T = TypeVar("T")


class KeyNotIdentified(ZdxError):
    """No key, or more than one, answers to what was asked for."""


class Inventory:
    """What a tenant has; may be asked by several threads at once.

    Attributes:
        roles: The ZDX roles that it offers, which tell ZDX keys from other API clients.

    Args:
        zidentity: The tenant.
    """

    def __init__(self, zidentity: ZIdentity) -> None:
        self._zidentity = zidentity
        self.roles = OfferedRoles(zidentity)

    @property
    def tenant(self) -> Tenant:
        """The tenant."""
        return self._zidentity.tenant

    def clients(self) -> list[ApiClient]:
        """The API clients that hold a role of ZDX: one call for each thousand of all clients.

        Raises:
            ZIdentityError: The tenant could not be asked, or refused.
        """
        return [client for client in self._zidentity.api_clients.list() if self._is_key(client)]

    def without_secrets(self) -> list[Key]:
        """Every key, its secrets not asked for: no call a key where lists come with descriptions.

        Raises:
            ZIdentityError: The tenant could not be asked, or refused.
        """
        return [self._key(client, ()) for client in _each(self._described, self.clients())]

    def read(self, clients: Iterable[ApiClient]) -> Iterator[Key]:
        """Each of these as a key with its secrets, but for those that are gone: one call a key.

        Raises:
            ZIdentityError: The tenant could not be asked, or refused.
        """
        return _each(self._read, clients)

    def named(self, name: str) -> Key:
        """The one key of exactly that name.

        Raises:
            KeyNotIdentified: There is none, or more than one.
            ZIdentityError: The tenant could not be asked, or refused.
        """
        return self._named(name, self._zidentity.api_clients.list())

    def find(self, wanted: str) -> Key:
        """The one key of that id or, where no client has it, of exactly that name.

        Raises:
            KeyNotIdentified: There is none, or more than one.
            ZIdentityError: The tenant could not be asked, or refused.
        """
        listed = self._zidentity.api_clients.list()
        ids, names = {client.id for client in listed}, {client.name for client in listed}
        # What is not listed may not be listed yet; only its own id finds it then.
        if wanted in ids or (wanted not in names and self._zidentity.api_clients.find(wanted)):
            return self.identified(wanted)
        return self._named(wanted, listed)

    def identified(self, key_id: str) -> Key:
        """The key of that id.

        Raises:
            KeyNotIdentified: There is none.
            ZIdentityError: The tenant could not be asked, or refused.
        """
        client = self._zidentity.api_clients.find(key_id)
        if client is not None and not self._is_key(client):
            raise _no_role(client)
        key = self._read(client) if client is not None else None
        if key is None:
            raise KeyNotIdentified(
                f"the tenant {self.tenant} has no API client {key_id}.",
                hint=_NOT_HERE,
            )
        return key

    def _named(self, name: str, listed: Sequence[ApiClient]) -> Key:
        namesakes = [client for client in listed if client.name == name]
        matches = [client for client in namesakes if self._is_key(client)]
        if len(matches) > 1:
            raise _several(name, list(_each(lambda c: self._described(c) or c, matches)))
        key = self._read(matches[0]) if matches else None
        if key is not None:
            return key
        if namesakes and not matches:
            raise _no_role(namesakes[0])
        raise _unknown_name(self.tenant, name, filter(self._is_key, listed))

    def _read(self, client: ApiClient) -> Key | None:
        described = self._described(client)
        if described is None:
            return None
        try:
            present = secrets_of_client(self._zidentity, client)
        except NotFoundError:
            # One wrong answer must not make a key vanish from a list.
            if self._zidentity.api_clients.find(client.id) is not None:
                raise
            return None
        return self._key(described, present)

    def _described(self, client: ApiClient) -> ApiClient | None:
        # Some tenants list clients without their descriptions.
        if "description" in client.model_fields_set:
            return client
        return self._zidentity.api_clients.find(client.id)

    def _is_key(self, client: ApiClient) -> bool:
        return any(scopes_of_services(client, service_ids(self.roles.known())))

    def _key(self, client: ApiClient, present: tuple[ApiClientSecret, ...]) -> Key:
        roles = self.roles.known()
        return with_role_names(key_of(client, service_ids(roles), present), roles)


def _each(look: Callable[[ApiClient], T | None], clients: Iterable[ApiClient]) -> Iterator[T]:
    """What is found of each client, several at a time, in their order."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        yield from (found for found in pool.map(look, clients) if found is not None)


def _several(name: str, found: Sequence[ApiClient]) -> KeyNotIdentified:
    def spelled(client: ApiClient) -> str:
        mark = mark_in(client.description)
        return f"{client.id} ({mark.who if mark else 'not made by Pulumi'})"

    return KeyNotIdentified(
        f'{len(found)} ZDX keys are named "{name}": {", ".join(map(spelled, found))}.',
        hint=f"Name the one that is meant by its id, such as {found[0].id}.",
    )


def _no_role(client: ApiClient) -> KeyNotIdentified:
    return KeyNotIdentified(
        f'the API client "{client.name}" ({client.id}) holds no role of ZDX that these '
        "credentials can see, so it is no ZDX key.",
        hint="zdx-keys list shows the keys, and zdx-keys roles the roles.",
    )


def _unknown_name(tenant: Tenant, name: str, keys: Iterable[ApiClient]) -> KeyNotIdentified:
    ids = {key.name: key.id for key in keys}
    folded = {known.casefold(): known for known in ids}
    near = [folded[match] for match in difflib.get_close_matches(name.casefold(), folded)]
    similar = ", ".join(f'"{known}" ({ids[known]})' for known in near)
    meant = f"Similar: {similar}. " if similar else ""
    return KeyNotIdentified(
        f'the tenant {tenant} has no ZDX key named "{name}".',
        hint=f"{meant}{_NOT_HERE}",
    )
