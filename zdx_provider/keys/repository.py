"""The ZDX keys of one tenant: list, find, create, refresh, update, rotate and delete."""

import difflib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from zdx_provider.errors import ZdxError
from zdx_provider.keys.clients import ClientStore
from zdx_provider.keys.conversion import (
    add_encoding_hint,
    choose_authentication,
    require_kind,
    update_client,
)
from zdx_provider.keys.inputs import ATTRIBUTES, KeyInputs
from zdx_provider.keys.key import CreatedKey, Key, NewSecret, UpdatedKey
from zdx_provider.keys.marker import (
    OwnershipMarker,
    create_ownership_id,
    format_description,
    parse_marker,
)
from zdx_provider.keys.ownership import (
    KeyConflictError,
    TakeOverOptions,
    build_created_twice_error,
    build_taken_name_error,
    can_delete,
    choose_key_to_take_over,
    describe_key,
    format_owners,
    require_owned,
)
from zdx_provider.keys.read_ahead import ListedClients
from zdx_provider.keys.roles import (
    Role,
    build_resources,
    find_role,
    find_scopes,
    parse_roles,
    parse_service_id,
)
from zdx_provider.keys.rotation import Rotation, choose_secret_to_revoke
from zdx_provider.keys.state import KeyState
from zdx_provider.text import quote_shell
from zdx_provider.zidentity import (
    ApiClient,
    ApiClientRequest,
    ApiClientSecret,
    BadRequestError,
    ConflictError,
    NewApiClientSecret,
    NotFoundError,
    PermissionDeniedError,
    StatusError,
    Tenant,
    ZIdentity,
    ZIdentityError,
    add_key_name,
)
from zdx_provider.zidentity.models import MAX_API_CLIENTS, MAX_SECRETS

_WORKERS = 4  # as many as there are pooled connections for reads

_NOT_HERE = (
    "Keys created in the ZDX portal are not in ZIdentity. To see the keys in ZIdentity, run "
    "zdx-keys list."
)

ClientOrRequest = TypeVar("ClientOrRequest", bound=ApiClientRequest)
S = TypeVar("S")
T = TypeVar("T")


FULL_TENANT_HINT = (
    "Delete unused API clients. To find unused ZDX keys, run zdx-keys list: it shows the keys that "
    "are disabled, that have no valid secret, and that no stack manages. ZIdentity shows all API "
    "clients under API Clients."
)


class KeyRepository:
    """The ZDX keys of one tenant, for all threads of a process.

    There are two ways to read. Lookups and the command line read the tenant *now*. A refresh and
    a create use a cached list of all clients, which includes what this process wrote.

    Attributes:
        zidentity: The tenant's API.

    Args:
        zidentity: The tenant's API.
        monotonic: Gives seconds of a clock that never jumps.
        sleep: Waits that many seconds.
        create_ownership_id: Creates the random token of a new ownership marker.
    """

    def __init__(
        self,
        zidentity: ZIdentity,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        create_ownership_id: Callable[[], str] = create_ownership_id,
    ) -> None:
        self.zidentity = zidentity
        self._clients = ClientStore(zidentity, monotonic, sleep)
        self._create_ownership_id = create_ownership_id
        self._roles_lock = threading.Lock()
        self._roles: list[Role] | None = None
        self._names_lock = threading.Lock()
        self._name_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @property
    def tenant(self) -> Tenant:
        """The tenant."""
        return self.zidentity.tenant

    # Roles

    def list_roles(self) -> list[Role]:
        """List the ZDX roles that the tenant offers now, in the tenant's order.

        Raises:
            ZIdentityError: The tenant can't be reached, or refused.
        """
        return parse_roles(self.zidentity.resource_servers.list())

    def get_roles(self) -> list[Role]:
        """Return the ZDX roles that the tenant offered when they were first needed.

        Raises:
            ZIdentityError: The tenant can't be reached, or refused.
        """
        with self._roles_lock:
            if self._roles is None:
                self._roles = self.list_roles()
            return self._roles

    def find_role(self, wanted: str) -> Role:
        """Return the role of that name or ID; see `roles.find_role`."""
        return find_role(wanted, self.get_roles())

    # Read now

    def list_keys(self) -> list[Key]:
        """List the keys of the tenant, with their descriptions and without their secrets.

        That takes one request, and one per key on tenants that list clients without their
        descriptions.

        Raises:
            ZIdentityError: The tenant can't be reached, or refused.
        """
        clients = [client for client in self.zidentity.api_clients.list() if self._is_key(client)]
        return [self._build_key(client) for client in _map(self._find_described, clients)]

    def read_secrets(self, keys: Iterable[Key]) -> Iterator[Key]:
        """Read the secrets of keys, several at a time and in order; skip keys that are gone.

        Raises:
            ZIdentityError: The tenant can't be reached, or refused.
        """
        return _map(self._read_secrets, keys)

    def get_key(self, key_id: str) -> Key:
        """Return the key of that ID, with its secrets.

        Raises:
            ZdxError: There is none.
            ZIdentityError: The tenant can't be reached, or refused.
        """
        client = self.zidentity.api_clients.find(key_id)
        if client is not None and not self._is_key(client):
            raise _build_no_role_error(client)
        key = self._read_secrets(self._build_key(client)) if client is not None else None
        if key is None:
            raise ZdxError(
                f"the tenant {self.tenant} has no API client {key_id}.",
                hint=_NOT_HERE,
            )
        return key

    def get_key_by_name(self, name: str) -> Key:
        """Return the one key of exactly that name, with its secrets.

        Raises:
            ZdxError: There is none, or more than one.
            ZIdentityError: The tenant can't be reached, or refused.
        """
        return self._get_by_name(name, self.zidentity.api_clients.list())

    def get_key_by_name_or_id(self, wanted: str) -> Key:
        """Return the one key of that ID or, if no client has it, of exactly that name.

        Raises:
            ZdxError: There is none, or more than one.
            ZIdentityError: The tenant can't be reached, or refused.
        """
        listed = self.zidentity.api_clients.list()
        ids, names = {client.id for client in listed}, {client.name for client in listed}
        # An unlisted client may not be listed yet; only its ID finds it then.
        if wanted in ids or (wanted not in names and self.zidentity.api_clients.find(wanted)):
            return self.get_key(wanted)
        return self._get_by_name(wanted, listed)

    # Read from the cached list

    def find_key(
        self, key_id: str, name: str, role_id: str | None = None, managed_by: str = ""
    ) -> Key | None:
        """Return a key with its secrets; None if it is gone.

        Args:
            key_id: The key.
            name: Its name, for messages.
            role_id: The role ID in the state, which distinguishes the ZDX scopes without
                a request for the tenant's roles.
            managed_by: The owner in the state of a key that is refreshed; see
                `ClientStore.find_with_secrets`.
        """
        with add_key_name(name):
            match = self._clients.find_with_secrets(key_id, managed_by)
            if match is None:
                return None
            client, secrets = match
            services = {parse_service_id(role_id)} if role_id else self._list_services()
            key = Key(client, tuple(find_scopes(client, services)), secrets)
            if all(scope.name for scope in key.scopes):
                return key
            # Some tenants list a client's scopes without their names.
            return key.with_role_names(self.get_roles())

    # Write

    def create_key(self, inputs: KeyInputs, role: Role, options: TakeOverOptions) -> CreatedKey:
        """Create a key, or finish or take over the key that has its name if that is allowed.

        Args:
            inputs: The declared inputs.
            role: The declared role.
            options: What the user allows about keys that already exist.

        Raises:
            KeyConflictError: The name belongs to a key that may not be changed.
            ZdxError: A client was created that has no secret and could not be deleted.
            ZIdentityError: The tenant can't be reached, or refused. No key was created.
        """
        marker = OwnershipMarker(inputs.managed_by, self._create_ownership_id())
        lifetime = (inputs.rotation or Rotation()).lifetime
        with add_key_name(inputs.name), self._get_name_lock(inputs.name):
            key = choose_key_to_take_over(
                self._find_by_name(inputs.name, role),
                inputs.managed_by,
                options,
                inputs.authentication,
                self.zidentity.now(),
            )
            if key is None:
                return self._create(inputs, role, marker, lifetime)
            return self._take_over(key, inputs, role, marker, lifetime)

    def update_key(self, state: KeyState, inputs: KeyInputs, role_id: str) -> UpdatedKey:
        """Update a key to its inputs: one GET, and one PUT if something differs.

        ZIdentity lists no secrets of a key that uses none, so they are listed before the PUT.

        Args:
            state: The state of the key.
            inputs: The declared inputs.
            role_id: The ID of the declared role.

        Raises:
            KeyConflictError: Another resource manages the key now.
            ZdxError: There is no such key any more.
            ZIdentityError: The tenant can't be reached, or refused.
        """
        with add_key_name(inputs.name):
            client = self._clients.find_now(state.key_id)
            if client is None:
                raise ZdxError(
                    f'the key "{inputs.name}" ({state.key_id}) no longer exists in the tenant.',
                    hint="Run pulumi up --refresh to create it again.",
                )
            before = parse_marker(client.description)
            require_owned(before, state, inputs)
            ownership_id = before.ownership_id if before else state.ownership_id
            marker = OwnershipMarker(inputs.managed_by, ownership_id or self._create_ownership_id())
            stops_using_secrets = client.has_secrets and inputs.authentication is not None
            last_ids = self._list_alive(client.id) if stops_using_secrets else None
            if inputs.name == state.name == client.name:
                self._write(client, inputs, role_id, marker)
            else:
                self._rename(client, inputs, role_id, marker)
            return UpdatedKey(state.ownership_id or marker.ownership_id, last_ids)

    def rotate_secret(self, state: KeyState, name: str, lifetime: timedelta) -> NewSecret:
        """Create a new secret for a key; its current secret stays.

        Args:
            state: The state of the key.
            name: The key's name, for messages.
            lifetime: The lifetime of the new secret.

        Raises:
            ZdxError: The key has no new secret; what was changed before stays changed.
        """
        with add_key_name(name):
            is_first = state.authentication is not None
            try:
                remaining = self._free_secret_slot(state)
                ids = {secret.id for secret in remaining}
                secret = self._clients.create_secret(state.key_id, lifetime, ids)
            except (ZIdentityError, _NoFreeSlotError) as error:
                missing = "it has no secret yet" if is_first else "its secret was not rotated"
                # The state still has what the key authenticated with.
                undo = (
                    " To go back to a key without a secret instead, run pulumi up --refresh."
                    if is_first
                    else ""
                )
                raise ZdxError(
                    f'the key "{name}" is up to date, but {missing}.',
                    hint=f"Run pulumi up again after you fix this: {error}{undo}",
                ) from None
            # The secret that remains is the current one, unless that is gone. It is recorded in
            # either case, so that no unknown secret works.
            return NewSecret(secret, next(iter(ids), None))

    def revoke_secret(self, key_id: str, name: str, secret_id: str) -> None:
        """Revoke a secret of a key; one that is gone already is no failure.

        Raises:
            ZIdentityError: It could not be revoked.
        """
        with add_key_name(name):
            self._clients.revoke_secret(key_id, secret_id)

    def delete_key(self, state: KeyState) -> OwnershipMarker | None:
        """Delete a key, if it is still the one of the state.

        Args:
            state: The state of the key.

        Returns:
            None if the key is gone. The key's marker if it isn't the state's: another owner has
            taken the key over, or the state is a copy. The key was kept.
        """
        with add_key_name(state.name):
            return self._clients.delete_own(state.key_id, lambda marker: can_delete(marker, state))

    def _find_by_name(self, name: str, role: Role) -> list[Key]:
        keys = []
        for client in self._clients.find_by_name(name):
            secrets = self._clients.find_secrets(client)
            # A client that this process created isn't shown yet; any other one is gone.
            if secrets is None and not self._clients.is_written(client.id):
                continue
            scopes = tuple(find_scopes(client, {role.service_id}))
            keys.append(Key(client, scopes, secrets))
        return keys

    def _list_alive(self, client_id: str) -> tuple[str, ...]:
        """Return the IDs of the secrets of a client that work, oldest first."""
        now = self.zidentity.now()
        return tuple(s.id for s in self._clients.list_secrets(client_id) if s.expires_at > now)

    def _create(
        self, inputs: KeyInputs, role: Role, marker: OwnershipMarker, lifetime: timedelta
    ) -> CreatedKey:
        request = ApiClientRequest(name=inputs.name, client_resources=build_resources((), role))
        try:
            client = self._clients.create(_with_inputs(request, inputs, marker))
        except StatusError as refusal:
            raise self._explain_refusal(add_encoding_hint(refusal, inputs.authentication)) from None
        secret = None
        # A list that was read before the POST doesn't show who got the name meanwhile. This one
        # runs beside the creation of the secret. It has only that name, so it stays as short as
        # the creation is; it counts only if it has the client itself.
        listed = self._clients.start_list(client.name)
        try:
            if inputs.authentication is None:
                secret = self._clients.create_secret(client.id, lifetime, known_ids=())
            else:
                require_kind(self._clients, client, inputs.authentication)
            self._require_sole_name(client, listed.result())
        except BaseException as error:
            self._undo_create(client, error)
            raise
        self._clients.record(client)
        if secret is None:
            return CreatedKey(_build_own_key(client, role, marker, ()), None)
        key = _build_own_key(client, role, marker, (secret,))
        return CreatedKey(key, NewSecret(secret, None))

    def _explain_refusal(self, refusal: StatusError) -> StatusError:
        """Return the error of a client that was refused, with the limit if the tenant is at it.

        The code of that refusal is published nowhere. So any refusal that is about the request
        counts, if the tenant then lists as many clients as it can have.
        """
        if type(refusal) not in (BadRequestError, ConflictError, PermissionDeniedError):
            return refusal
        try:
            clients = self.zidentity.api_clients.list()
            keys = sum(map(self._is_key, clients))
        except ZIdentityError:
            return refusal
        if len(clients) < MAX_API_CLIENTS:
            return refusal
        return type(refusal)(
            f"{refusal.problem}; the tenant has {len(clients)} API clients, {keys} of them ZDX "
            f"keys, and ZIdentity allows {MAX_API_CLIENTS}",
            operation=refusal.operation,
            status=refusal.status,
            request_id=refusal.request_id,
            code=refusal.code,
            hint=FULL_TENANT_HINT,
        )

    def _require_sole_name(self, client: ApiClient, listed: ListedClients) -> None:
        others = self._clients.find_namesakes(client.id, client.name, listed)
        if others:
            raise build_created_twice_error(client.name, client.id, others)

    def _undo_create(self, client: ApiClient, cause: BaseException) -> None:
        try:
            self._clients.delete(client.id)
        except ZIdentityError as error:
            reason = f" ({cause.problem})" if isinstance(cause, ZdxError) else ""
            unusable = "it has no known secret" if client.has_secrets else "it cannot be used"
            raise ZdxError(
                f'the key "{client.name}" was created ({client.id}), but {unusable}{reason} and '
                f"could not be deleted: {error.problem}.",
                hint="Run pulumi up again. It finds the key by its ownership marker and "
                "finishes it, or says how to take it over.",
            ) from cause

    def _take_over(
        self,
        key: Key,
        inputs: KeyInputs,
        role: Role,
        marker: OwnershipMarker,
        lifetime: timedelta,
    ) -> CreatedKey:
        # The marker first, then the secret: a run that is killed between the two leaves a key
        # that the next run may finish, and no unknown secret.
        had_no_secrets = not key.client.has_secrets
        secret = None
        try:
            self._write(key.client, inputs, role.id, marker)
            if inputs.authentication is None:
                if had_no_secrets:
                    key = replace(key, secrets=self._list_earlier_secrets(key))
                known_ids = {secret.id for secret in key.secrets or ()}
                self._require_same_secrets(key, known_ids)
                secret = self._clients.create_secret(key.id, lifetime, known_ids)
            self._require_taken_over(key, marker, secret)
        except BaseException as error:
            self._undo_take_over(key.client, marker, secret, error)
            raise
        if secret is None:
            return CreatedKey(
                _build_own_key(key.client, role, marker, key.secrets or ()), None, had_no_secrets
            )
        previous_id = key.secrets[-1].id if key.secrets else None
        own_key = _build_own_key(key.client, role, marker, (*(key.secrets or ()), secret))
        return CreatedKey(own_key, NewSecret(secret, previous_id), had_no_secrets)

    def _list_earlier_secrets(self, key: Key) -> tuple[ApiClientSecret, ...]:
        """List the secrets of a key that uses secrets again: those of before it stopped.

        Raises:
            KeyConflictError: They leave no secret slot.
        """
        secrets = self._clients.list_secrets(key.id)
        if len(secrets) < MAX_SECRETS:
            return secrets
        raise KeyConflictError(
            f"the key {describe_key(key)} cannot be taken over with a secret, because its "
            f"{MAX_SECRETS} secret slots are in use ({', '.join(s.id for s in secrets)}): it had "
            "secrets before.",
            hint="Declare what it authenticates with (zdx-keys import-file writes it), and take it "
            "over. Then remove that from the program: the key gets a secret in place of the older "
            "one.",
        )

    def _require_same_secrets(self, key: Key, known_ids: set[str]) -> None:
        """Stop if another run works on the same key: a third secret would replace its secret."""
        if {secret.id for secret in self._clients.list_secrets(key.id)} != known_ids:
            raise KeyConflictError(
                f"the secrets of the key {describe_key(key)} changed during the take-over.",
                hint="Make sure that no one else takes it over, then run pulumi up again.",
            )

    def _require_taken_over(
        self, key: Key, marker: OwnershipMarker, secret: NewApiClientSecret | None
    ) -> None:
        """Read the key once more: of two runs that took it over, only one may succeed."""
        other = self._clients.find_other_owner(key.id, marker, secret.id if secret else None)
        if other is not None:
            raise KeyConflictError(
                f"the key {describe_key(key)} was taken over by {other} at the same time.",
                hint="Declare the key in one stack only. This run may have replaced a secret of "
                "the other stack: run pulumi up --refresh there.",
            )

    def _undo_take_over(
        self,
        before: ApiClient,
        marker: OwnershipMarker,
        secret: NewApiClientSecret | None,
        cause: BaseException,
    ) -> None:
        """Undo a take-over that failed, unless another run has changed the key since."""
        try:
            if secret is not None:
                self._clients.revoke_secret(before.id, secret.id)
            now = self._clients.find_now(before.id)
            if now is not None and parse_marker(now.description) == marker:
                self._clients.update(before)
        except ZdxError as error:
            reason = f" ({cause.problem})" if isinstance(cause, ZdxError) else ""
            raise ZdxError(
                f'the key "{before.name}" ({before.id}) could not be taken over{reason} and '
                f"could not be restored: {error.problem}.",
                hint="Run pulumi up again. It takes the key over, or says how.",
            ) from cause

    def _rename(
        self, client: ApiClient, inputs: KeyInputs, role_id: str, marker: OwnershipMarker
    ) -> None:
        """Update a client under a new name, unless another client has that name."""
        with self._get_name_lock(inputs.name):
            others: Sequence[ApiClient] = ()
            if client.name != inputs.name:
                others = [c for c in self._clients.find_by_name(inputs.name) if c.id != client.id]
            if not others:
                self._write(client, inputs, role_id, marker)
                others = self._clients.find_namesakes(client.id, inputs.name)
                if others:
                    self._undo_rename(client, inputs.name, others)
            if others:
                raise build_taken_name_error(inputs.name, client.id, others)

    def _undo_rename(self, client: ApiClient, name: str, others: Sequence[ApiClient]) -> None:
        try:
            self._clients.update(client)
        except ZIdentityError as error:
            raise ZdxError(
                f'the key {client.id} now has the name "{name}", which {others[0].id} has too, '
                f"and could not be renamed back: {error.problem}.",
                hint="Delete or rename the other key, then run pulumi up again.",
            ) from None

    def _write(
        self, client: ApiClient, inputs: KeyInputs, role_id: str, marker: OwnershipMarker
    ) -> None:
        """Update a client to its inputs and keep what is not ours; skip it if nothing differs."""
        new_client = _with_inputs(client, inputs, marker)
        role_ids = {scope.id for scope in find_scopes(client, {parse_service_id(role_id)})}
        if role_ids != {role_id}:
            resources = build_resources(client.client_resources, self.find_role(role_id))
            new_client = new_client.model_copy(update={"client_resources": resources})
        if new_client != client:
            update_client(self._clients, client, new_client, inputs.authentication)

    def _free_secret_slot(self, state: KeyState) -> tuple[ApiClientSecret, ...]:
        """Revoke a secret if the key has no free secret slot: never its current one.

        Returns:
            The secrets that remain, oldest first.

        Raises:
            _NoFreeSlotError: The state doesn't know which of the secrets is the current one.
        """
        secrets = self._clients.list_secrets(state.key_id)
        if len(secrets) < MAX_SECRETS:
            return secrets
        # A key without a current secret uses none of them. One that was changed manually may.
        current_id = state.secret_id if state.authentication is None else state.secret_id or ""
        to_revoke = choose_secret_to_revoke(
            secrets, current_id, state.previous_secret_id, self.zidentity.now()
        )
        if to_revoke is None:
            ids = " and ".join(secret.id for secret in secrets)
            raise _NoFreeSlotError(
                f"the state doesn't say which of the secrets {ids} is in use, and a third one "
                "would replace the newest.",
                hint=f"Revoke the unused one: zdx-keys revoke {quote_shell(state.key_id)} "
                "SECRET_ID. Then run pulumi up again.",
            )
        self._clients.revoke_secret(state.key_id, to_revoke.id)
        return tuple(secret for secret in secrets if secret.id != to_revoke.id)

    def _get_by_name(self, name: str, listed: Sequence[ApiClient]) -> Key:
        namesakes = [client for client in listed if client.name == name]
        matches = [client for client in namesakes if self._is_key(client)]
        if len(matches) > 1:
            raise _build_several_error(
                name, list(_map(lambda c: self._find_described(c) or c, matches))
            )
        client = self._find_described(matches[0]) if matches else None
        key = self._read_secrets(self._build_key(client)) if client else None
        if key is not None:
            return key
        if namesakes and not matches:
            raise _build_no_role_error(namesakes[0])
        raise _build_unknown_name_error(self.tenant, name, filter(self._is_key, listed))

    def _read_secrets(self, key: Key) -> Key | None:
        try:
            secrets = self._clients.list_secrets(key.id) if key.client.has_secrets else ()
        except NotFoundError:
            # One wrong response must not remove a key from a list.
            if self.zidentity.api_clients.find(key.id) is not None:
                raise
            return None
        return replace(key, secrets=secrets)

    def _find_described(self, client: ApiClient) -> ApiClient | None:
        # Some tenants list clients without their descriptions.
        if "description" in client.model_fields_set:
            return client
        return self.zidentity.api_clients.find(client.id)

    def _is_key(self, client: ApiClient) -> bool:
        return any(find_scopes(client, self._list_services()))

    def _build_key(self, client: ApiClient) -> Key:
        scopes = tuple(find_scopes(client, self._list_services()))
        return Key(client, scopes, None).with_role_names(self.get_roles())

    def _list_services(self) -> frozenset[str]:
        # A tenant may have ZDX several times.
        return frozenset(role.service_id for role in self.get_roles())

    def _get_name_lock(self, name: str) -> threading.Lock:
        with self._names_lock:
            return self._name_locks[name]


class _NoFreeSlotError(ZdxError):
    """A key has both of its secrets, and neither may be revoked."""


def _build_own_key(
    client: ApiClient,
    role: Role,
    marker: OwnershipMarker,
    secrets: tuple[ApiClientSecret, ...],
) -> Key:
    """Build a key that this process has just written; the tenant may not show all of it yet."""
    scopes = tuple(find_scopes(client, {role.service_id}))
    return Key(client.model_copy(update={"description": str(marker)}), scopes, secrets)


def _with_inputs(
    client: ClientOrRequest, inputs: KeyInputs, marker: OwnershipMarker
) -> ClientOrRequest:
    values = {name: getattr(inputs, name) for name in ATTRIBUTES}
    description = format_description(inputs.description, marker)
    authentication = choose_authentication(client.client_authentication, inputs.authentication)
    return client.model_copy(
        update={**values, "description": description, "client_authentication": authentication}
    )


def _map(function: Callable[[S], T | None], items: Iterable[S]) -> Iterator[T]:
    """Apply a function to several items at a time, in their order; skip None."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        yield from (result for result in pool.map(function, items) if result is not None)


def _build_several_error(name: str, clients: Sequence[ApiClient]) -> ZdxError:
    return ZdxError(
        f'{len(clients)} ZDX keys are named "{name}": {format_owners(clients)}.',
        hint=f"Use an ID, such as {clients[0].id}.",
    )


def _build_no_role_error(client: ApiClient) -> ZdxError:
    return ZdxError(
        f'the API client "{client.name}" ({client.id}) has no ZDX role that these credentials '
        "can see, so it is not a ZDX key.",
        hint="To see the keys, run zdx-keys list. To see the roles, run zdx-keys roles.",
    )


def _build_unknown_name_error(tenant: Tenant, name: str, keys: Iterable[ApiClient]) -> ZdxError:
    ids = {key.name: key.id for key in keys}
    folded = {listed_name.casefold(): listed_name for listed_name in ids}
    near = [folded[match] for match in difflib.get_close_matches(name.casefold(), folded)]
    similar = ", ".join(f'"{listed_name}" ({ids[listed_name]})' for listed_name in near)
    suggestion = f"Similar: {similar}. " if similar else ""
    return ZdxError(
        f'the tenant {tenant} has no ZDX key named "{name}".',
        hint=f"{suggestion}{_NOT_HERE}",
    )
