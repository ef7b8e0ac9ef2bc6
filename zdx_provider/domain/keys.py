"""The ZDX keys of one tenant: made, read, changed and removed."""

import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from zdx_provider.domain.key import (
    Created,
    Key,
    KeyGone,
    KeyLeftBehind,
    KeyPartlyUpdated,
    KeySpec,
    Replaced,
)
from zdx_provider.domain.listing import Listing
from zdx_provider.domain.mark import Mark, marked_description, split_description
from zdx_provider.domain.ownership import FoundKey, KeyTaken, Make, Permissions, decide
from zdx_provider.domain.roles import Role, find_role, offered_roles, service_id
from zdx_provider.domain.scopes import granting, scopes_of_service
from zdx_provider.domain.secrets import HeldSecrets, NoFreeSlot, free_a_slot, mint, secrets_of
from zdx_provider.zidentity import (
    AnswerLost,
    ApiClient,
    ApiClientDraft,
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
        monotonic: Callable[[], float],
        new_claim: Callable[[], str],
    ) -> None:
        self._zidentity = zidentity
        self._new_claim = new_claim
        self._clients = Listing(zidentity.api_clients.list, monotonic)
        self._roles_lock = threading.Lock()
        self._roles: list[Role] | None = None
        self._names_lock = threading.Lock()
        self._name_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def roles(self) -> list[Role]:
        """The ZDX roles that the tenant offers, asked for once."""
        with self._roles_lock:
            if self._roles is None:
                self._roles = offered_roles(self._zidentity.resource_servers.list())
            return self._roles

    def find_role(self, wanted: str) -> Role:
        """The role of that name or id; see `roles.find_role`."""
        return find_role(wanted, self.roles())

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
            decision = decide(self._found(spec.name), spec.owner, allowed)
            if isinstance(decision, Make):
                return self._make(spec, mark, lifetime)
            return self._take_over(decision.key, spec, mark, lifetime)

    def read(self, key_id: str, role_id: str | None = None) -> Key | None:
        """A key as the tenant holds it; None when it is gone.

        Args:
            key_id: The key.
            role_id: The role that the state knows, which tells the ZDX scopes from others
                without asking for the tenant's roles.
        """
        client = self._clients.find(key_id)
        # Not listed may mean not listed yet, and some tenants list clients without their
        # descriptions; only the client itself settles either.
        if client is None or "description" not in client.model_fields_set:
            client = self._get(key_id)
        if client is None:
            return None
        try:
            present = secrets_of(self._zidentity, key_id) if client.has_secrets else ()
        except NotFound:
            self._clients.forget(key_id)
            return None
        return self._key(client, self._zdx_service(role_id), present)

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
            client = self._get(key_id)
            if client is None:
                raise KeyGone(
                    f'the key "{spec.name}" ({key_id}) is not in the tenant any more.',
                    hint="Run pulumi up --refresh to make it anew.",
                )
            _, found = split_description(client.description)
            if found and found.who not in (spec.owner, previous_owner):
                raise KeyTaken(
                    f'the key "{spec.name}" ({key_id}) belongs to {found.who} now.',
                    hint="To leave it there, remove this declaration (the key stays); to take "
                    "it back, run pulumi state delete for this resource and declare adopt=True.",
                )
            claim = claim or (found.claim if found else self._new_claim())
            self._bring(client, spec, Mark(spec.owner, found.claim if found else claim))
            return claim

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
                    hint=f"{error} Then run pulumi up again.",
                ) from None
            current = held.current or next(iter(ids), None)
            return Replaced(minted, current if current in ids else None)

    def revoke(self, key_id: str, name: str, secret_id: str) -> None:
        """End one secret of a key; one that is gone already is no failure.

        Raises:
            ZIdentityError: It could not be ended.
        """
        with about(name), suppress(NotFound):
            self._zidentity.api_clients.secrets.delete(key_id, secret_id)

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
            client = self._get(key_id)
            if client is None:
                return None
            _, mark = split_description(client.description)
            if mark and mark.claim != claim:
                return mark
            with suppress(NotFound):
                self._zidentity.api_clients.delete(key_id)
            self._clients.forget(key_id)
            return None

    def _found(self, name: str) -> list[FoundKey]:
        found = []
        for listed in self._clients.named(name):
            client = self._get(listed.id)
            if client is not None and client.name == name:
                _, mark = split_description(client.description)
                present = secrets_of(self._zidentity, client.id)
                found.append(FoundKey(client.id, name, mark, present))
        return found

    def _make(self, spec: KeySpec, mark: Mark, lifetime: timedelta) -> Created:
        client = self._post(spec, mark)
        try:
            secret = mint(self._zidentity, client.id, lifetime, known=())
        except BaseException as error:
            self._undo(client, error)
            raise
        self._clients.record(client)
        return Created(client.id, mark, secret)

    def _post(self, spec: KeySpec, mark: Mark) -> ApiClient:
        role = self._role(spec.role_id)
        draft = ApiClientDraft(
            name=spec.name,
            description=marked_description(spec.description, mark),
            enabled=spec.enabled,
            token_lifetime_seconds=spec.token_lifetime_seconds,
            client_resources=granting((), role),
        )
        try:
            return self._zidentity.api_clients.create(draft)
        except AnswerLost:
            made = self._made_with(mark, spec.name)
            if made is None:
                raise
            return made

    def _made_with(self, mark: Mark, name: str) -> ApiClient | None:
        """The client of that mark, though the answer that told its id was lost."""
        for listed in self._zidentity.api_clients.list(name_like=name):
            # Some tenants list clients without their descriptions.
            client = self._get(listed.id)
            if client is not None and split_description(client.description)[1] == mark:
                return client
        return None

    def _undo(self, client: ApiClient, cause: BaseException) -> None:
        try:
            with suppress(NotFound):
                self._zidentity.api_clients.delete(client.id)
        except ZIdentityError as error:
            raise KeyLeftBehind(
                f'the key "{client.name}" was made ({client.id}), got no secret and could not be '
                f"removed again: {error}",
                hint="Run pulumi up again: it finds the key by its mark and finishes it.",
            ) from cause

    def _take_over(
        self, found: FoundKey, spec: KeySpec, mark: Mark, lifetime: timedelta
    ) -> Created:
        client = self._get(found.id)
        if client is None:
            raise KeyGone(
                f"the key {found} was deleted while it was being taken over.",
                hint="Run pulumi up again.",
            )
        self._bring(client, spec, mark)
        secret = mint(self._zidentity, found.id, lifetime, {s.id for s in found.secrets})
        previous_id = found.secrets[-1].id if found.secrets else None
        return Created(found.id, mark, secret, previous_id)

    def _bring(self, client: ApiClient, spec: KeySpec, mark: Mark) -> None:
        """Write a client as declared, keeping what is not ours; nothing if it is so already."""
        held = {scope.id for scope in scopes_of_service(client, service_id(spec.role_id))}
        resources = client.client_resources
        if held != {spec.role_id}:
            resources = granting(resources, self._role(spec.role_id))
        declared = client.model_copy(
            update={
                "name": spec.name,
                "description": marked_description(spec.description, mark),
                "enabled": spec.enabled,
                "token_lifetime_seconds": spec.token_lifetime_seconds,
                "client_resources": resources,
            }
        )
        if declared != client:
            self._clients.record(self._zidentity.api_clients.replace(declared))

    def _get(self, key_id: str) -> ApiClient | None:
        try:
            client = self._zidentity.api_clients.get(key_id)
        except NotFound:
            self._clients.forget(key_id)
            return None
        return client

    def _key(self, client: ApiClient, service: str, present: tuple[ApiClientSecret, ...]) -> Key:
        description, mark = split_description(client.description)
        return Key(
            id=client.id,
            name=client.name,
            roles=tuple(scopes_of_service(client, service)),
            description=description,
            enabled=client.enabled,
            token_lifetime_seconds=client.token_lifetime_seconds,
            mark=mark,
            secrets=present,
        )

    def _zdx_service(self, role_id: str | None) -> str:
        if role_id:
            return service_id(role_id)
        return self.roles()[0].service_id if self.roles() else ""

    def _role(self, role_id: str) -> Role:
        return find_role(role_id, self.roles())

    def _name_lock(self, name: str) -> threading.Lock:
        with self._names_lock:
            return self._name_locks[name]
