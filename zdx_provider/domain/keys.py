"""The ZDX keys of one tenant: made, read, changed and removed."""

import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

from zdx_provider.domain.clients import Clients
from zdx_provider.domain.key import (
    Created,
    Key,
    KeyGone,
    KeyLeftBehind,
    KeyPartlyUpdated,
    KeySpec,
    Replaced,
    key_of,
    with_role_names,
)
from zdx_provider.domain.mark import Mark, mark_in
from zdx_provider.domain.ownership import FoundKey, KeyTaken, Permissions, key_to_take
from zdx_provider.domain.roles import OfferedRoles, Role, find_role, service_id, service_ids
from zdx_provider.domain.secrets import (
    HeldSecrets,
    NoFreeSlot,
    free_a_slot,
    mint,
    revoke,
    secrets_of,
    secrets_of_client,
)
from zdx_provider.zidentity import (
    ApiClient,
    ApiClientSecret,
    NotFound,
    ZIdentity,
    ZIdentityError,
    about,
)


class Keys:
    """The ZDX keys of one tenant, for all threads of a process.

    Args:
        zidentity: The tenant.
        monotonic: Seconds of a clock that never jumps.
        new_claim: Draws the random token of a new mark.
    """

    def __init__(
        self,
        zidentity: ZIdentity,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        new_claim: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._zidentity = zidentity
        self._new_claim = new_claim
        self._roles = OfferedRoles(zidentity)
        self._clients = Clients(zidentity, self._roles, monotonic)
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
        with about(spec.name), self._name_lock(spec.name):
            found = key_to_take(self._found(spec.name), spec.owner, allowed)
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
        with about(name):
            client = self._clients.find(key_id)
            if client is None:
                return None
            try:
                present = secrets_of_client(self._zidentity, client)
            except NotFound:
                return None
            return self._named(key_of(client, self._zdx_services(role_id), present))

    def update(self, key_id: str, spec: KeySpec, *, previous_owner: str, claim: str) -> str:
        """Bring a key to what is declared: one GET, and one PUT where something differs.

        Args:
            key_id: The key.
            spec: What is declared now.
            previous_owner: The owner that the state knows; it differs after a rename.
            claim: The claim that the state knows; empty for a key that was imported.

        Returns:
            The claim that the state is to know. It is not taken from the key where the state
            has one: another state may have taken the key over, and only that one may delete it.

        Raises:
            KeyGone: There is no such key any more.
            KeyTaken: It belongs to another resource now.
            ZIdentityError: The tenant could not be asked, or refused.
        """
        with about(spec.name):
            client = self._clients.get(key_id)
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
            mark = Mark(spec.owner, found.claim if found else claim or self._new_claim())
            self._clients.bring(client, spec, mark)
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
        with about(name):
            try:
                present = secrets_of(self._zidentity, key_id)
                remaining = free_a_slot(self._zidentity, key_id, held, present)
                ids = {secret.id for secret in remaining}
                minted = mint(self._zidentity, key_id, lifetime, ids)
            except (ZIdentityError, NoFreeSlot) as error:
                raise KeyPartlyUpdated(
                    f'the key "{name}" is as declared now, but it has no new secret yet.',
                    hint=f"Run pulumi up again once this is settled: {error}",
                ) from None
            current = held.current or next(iter(ids), None)
            return Replaced(minted, current if current in ids else None)

    def revoke(self, key_id: str, name: str, secret_id: str) -> None:
        """End one secret of a key; one that is gone already is no failure.

        Raises:
            ZIdentityError: It could not be ended.
        """
        with about(name):
            revoke(self._zidentity, key_id, secret_id)

    def delete(self, key_id: str, name: str, claim: str) -> Mark | None:
        """Remove a key, if it is still the one that the state means.

        Args:
            key_id: The key.
            name: Its name, for messages.
            claim: The claim that the state knows.

        Returns:
            None when the key is gone; the mark of its new owner when somebody has taken it over
            since, in which case it was left alone.
        """
        with about(name):
            client = self._clients.get(key_id)
            if client is None:
                return None
            mark = mark_in(client.description)
            if mark and mark.claim != claim:
                return mark
            self._clients.remove(key_id)
            return None

    def _found(self, name: str) -> list[FoundKey]:
        return [
            FoundKey(client, self._shown_secrets(client)) for client in self._clients.named(name)
        ]

    def _shown_secrets(self, client: ApiClient) -> tuple[ApiClientSecret, ...]:
        try:
            return secrets_of_client(self._zidentity, client)
        except NotFound:  # made by this process, and not shown yet
            return ()

    def _make(self, spec: KeySpec, mark: Mark, lifetime: timedelta) -> Created:
        client = self._clients.post(spec, mark)
        try:
            secret = mint(self._zidentity, client.id, lifetime, known=())
        except BaseException as error:
            self._undo(client, error)
            raise
        self._clients.record(client)
        return Created(client.id, mark, secret)

    def _undo(self, client: ApiClient, cause: BaseException) -> None:
        try:
            self._clients.remove(client.id)
        except ZIdentityError as error:
            raise KeyLeftBehind(
                f'the key "{client.name}" was made ({client.id}), got no secret and could not be '
                f"removed again: {error.problem}.",
                hint="Run pulumi up again: it finds the key by its mark and finishes it.",
            ) from cause

    def _take_over(
        self, found: FoundKey, spec: KeySpec, mark: Mark, lifetime: timedelta
    ) -> Created:
        self._clients.bring(found.client, spec, mark)
        secret = mint(self._zidentity, found.id, lifetime, {s.id for s in found.secrets})
        previous_id = found.secrets[-1].id if found.secrets else None
        return Created(found.id, mark, secret, previous_id)

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
