"""The state of a key: its inputs as last applied, and its outputs."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
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

from zdx_provider._version import __version__
from zdx_provider.errors import ZdxError
from zdx_provider.keys.inputs import ARGUMENTS, ATTRIBUTES, KeyInputs
from zdx_provider.keys.key import Key
from zdx_provider.keys.rotation import MISSING, Rotation, find_rotation_reason, is_alive
from zdx_provider.text import escape_text
from zdx_provider.zidentity import ApiClientSecret, NewApiClientSecret, Tenant
from zdx_provider.zidentity.models import MAX_SECRETS

SCHEMA_VERSION = 1
MINIMUM_PROVIDER_VERSION = "0.1.0"
"""The first version of this provider that reads `SCHEMA_VERSION`; the two are raised together."""

_RELEASE = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}(?:(?:a|b|rc)\d{1,3})?")
_NO_PREVIOUS = {"previous_secret_id": None, "previous_secret_revoke_on": None}
_NO_OLDER = {"older_secret_id": None, "older_secret_revoke_on": None}
_NO_SECRET = {
    "key_secret": None,
    "secret_id": None,
    "secret_created_at": None,
    "secret_expires_at": None,
    "secret_expires_on": None,
}


def _require_date(text: str | None) -> str | None:
    if text not in (None, MISSING) and date.fromisoformat(text).isoformat() != text:
        raise ValueError
    return text


def _require_schema(value: object) -> object:
    if isinstance(value, str | bool):
        raise ValueError  # noqa: TRY004 - pydantic takes no other for a value that doesn't fit
    return value


@dataclass(frozen=True)
class PendingRevoke:
    """A secret that an update has still to revoke.

    Attributes:
        secret_id: The secret.
        revoke_on: The day from which an update revokes it. None if the revoke is postponed:
            ZIdentity refused it while the key uses no secrets, and each update tries it.
    """

    secret_id: str
    revoke_on: date | None

    @property
    def is_postponed(self) -> bool:
        """Whether no day is set for it."""
        return self.revoke_on is None

    def is_due(self, today: date) -> bool:
        """Whether its day has come; False if the revoke is postponed."""
        return self.revoke_on is not None and self.revoke_on <= today


class KeyState(KeyInputs):
    """The outputs of one key; see ``ApiKey`` for the meaning of each.

    Attributes:
        older_secret_id: The secret before the previous one, of a key that was in an overlap when
            it stopped using secrets.
        older_secret_revoke_on: The day on which that one is revoked.
        api_url: The API's origin where the key was last seen, if that is not its cloud's own.
        ownership_id: The ownership ID in the key's marker that this state knows.
        schema_version: The version of these fields.
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
    older_secret_id: str | None = None
    older_secret_revoke_on: date | None = None
    api_url: str = ""
    ownership_id: str = ""
    schema_version: Annotated[
        int, BeforeValidator(_require_schema), Field(ge=1, le=SCHEMA_VERSION)
    ] = SCHEMA_VERSION

    @classmethod
    def from_key(cls, key: Key, tenant: Tenant, tenant_name: str | None) -> Self:
        """Build the state of a key that no stack manages, without the value of its secret.

        Args:
            key: The key, with its secrets.
            tenant: The key's tenant.
            tenant_name: The entry of ``zdx:tenants`` that the program names; None for none.
        """
        newest = key.secrets[-1] if key.secrets else None
        return cls(
            **_escape(key.attributes),
            authentication=key.authentication,
            role=escape_text(key.role),
            role_id=key.role_id,
            tenant=tenant_name,
            managed_by=escape_text(key.managed_by),
            key_id=key.id,
            vanity_domain=tenant.vanity_domain,
            cloud=tenant.cloud,
            api_url=tenant.custom_api_url,
            secret_id=newest.id if newest else None,
            secret_created_at=newest.created_at if newest else None,
            secret_expires_at=newest.expires_at if newest else None,
        )

    def with_imported_secret(self, key: Key, value: SecretStr | None, now: datetime) -> Self:
        """Return the state of a key that is imported, with its marker and secret.

        Of two secrets that both work, a value may belong to either. The expiry date is then that
        of the first of them, so that the secret is replaced in time whichever it is. Without a
        value, nothing of the stack can expire before the last of them does. A key without a marker
        has no owner, so that the first update writes one.

        Args:
            key: The key.
            value: The value of one of its secrets; None if it isn't known.
            now: The current moment by the server's clock.
        """
        secrets = key.secrets or ()
        alive = [secret for secret in secrets if secret.expires_at > now]
        candidates = alive or sorted(secrets, key=_get_expiry)[-1:]
        only = candidates[0] if len(candidates) == 1 else None
        expiries = sorted(map(_get_expiry, candidates))
        expires_at = expiries[0 if value else -1] if expiries else None
        expires_on: str | None = expires_at.date().isoformat() if expires_at else MISSING
        if self.authentication is not None:
            value = expires_on = None  # it has no secret, and needs none
        return self.model_copy(
            update={
                "key_secret": value,
                "secret_id": only.id if only else None,
                "secret_created_at": only.created_at if only else None,
                "secret_expires_at": expires_at,
                "secret_expires_on": expires_on,
                "ownership_id": key.marker.ownership_id if key.marker else "",
            }
        )

    def with_secret(self, secret: NewApiClientSecret) -> Self:
        """Return the state with another current secret."""
        return self.model_copy(
            update={
                "key_secret": secret.value,
                "secret_id": secret.id,
                "secret_created_at": secret.created_at,
                "secret_expires_at": secret.expires_at,
            }
        )

    def with_previous(self, secret_id: str | None, revoke_on: date) -> Self:
        """Return the state with a previous secret that works until a day, or without one.

        It is the only secret beside the current one. If the state is to revoke it already, it keeps
        its own day.
        """
        if secret_id is None:
            return self.model_copy(update={**_NO_PREVIOUS, **_NO_OLDER})
        days = {revoke.secret_id: revoke.revoke_on for revoke in self.pending_revokes}
        day = days.get(secret_id) or revoke_on
        previous = {"previous_secret_id": secret_id, "previous_secret_revoke_on": day}
        return self.model_copy(update={**previous, **_NO_OLDER})

    def find_secret_to_retire(self, today: date) -> str | None:
        """Return the secret that still works if the key stops using secrets; None if none does.

        A refresh that finds a key without secrets doesn't know what became of the last one.
        """
        is_unknown = self.authentication is not None
        return self.secret_id if is_unknown or self.is_secret_alive(today) else None

    def with_retired_secrets(self, secret_ids: Sequence[str], revoke_on: date) -> Self:
        """Return the state of a key that has no secret any more.

        Args:
            secret_ids: Every secret that may still work, oldest first. One that the state is to
                revoke already keeps its own day.
            revoke_on: The day on which the others are revoked.
        """
        days = {revoke.secret_id: revoke.revoke_on for revoke in self.pending_revokes}
        pending = [(id_, days.get(id_, revoke_on)) for id_ in reversed(secret_ids)]
        updates: dict[str, Any] = {**_NO_SECRET, **_NO_OLDER, **_NO_PREVIOUS}
        for name, (id_, day) in zip(("previous", "older"), pending, strict=False):
            updates |= {f"{name}_secret_id": id_, f"{name}_secret_revoke_on": day}
        return self.model_copy(update=updates)

    def without_secret_to_revoke(self, secret_id: str) -> Self:
        """Return the state without a secret that was revoked on its day."""
        return self.model_copy(
            update=_NO_OLDER if secret_id == self.older_secret_id else _NO_PREVIOUS
        )

    def with_revoke_postponed(self, secret_id: str) -> Self:
        """Return the state with a secret that can't be revoked while the key uses no secrets."""
        is_older = secret_id == self.older_secret_id
        day = "older_secret_revoke_on" if is_older else "previous_secret_revoke_on"
        return self.model_copy(update={day: None})

    def with_postponed_revokes(self, revoke_on: date) -> Self:
        """Return the state of a key that uses secrets again: postponed revokes have a day."""
        days = {}
        if self.older_secret_id is not None:
            days["older_secret_revoke_on"] = self.older_secret_revoke_on or revoke_on
        if self.previous_secret_id is not None:
            days["previous_secret_revoke_on"] = self.previous_secret_revoke_on or revoke_on
        return self.model_copy(update=days)

    @property
    def pending_revokes(self) -> list[PendingRevoke]:
        """The secrets that are to be revoked, oldest first."""
        pending = (
            (self.older_secret_id, self.older_secret_revoke_on),
            (self.previous_secret_id, self.previous_secret_revoke_on),
        )
        return [PendingRevoke(id_, day) for id_, day in pending if id_]

    @property
    def is_managed(self) -> bool:
        """Whether the stack manages the key; a key that a program looked up is in a state too."""
        return self.secret_expires_on is not None or bool(self.ownership_id)

    def find_rotation_reason(self, today: date, declared: Rotation | None) -> str | None:
        """Return why an update replaces the secret today; None if it doesn't.

        Args:
            today: Today in UTC.
            declared: The rotation that is declared; None for a key without one.
        """
        if self.authentication is not None:
            return None
        expires_on = self.secret_expires_on or MISSING
        # A key that was imported without a secret may never have had one.
        if expires_on == MISSING and self.secret_id is None and self.key_secret is None:
            return "it has no secret"
        return find_rotation_reason(expires_on, today, declared, self.rotation)

    def is_secret_alive(self, today: date) -> bool:
        """Whether the current secret still works, as far as the state knows."""
        return is_alive(self.secret_expires_on, today)

    def find_displaced_secret(self, today: date) -> PendingRevoke | None:
        """Return the secret whose slot a new one takes although it is to work longer.

        That is the older one of two secrets that work, as far as the state knows. All that a key
        without secrets had may still work.
        """
        is_unfinished = self.authentication is not None and self.secret_id is not None
        pending = self.pending_revokes
        count = len(pending) + (is_unfinished or self.is_secret_alive(today))
        if count < MAX_SECRETS:
            return None
        displaced = pending[count - MAX_SECRETS]
        return None if displaced.is_postponed or displaced.is_due(today) else displaced

    def with_tenant_values(self, key: Key) -> Self:
        """Return the state with what the tenant has now; what only the state knows is kept."""
        return self.model_copy(
            update={
                **self._read_attributes(key),
                "authentication": key.authentication,
                **self._read_role(key),
                **self._read_expiry(key),
                **self._read_previous(key),
                # The state keeps its owner if the marker names another: update and delete refuse.
                "managed_by": self.managed_by if key.marker else "",
            }
        )

    def to_outputs(self) -> dict[str, Any]:
        """Return the outputs for the engine.

        The secret is in plain text here: the engine encrypts what ``ApiKey`` declares secret.
        """
        outs = self.model_dump(mode="json", exclude_none=True, exclude={"key_secret"})
        schema = {
            "schema_version": SCHEMA_VERSION,
            "minimum_provider_version": MINIMUM_PROVIDER_VERSION,
        }
        return {**outs, **schema, **self._list_key_outputs(), **self.to_secret_outputs()}

    def to_secret_outputs(self) -> dict[str, str]:
        """Return the outputs that are secrets, in plain text; none if the secret isn't known."""
        if self.key_secret is None:
            return {}
        secret = self.key_secret.get_secret_value()
        document = {"key_id": self.key_id, "key_secret": secret}
        return {"key_secret": secret, "key_json": json.dumps(document, indent=2)}

    def _list_key_outputs(self) -> dict[str, Any]:
        """Return what only a key without a secret has."""
        if self.authentication is None:
            return {}
        expires_at = self.authentication.certificate_expires_at
        outs = {
            "key_fingerprints": self.authentication.fingerprints,
            "certificate_expires_at": expires_at and expires_at.isoformat().replace("+00:00", "Z"),
        }
        return {name: value for name, value in outs.items() if value is not None}

    def to_inputs(self) -> dict[str, Any]:
        """Return the inputs, as check would return them."""
        return self.model_dump(mode="json", exclude_none=True, include=set(KeyInputs.model_fields))

    def to_arguments(self) -> dict[str, Any]:
        """Return the arguments of ``ApiKey`` that declare the key, without its defaults."""
        return self.model_dump(mode="json", include=set(ARGUMENTS), exclude_defaults=True)

    def _read_attributes(self, key: Key) -> dict[str, Any]:
        # The engine shows drift as it is. A text that the state has already is not changed.
        own = {name: getattr(self, name) for name in ATTRIBUTES}
        return own if key.attributes == own else _escape(key.attributes)

    def _read_role(self, key: Key) -> dict[str, str]:
        if {scope.id for scope in key.scopes} == {self.role_id}:
            return {}
        return {"role": escape_text(key.role), "role_id": key.role_id}

    def _read_previous(self, key: Key) -> dict[str, None]:
        if not key.client.has_secrets:
            return {}  # ZIdentity lists no secrets of such a client
        ids = {secret.id for secret in key.secrets or ()}
        previous = {} if self.previous_secret_id in ids else _NO_PREVIOUS
        return previous if self.older_secret_id in ids else {**previous, **_NO_OLDER}

    def _read_expiry(self, key: Key) -> dict[str, Any]:
        secrets = key.secrets or ()
        if self.secret_id is None and not key.client.has_secrets:
            return {}
        if self.secret_id is None:
            # Imported: which of the secrets is the current one isn't known while there are any.
            return {} if secrets else {"secret_expires_on": MISSING}
        current = next((secret for secret in secrets if secret.id == self.secret_id), None)
        if current is None:
            return {"secret_expires_on": MISSING}
        # It was missing if the key used no secrets for a time, and ZIdentity listed none.
        if current.expires_at == self.secret_expires_at and self.secret_expires_on != MISSING:
            return {}
        return {
            "secret_expires_on": current.expires_at.date().isoformat(),
            "secret_expires_at": current.expires_at,
        }


def parse_state(props: Mapping[str, Any]) -> KeyState:
    """Read the outputs of a key, as the engine passes them.

    Raises:
        ZdxError: A later version of this provider wrote them, or something else did.
    """
    version = props.get("schema_version", SCHEMA_VERSION)
    # Every number of the engine's is a float; a fraction is no schema.
    if isinstance(version, int | float) and version > SCHEMA_VERSION and version % 1 == 0:
        raise ZdxError(
            f"the state of {_name_key(props)} has schema {version:g}, but zdx-provider "
            f"{__version__} supports schemas up to {SCHEMA_VERSION}. Nothing was changed.",
            hint=f"Install {_find_reader(props)}.",
        )
    try:
        return KeyState.model_validate(props)
    except ValidationError as error:
        raise _build_unreadable_error(props, _list_members(error)) from None


def _find_reader(props: Mapping[str, Any]) -> str:
    """Return which version of the package reads a state, as far as the state says so."""
    version = props.get("minimum_provider_version")
    if isinstance(version, str) and _RELEASE.fullmatch(version):
        return f"zdx-provider {version} or a later version"
    return "the version of zdx-provider that wrote the state"


def require_readable(known: Mapping[str, Any]) -> None:
    """Stop before inputs are compared that no version of this provider has declared.

    Args:
        known: The inputs that are known; some may be missing.

    Raises:
        ZdxError: One of them is malformed.
    """
    try:
        KeyInputs.model_validate(known)
    except ValidationError as error:
        malformed = _list_members(error) & known.keys()
    else:
        return
    if malformed:
        raise _build_unreadable_error(known, malformed)


def _list_members(error: ValidationError) -> set[str]:
    return {str(problem["loc"][0]) for problem in error.errors()}


def _build_unreadable_error(props: Mapping[str, Any], members: Collection[str]) -> ZdxError:
    return ZdxError(
        f"the state of {_name_key(props)} cannot be read. Missing or malformed: "
        f"{', '.join(sorted(members))}.",
        hint="Restore the state from a backup, or repair it with pulumi stack export and "
        "pulumi stack import.",
    )


def _name_key(props: Mapping[str, Any]) -> str:
    names = (props.get(each) for each in ("name", "managed_by", "key_id"))
    known = next((name for name in names if isinstance(name, str) and name), None)
    return f'the key "{known}"' if known else "a key"


def _escape(attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        name: escape_text(value, keep="\n\t") if isinstance(value, str) else value
        for name, value in attributes.items()
    }


def _get_expiry(secret: ApiClientSecret) -> datetime:
    return secret.expires_at
