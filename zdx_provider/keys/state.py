"""The state of a key: its inputs as last applied, and its outputs."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
)
from typing_extensions import Self

from zdx_provider.errors import ZdxError
from zdx_provider.keys.clients import HeldSecrets
from zdx_provider.keys.inputs import ARGUMENTS, KeyProperties, find_broken_rules
from zdx_provider.keys.key import Key, attributes_of
from zdx_provider.keys.roles import portal_name
from zdx_provider.keys.rotation import MISSING
from zdx_provider.text import escape_text
from zdx_provider.zidentity import ApiClientSecret, NewApiClientSecret, Scope, Tenant

SCHEMA_VERSION = 1

_NO_PREVIOUS = {"previous_secret_id": None, "previous_secret_revoke_on": None}


class NewerState(ZdxError):
    """The state was written by a later version of this provider."""


class UnreadableState(ZdxError):
    """The state is not one that this provider wrote."""


def _require_date(text: str | None) -> str | None:
    if text not in (None, MISSING) and date.fromisoformat(text).isoformat() != text:
        raise ValueError
    return text


def _require_schema(value: object) -> object:
    if isinstance(value, str | bool):
        raise ValueError  # noqa: TRY004 - pydantic takes no other for a value that doesn't fit
    return value


class KeyState(KeyProperties):
    """The outputs of one key; see ``ApiKey`` for the meaning of each.

    Attributes:
        api_url: The API's origin where the key was last seen, if that is not its cloud's own.
        claim: The token of the key's mark that this state knows.
        schema_version: The shape of this record.
    """

    secret_expires_on: Annotated[str | None, AfterValidator(_require_date)] = None
    key_id: str
    key_secret: SecretStr | None = None
    role_id: str
    vanity_domain: str
    cloud: str = ""
    secret_id: str | None = None
    secret_created_at: AwareDatetime | None = None
    secret_expires_at: AwareDatetime | None = None
    previous_secret_id: str | None = None
    previous_secret_revoke_on: date | None = None
    api_url: str = ""
    claim: str = ""
    schema_version: Annotated[
        int, BeforeValidator(_require_schema), Field(ge=1, le=SCHEMA_VERSION)
    ] = SCHEMA_VERSION

    @property
    def held_secrets(self) -> HeldSecrets:
        """The secrets that the state knows."""
        return HeldSecrets(self.secret_id, self.previous_secret_id)

    def holding(self, secret: NewApiClientSecret) -> Self:
        """The state with another secret."""
        return self.model_copy(
            update={
                "key_secret": secret.value,
                "secret_id": secret.id,
                "secret_created_at": secret.created_at,
                "secret_expires_at": secret.expires_at,
            }
        )

    def keeping(self, previous: str | None, until: date) -> Self:
        """The state with a secret beside its own that works until a day, if there is one."""
        if previous is None:
            return self.without_previous()
        return self.model_copy(
            update={"previous_secret_id": previous, "previous_secret_revoke_on": until}
        )

    def without_previous(self) -> Self:
        """The state with no secret beside its own."""
        return self.model_copy(update=_NO_PREVIOUS)

    def is_secret_alive(self, today: date) -> bool:
        """Whether the secret that the state holds still works, as far as the state knows."""
        stamp = self.secret_expires_on
        return stamp is not None and stamp != MISSING and date.fromisoformat(stamp) > today

    def owes_a_revoke(self, today: date) -> bool:
        """Whether the previous secret's day has come."""
        return self.previous_secret_revoke_on is not None and (
            self.previous_secret_revoke_on <= today
        )

    def refreshed(self, key: Key) -> Self:
        """The state as the tenant has it now; what only the state knows is kept."""
        return self.model_copy(
            update={
                **self._attributes_of(key),
                **self._role_of(key),
                **self._expiry_of(key),
                **self._previous_of(key),
                # Somebody else's mark is not taken for ours: update and delete refuse it.
                "managed_by": self.managed_by if key.mark else "",
            }
        )

    def rendered(self) -> dict[str, Any]:
        """As the engine records it.

        The secret is in the clear here: the engine encrypts what ``ApiKey`` declares secret.
        """
        outs = self.model_dump(mode="json", exclude_none=True, exclude={"key_secret"})
        return {**outs, **self.secrets()}

    def secrets(self) -> dict[str, str]:
        """The outputs that are secrets, in the clear; none where the secret is not known."""
        if self.key_secret is None:
            return {}
        secret = self.key_secret.get_secret_value()
        document = {"key_id": self.key_id, "key_secret": secret}
        return {"key_secret": secret, "key_json": json.dumps(document, indent=2)}

    def inputs(self) -> dict[str, Any]:
        """The inputs of the record, as check would return them."""
        return self.model_dump(
            mode="json", exclude_none=True, include=set(KeyProperties.model_fields)
        )

    def _attributes_of(self, key: Key) -> dict[str, Any]:
        # The engine shows what differs as it is. A text that is the state's own is not touched.
        found = attributes_of(key)
        return found if found == attributes_of(self) else _escape(found)

    def _role_of(self, key: Key) -> dict[str, str]:
        if {scope.id for scope in key.roles} == {self.role_id}:
            return {}
        return _roles(key.roles)

    def _previous_of(self, key: Key) -> dict[str, None]:
        if any(secret.id == self.previous_secret_id for secret in key.secrets):
            return {}
        return _NO_PREVIOUS

    def _expiry_of(self, key: Key) -> dict[str, Any]:
        if self.secret_id is None:
            # Imported: which of the key's secrets it holds is not known, as long as it has any.
            return {} if key.secrets else {"secret_expires_on": MISSING}
        present = next((secret for secret in key.secrets if secret.id == self.secret_id), None)
        if present is None:
            return {"secret_expires_on": MISSING}
        if present.expires_at == self.secret_expires_at:
            return {}
        return {
            "secret_expires_on": present.expires_at.date().isoformat(),
            "secret_expires_at": present.expires_at,
        }


def recorded(props: Mapping[str, Any]) -> KeyState:
    """The record of a key, as the engine hands it over.

    Raises:
        NewerState: A later version of this provider wrote it.
        UnreadableState: Something else did.
    """
    version = props.get("schema_version", SCHEMA_VERSION)
    # Every number of the engine's is a float; a fraction is no schema.
    if isinstance(version, int | float) and version > SCHEMA_VERSION and version % 1 == 0:
        raise NewerState(
            f"the state of {_name_of(props)} has schema {version:g}, and this version "
            f"of zdx-provider knows schemas up to {SCHEMA_VERSION}. Nothing was changed.",
            hint="Upgrade the package zdx-provider to the version that wrote the state.",
        )
    try:
        return KeyState.model_validate(props)
    except ValidationError as error:
        raise _unreadable(props, _members(error)) from None


def require_readable(known: Mapping[str, Any]) -> None:
    """Stop before inputs are compared that no version of this provider has declared.

    Args:
        known: The inputs that are known; some may be missing.

    Raises:
        UnreadableState: One of them is malformed.
    """
    try:
        KeyProperties.model_validate(known)
    except ValidationError as error:
        malformed = _members(error) & known.keys()
    else:
        return
    if malformed:
        raise _unreadable(known, malformed)


def _members(error: ValidationError) -> set[str]:
    return {str(problem["loc"][0]) for problem in error.errors()}


def _unreadable(props: Mapping[str, Any], members: Collection[str]) -> UnreadableState:
    return UnreadableState(
        f"the state of {_name_of(props)} cannot be read; missing or malformed are: "
        f"{', '.join(sorted(members))}.",
        hint="Restore the state from a backup, or repair it with pulumi stack export and "
        "pulumi stack import.",
    )


def _name_of(props: Mapping[str, Any]) -> str:
    names = (props.get(each) for each in ("name", "managed_by", "key_id"))
    known = next((name for name in names if isinstance(name, str) and name), None)
    return f'the key "{known}"' if known else "a key"


def observed(key: Key, tenant: Tenant, profile: str | None) -> KeyState:
    """A key that no state holds, as ``ApiKey.get`` shows it: without its secret."""
    newest = key.secrets[-1] if key.secrets else None
    return KeyState(
        **_escape(attributes_of(key)),
        tenant=profile,
        managed_by=escape_text(key.mark.who) if key.mark else "",
        key_id=key.id,
        vanity_domain=tenant.vanity_domain,
        cloud=tenant.cloud,
        api_url=tenant.custom_api_url,
        secret_id=newest.id if newest else None,
        secret_created_at=newest.created_at if newest else None,
        secret_expires_at=newest.expires_at if newest else None,
        **_roles(key.roles),
    )


def _escape(attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        name: escape_text(value, keep="\n\t") if isinstance(value, str) else value
        for name, value in attributes.items()
    }


def _roles(roles: tuple[Scope, ...]) -> dict[str, str]:
    ordered = sorted(roles, key=lambda scope: scope.id)
    return {
        "role": escape_text(
            ", ".join(portal_name(scope.name or "") or scope.id for scope in ordered)
        ),
        "role_id": ", ".join(scope.id for scope in ordered),
    }


# How an import file marks a value that the engine is to encrypt; its content is JSON.
_SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


@dataclass(frozen=True)
class HeldSecret:
    """What is known of the secret that a state is to hold.

    Attributes:
        secret: The secret; None where it may be either of two, or where the key has none.
        ends_at: When the state's secret ends; None where the key has none.
    """

    secret: ApiClientSecret | None
    ends_at: datetime | None

    @property
    def stamp(self) -> str:
        """The day of its end, as check would have stamped it."""
        return self.ends_at.date().isoformat() if self.ends_at else MISSING


@dataclass(frozen=True)
class ImportProperties:
    """What an import file says of one key."""

    inputs: dict[str, Any]
    outputs: dict[str, Any]


def held_secret(key: Key, now: datetime, *, value_known: bool) -> HeldSecret:
    """Which of a key's secrets a state is to hold, as far as that can be told.

    Of two that both work, a value may belong to either: the state's then ends when the first of
    them does, so that whichever it is, it is replaced in time. Without a value nothing of the
    stack can end before the last of them does.

    Args:
        key: The key.
        now: The current moment by the server's clock.
        value_known: Whether the state is to hold the value of one of them.
    """
    if not key.secrets:
        return HeldSecret(None, None)
    last = max(key.secrets, key=_end)
    alive = [secret for secret in key.secrets if secret.expires_at > now] or [last]
    if len(alive) == 1:
        return HeldSecret(alive[0], alive[0].expires_at)
    return HeldSecret(None, min(map(_end, alive)) if value_known else last.expires_at)


@dataclass(frozen=True)
class Importable:
    """A key as an import is to record it.

    Attributes:
        state: Its state.
    """

    state: KeyState

    def broken_rule(self) -> str | None:
        """Why the key cannot be declared as it is, as the end of a sentence; None if it can."""
        broken = find_broken_rules(self.state.inputs())
        return next((f"its {name} {rule}" for name, rule in broken.items()), None)

    def arguments(self) -> dict[str, Any]:
        """The arguments of ``ApiKey`` that declare it, but for those that are their defaults."""
        return self.state.model_dump(include=set(ARGUMENTS), exclude_defaults=True)

    def properties(self, provider: str) -> ImportProperties:
        """Its inputs and outputs as an import file has them, secrets wrapped for encryption.

        Args:
            provider: The provider as the SDK serialises it.
        """
        named = {"__provider": provider}
        encrypted = {
            name: {**_SECRET, "plaintext": json.dumps(value)}
            for name, value in self.state.secrets().items()
        }
        outputs = {**self.state.rendered(), **encrypted}
        return ImportProperties({**self.state.inputs(), **named}, {**outputs, **named})


def importable(
    key: Key,
    *,
    role: str,
    tenant: Tenant,
    profile: str | None,
    value: SecretStr | None,
    now: datetime,
) -> Importable:
    """A key that no stack has held so far.

    A key without a mark is recorded as nobody's, which makes the first update write one.

    Args:
        key: The key.
        role: Its role as the program declares it.
        tenant: Where it lives.
        profile: The profile of ``zdx:tenants`` that the program names for it.
        value: The value of its secret, where that is known.
        now: The current moment by the server's clock.
    """
    held = held_secret(key, now, value_known=value is not None)
    state = observed(key, tenant, profile).model_copy(
        update={
            "role": role,
            "key_secret": value,
            "secret_id": held.secret.id if held.secret else None,
            "secret_created_at": held.secret.created_at if held.secret else None,
            "secret_expires_at": held.ends_at,
            "secret_expires_on": held.stamp,
            "claim": key.mark.claim if key.mark else "",
        }
    )
    return Importable(state)


def _end(secret: ApiClientSecret) -> datetime:
    return secret.expires_at
