"""A key as the tenant has it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from zdx_provider.keys.authentication import Authentication, read_authentication
from zdx_provider.keys.inputs import ATTRIBUTES
from zdx_provider.keys.marker import OwnershipMarker, parse_marker, split_description
from zdx_provider.keys.roles import Role, format_role
from zdx_provider.zidentity import ApiClient, ApiClientSecret, NewApiClientSecret, Scope


@dataclass(frozen=True)
class Key:
    """A key as the tenant has it.

    Attributes:
        client: The whole API client, so that an update writes back what this product doesn't know.
        scopes: Its scopes of ZDX; one, unless that was changed manually.
        secrets: Its secrets without their values, oldest first; None if they weren't read.
    """

    client: ApiClient
    scopes: tuple[Scope, ...]
    secrets: tuple[ApiClientSecret, ...] | None

    @property
    def id(self) -> str:
        """The ID of the key, which is also its OAuth client ID."""
        return self.client.id

    @property
    def name(self) -> str:
        """The name of the key."""
        return self.client.name

    @property
    def description(self) -> str:
        """The user's text, without the ownership marker."""
        return split_description(self.client.description)[0]

    @property
    def authentication(self) -> Authentication | None:
        """How it authenticates without a secret; None if it uses secrets."""
        return read_authentication(self.client.client_authentication)

    @property
    def marker(self) -> OwnershipMarker | None:
        """The ownership marker; None if no resource manages the key."""
        return parse_marker(self.client.description)

    @property
    def managed_by(self) -> str:
        """The owner that the marker names; empty if there is none."""
        return self.marker.managed_by if self.marker else ""

    @property
    def role(self) -> str:
        """The name of its ZDX role, or several names if that was changed manually."""
        return ", ".join(format_role(scope) for scope in self._ordered_scopes)

    @property
    def role_id(self) -> str:
        """The ID of its ZDX role, or several IDs in the order of the names."""
        return ", ".join(scope.id for scope in self._ordered_scopes)

    @property
    def other_scopes(self) -> tuple[Scope, ...]:
        """Its scopes of other services than ZDX."""
        own = {scope.id for scope in self.scopes}
        every = (s for resource in self.client.client_resources for s in resource.selected_scopes)
        return tuple(scope for scope in every if scope.id not in own)

    @property
    def attributes(self) -> dict[str, Any]:
        """The values that a program declares under the same names."""
        values = {name: getattr(self.client, name) for name in ATTRIBUTES}
        return {**values, "description": self.description}

    def with_role_names(self, roles: Iterable[Role]) -> "Key":
        """Return the key with the names under which the tenant offers its roles."""
        names = {role.id: role.name for role in roles}
        scopes = (s.model_copy(update={"name": names.get(s.id, s.name)}) for s in self.scopes)
        return replace(self, scopes=tuple(scopes))

    @property
    def _ordered_scopes(self) -> list[Scope]:
        return sorted(self.scopes, key=lambda scope: scope.id)


@dataclass(frozen=True)
class NewSecret:
    """A secret that was just created for a key.

    Attributes:
        secret: The secret; its value is known here and nowhere else.
        previous_id: The ID of the secret that the key had before and that still works, if any.
    """

    secret: NewApiClientSecret
    previous_id: str | None


@dataclass(frozen=True)
class CreatedKey:
    """A key that was just created or taken over.

    Attributes:
        key: The key. Without a new secret, its secrets are those that it had before.
        new_secret: Its new secret; None for a key that authenticates without one.
        had_no_secrets: Whether it was taken over and authenticated without a secret already.
            ZIdentity lists no secrets of such a key, so those of an earlier time aren't known.
    """

    key: Key
    new_secret: NewSecret | None
    had_no_secrets: bool = False


@dataclass(frozen=True)
class UpdatedKey:
    """What an update found out about a key.

    Attributes:
        ownership_id: The ownership ID for the state.
        last_secrets: The IDs of the secrets that worked when the key stopped using secrets, oldest
            first. None if this update didn't change that, or if an earlier run did.
    """

    ownership_id: str
    last_secrets: tuple[str, ...] | None = None
