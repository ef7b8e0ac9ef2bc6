"""The ZDX keys of a tenant, whoever made them, as they are at the moment of asking."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from zdx_provider.domain.key import Key, key_of, with_role_names
from zdx_provider.domain.mark import mark_in
from zdx_provider.domain.roles import OfferedRoles, service_ids
from zdx_provider.domain.scopes import scopes_of_services
from zdx_provider.domain.secrets import secrets_of_client
from zdx_provider.errors import ZdxError
from zdx_provider.zidentity import ApiClient, ApiClientSecret, NotFound, Tenant, ZIdentity

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
        except NotFound:
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
