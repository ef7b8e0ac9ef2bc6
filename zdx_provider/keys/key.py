"""A key as the tenant has it, its ownership marker, and the owner that the marker names.

ZIdentity has no tags on API clients. A key's description in ZIdentity therefore ends in
``[pulumi <owner> #<ownership ID>]``: the description is the one free field that every
administrator sees.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from zdx_provider.errors import ZdxError
from zdx_provider.keys.roles import Role, scopes_of_services
from zdx_provider.zidentity import ApiClient, ApiClientSecret, NewApiClientSecret, Scope

_OPENING = "[pulumi "
_MARK = re.compile(r"\[pulumi (?P<who>.+) #(?P<claim>[0-9a-z]+)\]")


@dataclass(frozen=True)
class Mark:
    """Whose a key is.

    Attributes:
        who: Project, stack and place of the resource that declares it, ``zdx-keys/prod/ci``.
        claim: A random token, new whenever a resource makes the key or takes it over. It tells
            this life of the key from the next one.
    """

    who: str
    claim: str

    def __str__(self) -> str:
        return f"{_OPENING}{self.who} #{self.claim}]"


def split_description(remote: str) -> tuple[str, Mark | None]:
    """A remote description as the user wrote it, and the mark at its end if there is one."""
    start = remote.rfind(_OPENING)
    match = _MARK.fullmatch(remote, start) if start >= 0 else None
    if match is None:
        return remote, None
    return remote[:start].removesuffix(" "), Mark(match["who"], match["claim"])


def mark_in(remote: str) -> Mark | None:
    """The mark at the end of a remote description, if there is one."""
    return split_description(remote)[1]


def marked_description(description: str, mark: Mark) -> str:
    """A remote description: the user's text, then the mark."""
    return f"{description} {mark}" if description else str(mark)


class KeyGone(ZdxError):
    """The key that the state holds is not in the tenant any more."""


class KeyLeftBehind(ZdxError):
    """A key was made, could not be finished, and could not be removed either."""


class KeyPartlyUpdated(ZdxError):
    """An update went halfway."""


@dataclass(frozen=True)
class KeyAttributes:
    """What a program declares and the tenant holds alike, under one name in every layer.

    Attributes:
        name: The key's name.
        description: The user's text, without the mark.
        enabled: Whether it can obtain tokens.
        token_lifetime_seconds: How long those live.
    """

    name: str
    description: str
    enabled: bool
    token_lifetime_seconds: int


def attributes_of(source: object) -> dict[str, Any]:
    """The `KeyAttributes` of anything that has them: inputs, a key, an API client."""
    return {field.name: getattr(source, field.name) for field in fields(KeyAttributes)}


@dataclass(frozen=True)
class KeySpec(KeyAttributes):
    """What is declared of a key.

    Attributes:
        role_id: The scope id of its one ZDX role.
        owner: The resource that declares it, as in the mark.
    """

    role_id: str
    owner: str


@dataclass(frozen=True)
class Key(KeyAttributes):
    """A key as the tenant holds it.

    Attributes:
        id: Its id.
        roles: The scopes that it holds of ZDX; one, unless somebody changed that by hand.
        mark: Whose it is.
        secrets: Its secrets, oldest first, without their values.
        signs_in_by_secret: Whether it may have any; others sign in by a key pair.
    """

    id: str
    roles: tuple[Scope, ...]
    mark: Mark | None
    secrets: tuple[ApiClientSecret, ...]
    signs_in_by_secret: bool = True


def key_of(
    client: ApiClient, services: Collection[str], secrets: tuple[ApiClientSecret, ...]
) -> Key:
    """A client as the key that it is.

    Args:
        client: The client, with its description.
        services: The ids of the services that are ZDX.
        secrets: Its secrets, oldest first.
    """
    description, mark = split_description(client.description)
    return Key(
        **{**attributes_of(client), "description": description},
        id=client.id,
        roles=tuple(scopes_of_services(client, services)),
        mark=mark,
        secrets=secrets,
        signs_in_by_secret=client.has_secrets,
    )


def with_role_names(key: Key, roles: Iterable[Role]) -> Key:
    """A key whose roles have the names that the tenant offers them under."""
    names = {role.id: role.name for role in roles}
    named = (s.model_copy(update={"name": names.get(s.id, s.name)}) for s in key.roles)
    return replace(key, roles=tuple(named))


@dataclass(frozen=True)
class Created:
    """What making a key or taking one over leaves to be recorded.

    Attributes:
        key_id: The key.
        mark: Its mark.
        secret: Its new secret; the value is known here and nowhere else.
        previous_id: The secret that a key taken over had before; it still works.
        other_scopes: The scopes of other services than ZDX that a key taken over keeps.
    """

    key_id: str
    mark: Mark
    secret: NewApiClientSecret
    previous_id: str | None = None
    other_scopes: tuple[Scope, ...] = ()


@dataclass(frozen=True)
class Replaced:
    """What a rotation leaves to be recorded.

    Attributes:
        secret: The new secret.
        previous_id: The one that was there and still works; None where there was none.
    """

    secret: NewApiClientSecret
    previous_id: str | None
