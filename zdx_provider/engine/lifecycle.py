"""Pulumi's calls for every key: check, diff, create, read, update and delete."""

import logging
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)
from pulumi.output import Unknown, contains_unknowns

from zdx_provider.clock import utc_now
from zdx_provider.engine.engine_client import EngineHost
from zdx_provider.engine.tenants import (
    Tenants,
    at_address,
    is_elsewhere,
    is_home,
    require_home,
    require_same_address,
)
from zdx_provider.errors import ZdxError
from zdx_provider.keys.inputs import (
    KeyInputs,
    KeyProperties,
    find_broken_rules,
    find_expiry,
    find_rotation,
    find_secret_texts,
    parse_inputs,
)
from zdx_provider.keys.key import KeySpec, Mark, attributes_of
from zdx_provider.keys.ownership import Permissions, names_of
from zdx_provider.keys.repository import Keys
from zdx_provider.keys.rotation import MISSING, Rotation, changed_triggers, due, next_stamp
from zdx_provider.keys.state import KeyState, observed, recorded, require_readable
from zdx_provider.settings import ConfigReader
from zdx_provider.text import escape_text
from zdx_provider.zidentity import Scope, ZIdentityError

Properties = dict[str, Any]

# A permission to adopt is asked for once, at create, and what is a secret is the engine's to keep:
# a change of either changes no key.
_COMPARED = KeyProperties.model_fields.keys() - {"adopt", "secret_inputs"}


class KeyNotFound(ZdxError):
    """``ApiKey.get`` names a key that is not in the tenant."""


class Lifecycle:
    """The engine's calls, for every key of one process.

    Args:
        tenants: The tenants that the settings name.
        host: The engine, as far as a plugin can speak to it.
        now: The current moment in UTC.
    """

    def __init__(self, tenants: Tenants, host: EngineHost, now: Callable[[], datetime]) -> None:
        self._tenants = tenants
        self._host = host
        self._now = now

    @classmethod
    def configured(cls, config: ConfigReader) -> "Lifecycle":
        """As the plugin's process has it: its config, its environment, its engine, its clock."""
        host = EngineHost.of_this_process()
        host.show_log_of("zdx_provider.zidentity")
        return cls(Tenants(config, os.environ, host.require_alive), host, utc_now)

    def check(self, olds: Properties, news: Properties) -> CheckResult:
        """Refuse what cannot be applied, before any key is touched.

        Args:
            olds: The inputs of the last update; empty for a new key.
            news: The inputs of the program; some of them unknown at preview.
        """
        self._note_secrets(news)
        broken = find_failures(news)
        if broken:
            return CheckResult(news, broken)
        try:
            self._check_settings_and_role(olds, remove_unknowns(news), news)
        except ZdxError as error:
            error.hide(self.secrets)
            return CheckResult(news, [CheckFailure("", str(error))])
        return CheckResult({**news, "secret_expires_on": self._stamp(olds, news)}, [])

    def diff(self, olds: Properties, news: Properties) -> DiffResult:
        """Tell what an update would change, without a call to the tenant.

        Args:
            olds: The outputs that the state holds.
            news: The inputs as checked; some of them unknown at preview.

        Raises:
            TenantMismatch: The settings name another tenant than the key's.
        """
        self._note_secrets(olds, news)
        state = recorded(olds)
        require_readable(remove_unknowns(news))  # on a refresh they are those of the state
        before = state.inputs()
        changed = {key for key in _COMPARED if before.get(key) != news.get(key)}
        if "tenant" not in changed:
            require_home(self._tenants.home_of(state), state)
        elif self._moves(state, news.get("tenant")):
            return DiffResult(changes=None, replaces=["tenant"], delete_before_replace=True)
        self._announce(state, remove_unknowns(news))
        if changed:
            # The engine compares the inputs itself then, and shows what changes.
            return DiffResult(changes=None)
        return DiffResult(changes=state.owes_a_revoke(self._today))

    def create(self, props: Properties) -> CreateResult:
        """Make the key, or take over the one that has its name where that is allowed.

        Raises:
            ZdxError: There is no such key now; or, where the message says so, half of one.
        """
        self._note_secrets(props)
        inputs = parse_inputs(props)
        settings = self._tenants.settings(inputs.tenant)
        keys = self._tenants.keys(inputs.tenant)
        role = keys.find_role(inputs.role)
        rotation = inputs.plan or Rotation()
        created = keys.create(
            _spec(inputs, role.id),
            rotation.lifetime,
            Permissions(adopt=inputs.adopt, resume=settings.resume_interrupted),
        )
        tenant = settings.tenant()
        state = KeyState(
            **dict(inputs),
            key_id=created.key_id,
            role_id=role.id,
            vanity_domain=tenant.vanity_domain,
            cloud=tenant.cloud,
            api_url=tenant.custom_api_url,
            claim=created.mark.claim,
        ).holding(created.secret)
        if created.previous_id is not None:
            state = state.keeping(created.previous_id, self._today + rotation.overlap)
        if created.previous_id is not None or created.other_scopes:
            taken_over = describe_take_over(state, created.other_scopes)
            self._host.log(logging.INFO, taken_over)
        return CreateResult(created.key_id, state.rendered())

    def read(self, key_id: str, props: Properties) -> ReadResult:
        """Find what differs from the state, or that the key is gone.

        Args:
            key_id: The key.
            props: The outputs that the state holds; or, for ``ApiKey.get``, the program's inputs.

        Raises:
            KeyNotFound: ``ApiKey.get`` names a key that is not there. (The engine by itself
                would hand out empty outputs.)
            TenantMismatch: The settings name another tenant than the key's.
        """
        self._note_secrets(props)
        if "key_id" not in props:
            return self._look_up(key_id, props)
        state = recorded(props)
        keys = self._tenants.keys_of(state)
        key = keys.read(key_id, state.name, state.role_id)
        tenant = self._tenants.home_of(state)
        if key is None:
            require_same_address(tenant, state)
            return ReadResult(None, {})
        state = at_address(state.refreshed(key), tenant)
        return ReadResult(key_id, state.rendered(), state.inputs())

    def update(self, key_id: str, olds: Properties, news: Properties) -> UpdateResult:
        """Bring the key to what is declared, in place.

        Its id stays, and so does its secret unless that is gone or has ended.

        Args:
            key_id: The key.
            olds: The outputs that the state holds.
            news: The inputs as checked.

        Raises:
            ZdxError: The message says what is different from the state now, if anything.
        """
        self._note_secrets(olds, news)
        state = recorded(olds)
        inputs = parse_inputs(news)
        tenant = self._tenants.named(inputs.tenant)
        require_home(tenant, state)
        keys = self._tenants.keys(inputs.tenant)
        same_role = inputs.role == state.role
        role_id = state.role_id if same_role else keys.find_role(inputs.role).id
        claim = keys.update(
            key_id,
            _spec(inputs, role_id),
            previous_name=state.name,
            previous_owner=state.managed_by,
            claim=state.claim,
        )
        updated = state.model_copy(update={**dict(inputs), "role_id": role_id, "claim": claim})
        if _rotates(state, inputs.secret_expires_on, inputs.plan):
            rotation = inputs.plan or Rotation()
            replaced = keys.replace_secret(
                key_id, inputs.name, state.held_secrets, rotation.lifetime
            )
            updated = updated.holding(replaced.secret)
            # A secret that was the previous one before keeps its day.
            if replaced.previous_id is None or replaced.previous_id != state.previous_secret_id:
                until = self._today + rotation.overlap
                updated = updated.keeping(replaced.previous_id, until)
        elif state.previous_secret_id and state.owes_a_revoke(self._today):
            updated = self._without_previous(keys, updated, state.previous_secret_id)
        return UpdateResult(at_address(updated, tenant).rendered())

    def delete(self, key_id: str, props: Properties) -> None:
        """Remove the key; one that is gone already, or is another's by now, is no failure."""
        self._note_secrets(props)
        state = recorded(props)
        self._require_found(state)
        keys = self._tenants.keys_of(state)
        owner = keys.delete(key_id, state.name, Mark(state.managed_by, state.claim))
        if owner is not None:
            self._host.log(logging.WARNING, describe_kept_key(state, owner))

    @property
    def secrets(self) -> Collection[str]:
        """The values of inputs that are secrets; no message may show them."""
        return self._host.secrets

    def _note_secrets(self, *inputs: Properties) -> None:
        for props in inputs:
            self._host.hide(find_secret_texts(props))

    @property
    def _today(self) -> date:
        return self._now().date()

    def _require_found(self, state: KeyState) -> None:
        """Stop before a key is taken for gone at another address than the one that it was seen at.

        Raises:
            TenantMismatch: The settings name another tenant, or a server that lacks the key.
        """
        tenant = self._tenants.home_of(state)
        if is_elsewhere(tenant, state):
            keys = self._tenants.keys_of(state)
            if keys.read(state.key_id, state.name, state.role_id) is None:
                require_same_address(tenant, state)

    def _moves(self, state: KeyState, profile: str | None) -> bool:
        """Whether a changed profile names another tenant; not told of one that is unknown yet."""
        return not contains_unknowns(profile) and not is_home(self._tenants.named(profile), state)

    def _stamp(self, olds: Properties, news: Properties) -> Any:
        """The day on which the secret ends after this update; unknown where a trigger is."""
        known = remove_unknowns(news)
        if "rotation" in news and "rotation" not in known:
            return Unknown()  # type: ignore[no-untyped-call] # the SDK's own marker
        declared, before = find_rotation(known), find_rotation(olds)
        return next_stamp(find_expiry(olds), self._today, declared, before)

    def _announce(self, state: KeyState, news: Properties) -> None:
        declared = find_rotation(news)
        if _rotates(state, find_expiry(news), declared):
            sentence = describe_new_secret(state, declared, self._today)
            self._host.log(logging.INFO, sentence)
        elif state.owes_a_revoke(self._today):
            self._host.log(logging.INFO, describe_revoke_due(state))

    def _without_previous(self, keys: Keys, state: KeyState, previous_id: str) -> KeyState:
        """Revoke the previous secret; what fails stays owed, and the next update tries again."""
        try:
            keys.revoke(state.key_id, state.name, previous_id)
        except ZIdentityError as error:
            self._host.log(logging.WARNING, describe_failed_revoke(previous_id, error))
            return state
        return state.without_previous()

    def _check_settings_and_role(
        self, olds: Properties, known: Properties, news: Properties
    ) -> None:
        if "tenant" in news and "tenant" not in known:
            return
        self._tenants.named(known.get("tenant"))
        same = all(olds.get(key) == known.get(key) for key in ("role", "tenant"))
        if "role" in known and not same:
            self._tenants.keys(known.get("tenant")).find_role(known["role"])

    def _look_up(self, key_id: str, props: Properties) -> ReadResult:
        profile = props.get("tenant")
        tenant = self._tenants.settings(profile).tenant()
        key = self._tenants.keys(profile).read(key_id, key_id)
        if key is None:
            raise KeyNotFound(
                f"the tenant {tenant} has no API client {key_id}.",
                hint="ApiKey.get takes a key's id, as the Key ID column of the portal's API Keys "
                "page or zdx-keys list shows it.",
            )
        state = observed(key, tenant, profile)
        return ReadResult(key_id, state.rendered(), state.inputs())


def _rotates(state: KeyState, stamp: str | None, declared: Rotation | None) -> bool:
    """Whether an update to these inputs replaces the secret; not where a trigger is unknown yet."""
    if stamp is None:
        return False
    return stamp != state.secret_expires_on or bool(changed_triggers(declared, state.plan))


def _spec(inputs: KeyInputs, role_id: str) -> KeySpec:
    return KeySpec(**attributes_of(inputs), role_id=role_id, owner=inputs.managed_by)


def remove_unknowns(news: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are known already; at preview some are not, and must not be touched."""
    return {key: value for key, value in news.items() if not contains_unknowns(value)}


def find_failures(news: Mapping[str, Any]) -> list[CheckFailure]:
    """The rules that a declaration breaks; unknown values break none.

    Each names its input in the text and not as the failure's property: the engine prints the value
    of that property in the clear, and nothing tells a provider which values are secrets (a
    transformation may turn any of them into one).
    """
    known = remove_unknowns(news)
    return [
        CheckFailure("", escape_text(f"{name} {rule}"))
        for name, rule in find_broken_rules(known).items()
        if (prop := name.partition(".")[0]) in known or prop not in news
    ]


def describe_new_secret(state: KeyState, declared: Rotation | None, today: date) -> str:
    """That an update replaces a key's secret, and why."""
    why = due(state.secret_expires_on or MISSING, today, declared, state.plan)
    until = today + (declared or Rotation()).overlap
    alive = state.is_secret_alive(today)
    kept = f" The first pulumi up from {until} on revokes the one before." if alive else ""
    return f"{_label(state)} gets a new secret: {why}.{kept}"


def describe_revoke_due(state: KeyState) -> str:
    """That an update ends the previous secret."""
    return (
        f"{_label(state)}: its previous secret {state.previous_secret_id} is revoked, as it was to "
        f"work until {state.previous_secret_revoke_on}."
    )


def describe_failed_revoke(previous_id: str, cause: Exception) -> str:
    """That the previous secret could not be ended."""
    return (
        f"the previous secret {previous_id} was not revoked; the next pulumi up tries again. "
        f"The reason: {cause}"
    )


def describe_take_over(state: KeyState, other_scopes: Sequence[Scope]) -> str:
    """That a create took a key over, and what becomes of its secret and its other permissions."""
    previous = (
        f" The first pulumi up from {state.previous_secret_revoke_on} on revokes the previous one, "
        f"{state.previous_secret_id}."
        if state.previous_secret_id
        else ""
    )
    kept = f" It keeps {names_of(other_scopes)} of other services." if other_scopes else ""
    return (
        f"{_label(state)} already existed and was taken over. It has a new secret.{previous}{kept}"
    )


def describe_kept_key(state: KeyState, owner: Mark) -> str:
    """That a delete left the key to the one who has taken it over."""
    taker = "its successor" if owner.who == state.managed_by else owner.who
    return (
        f"{_label(state)} was left as it is, because {taker} has taken it over; only this row of "
        "the state is forgotten."
    )


def _label(state: KeyState) -> str:
    return f'the key "{state.name}" ({state.key_id})'
