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
from zdx_provider.engine.diagnostics import (
    describe_authentication,
    describe_certificate,
    describe_failed_revoke,
    describe_kept_key,
    describe_new_secret,
    describe_postponed_revoke,
    describe_revoke_due,
    describe_take_over,
    describe_unknown_secret,
    describe_unlisted_secrets,
    name_key,
)
from zdx_provider.engine.engine_client import EngineClient
from zdx_provider.engine.tenants import (
    Tenants,
    has_other_address,
    is_same_tenant,
    require_same_address,
    require_same_tenant,
    with_address,
)
from zdx_provider.errors import ZdxError
from zdx_provider.keys.authentication import NOT_KNOWN, find_certificates, normalize
from zdx_provider.keys.inputs import (
    KeyInputs,
    find_authentication,
    find_broken_rules,
    find_expiry,
    find_revoke_date,
    find_rotation,
    find_secret_names,
    find_secret_texts,
    parse_inputs,
)
from zdx_provider.keys.jwks import find_url_rule
from zdx_provider.keys.ownership import TakeOverOptions
from zdx_provider.keys.repository import KeyRepository
from zdx_provider.keys.rotation import (
    Rotation,
    compute_expiry_date,
    compute_revoke_date,
    find_changed_triggers,
    is_alive,
)
from zdx_provider.keys.state import KeyState, parse_state, require_readable
from zdx_provider.settings import ConfigReader
from zdx_provider.text import escape_text, hide_secrets, quote_python
from zdx_provider.zidentity import BadRequestError, NotFoundError, Tenant, ZIdentityError
from zdx_provider.zidentity.connection import is_loopback
from zdx_provider.zidentity.models import MAX_SECRETS

Properties = dict[str, Any]

# `adopt` matters at create only, and the engine keeps which inputs are secrets: a change of either
# changes no key. Whether a revoke is due is found in the outputs.
_COMPARED = KeyInputs.model_fields.keys() - {"adopt", "secret_inputs", "previous_secret_revoke_on"}


class Lifecycle:
    """The engine's calls, for every key of one process.

    Args:
        tenants: The tenants that the settings name.
        engine: The engine that started this plugin.
        now: Gives the current moment in UTC.
    """

    def __init__(self, tenants: Tenants, engine: EngineClient, now: Callable[[], datetime]) -> None:
        self._tenants = tenants
        self._engine = engine
        self._now = now
        self._checked_owners: set[str] = set()

    @classmethod
    def from_process(cls, config: ConfigReader) -> "Lifecycle":
        """Create it with the config, environment, engine and clock of the plugin's process."""
        engine = EngineClient.from_process()
        engine.forward_log("zdx_provider.zidentity")
        return cls(Tenants(config, os.environ, engine.require_alive), engine, utc_now)

    def check(self, olds: Properties, news: Properties) -> CheckResult:
        """Refuse inputs that cannot be applied, before any key is changed.

        Args:
            olds: The inputs of the last update; empty for a new key.
            news: The inputs of the program; some of them unknown at preview.
        """
        self._note_secrets(news)
        broken = find_failures(news) or self._find_expired(olds, news)
        if broken:
            return CheckResult(news, broken)
        try:
            self._check_settings_and_role(olds, remove_unknowns(news), news)
        except ZdxError as error:
            error.hide(self.secrets)
            return CheckResult(news, [CheckFailure("", str(error))])
        self._checked_owners.add(_find_owner(news))
        self._warn_of_certificates(news)
        inputs = {**news, **self._compute_dates(olds, news)}
        if isinstance(news.get("authentication"), Mapping):
            inputs["authentication"] = normalize(news["authentication"])
        return CheckResult(inputs, [])

    def diff(self, olds: Properties, news: Properties) -> DiffResult:
        """Return what an update would change, without a request.

        Args:
            olds: The outputs in the state.
            news: The inputs as checked; some of them unknown at preview.

        Raises:
            SettingsError: The settings name another tenant than the key's.
            ZdxError: A rotation would end an overlap that the program has not given up.
        """
        self._note_secrets(olds, news)
        state = parse_state(olds)
        require_readable(remove_unknowns(news))  # on a refresh they are those of the state
        before = state.to_inputs()
        changed = {key for key in _COMPARED if before.get(key) != news.get(key)}
        if "tenant" not in changed:
            require_same_tenant(self._tenants.find_tenant_of(state), state)
        elif self._is_other_tenant(state, news.get("tenant")):
            return DiffResult(changes=None, replaces=["tenant"], delete_before_replace=True)
        # A refresh compares too, with inputs that check has not seen: no update follows then.
        is_update = _find_owner(news) in self._checked_owners
        if is_update:
            known, has_secret = remove_unknowns(news), "authentication" not in news
            if has_secret and _gets_new_secret(state, known):
                require_overlap_kept(state, find_rotation(known), self._today)
            self._log_changes(state, known, has_secret=has_secret)
        if changed:
            # The engine compares the inputs itself then, and shows what changes.
            return DiffResult(changes=None)
        is_revoke_due = any(revoke.is_due(self._today) for revoke in state.pending_revokes)
        return DiffResult(changes=is_update and is_revoke_due)

    def create(self, props: Properties) -> CreateResult:
        """Create the key, or take over the key that has its name if that is allowed.

        Raises:
            ZdxError: There is no such key now; or half of one, if the message says so.
        """
        self._note_secrets(props)
        inputs = parse_inputs(props)
        settings = self._tenants.load_settings(inputs.tenant)
        repository = self._tenants.open_repository(inputs.tenant)
        role = repository.find_role(inputs.role)
        options = TakeOverOptions(inputs.adopt, settings.resume_interrupted)
        created = repository.create_key(inputs, role, options)
        key, new = created.key, created.new_secret
        state = KeyState(
            **dict(inputs),
            key_id=key.id,
            role_id=role.id,
            vanity_domain=repository.tenant.vanity_domain,
            cloud=repository.tenant.cloud,
            api_url=repository.tenant.custom_api_url,
            ownership_id=key.marker.ownership_id if key.marker else "",
        )
        revoke_on = (inputs.rotation or Rotation()).compute_overlap_end(self._today)
        if new is not None:
            state = state.with_secret(new.secret).with_previous(new.previous_id, revoke_on)
        elif key.secrets:
            ids = [secret.id for secret in key.secrets]
            state = state.with_retired_secrets(ids, revoke_on)
        if state.previous_secret_id or key.other_scopes or created.had_no_secrets:
            self._engine.log(logging.INFO, describe_take_over(state, key))
        if created.had_no_secrets and inputs.authentication is not None:
            self._engine.log(logging.WARNING, describe_unlisted_secrets(state))
        return CreateResult(key.id, state.to_outputs())

    def read(self, key_id: str, props: Properties) -> ReadResult:
        """Find drift, or that the key is gone.

        Args:
            key_id: The key.
            props: The outputs in the state; or, for ``ApiKey.get``, the program's inputs.

        Raises:
            SettingsError: The settings name another tenant than the key's.
            ZdxError: ``ApiKey.get`` names a key that is not there. (The engine by itself would
                return empty outputs.)
        """
        self._note_secrets(props)
        if "key_id" not in props:
            return self._look_up(key_id, props)
        state = parse_state(props)
        repository = self._tenants.open_repository_of(state)
        key = repository.find_key(key_id, state.name, state.role_id, state.managed_by)
        tenant = self._tenants.find_tenant_of(state)
        if key is None:
            require_same_address(tenant, state)
            return ReadResult(None, {})
        state = with_address(state.with_tenant_values(key), tenant)
        return ReadResult(key_id, state.to_outputs(), state.to_inputs())

    def update(self, key_id: str, olds: Properties, news: Properties) -> UpdateResult:
        """Update the key in place.

        Its ID stays, and so does its secret unless that is missing or has expired, or unless the
        key no longer uses one.

        Args:
            key_id: The key.
            olds: The outputs in the state.
            news: The inputs as checked.

        Raises:
            ZdxError: The message says what differs from the state now, if anything does.
        """
        self._note_secrets(olds, news)
        state = parse_state(olds)
        inputs = parse_inputs(news)
        tenant = self._tenants.find_tenant(inputs.tenant)
        require_same_tenant(tenant, state)
        needs_rotation = _needs_rotation(state, inputs.secret_expires_on, inputs.rotation)
        if needs_rotation:
            require_overlap_kept(state, inputs.rotation, self._today)
        repository = self._tenants.open_repository(inputs.tenant)
        same_role = inputs.role == state.role
        role_id = state.role_id if same_role else repository.find_role(inputs.role).id
        state = state.model_copy(update={"key_id": key_id})
        updated_key = repository.update_key(state, inputs, role_id)
        new_state = state.model_copy(
            update={
                **dict(inputs),
                "previous_secret_revoke_on": state.previous_secret_revoke_on,
                "role_id": role_id,
                "ownership_id": updated_key.ownership_id,
            }
        )
        if inputs.authentication is None:
            new_state = new_state.with_postponed_revokes(self._today)
        else:
            new_state = self._retire_secrets(state, new_state, updated_key.last_secrets)
        if needs_rotation:
            rotation = inputs.rotation or Rotation()
            new = repository.rotate_secret(state, inputs.name, rotation.lifetime)
            revoke_on = rotation.compute_overlap_end(self._today)
            new_state = new_state.with_secret(new.secret)
            new_state = new_state.with_previous(new.previous_id, revoke_on)
        # One that this update retires works until its day, which may be today.
        known_ids = {revoke.secret_id for revoke in state.pending_revokes}
        for revoke in new_state.pending_revokes:
            is_open = revoke.is_postponed or revoke.is_due(self._today)
            if is_open and revoke.secret_id in known_ids:
                new_state = self._revoke(repository, new_state, revoke.secret_id)
        return UpdateResult(with_address(new_state, tenant).to_outputs())

    def delete(self, key_id: str, props: Properties) -> None:
        """Delete the key; one that is gone already, or has another owner now, is no failure."""
        self._note_secrets(props)
        state = parse_state(props)
        self._require_found(state)
        repository = self._tenants.open_repository_of(state)
        marker = repository.delete_key(state.model_copy(update={"key_id": key_id}))
        if marker is not None:
            self._engine.log(logging.WARNING, describe_kept_key(state, marker))

    @property
    def secrets(self) -> Collection[str]:
        """The values of inputs that are secrets; no message may show them."""
        return self._engine.secrets

    def _note_secrets(self, *inputs: Properties) -> None:
        for props in inputs:
            self._engine.hide(find_secret_texts(props))

    @property
    def _today(self) -> date:
        return self._now().date()

    def _retire_secrets(
        self, state: KeyState, new_state: KeyState, listed_ids: Sequence[str] | None
    ) -> KeyState:
        """Return the state of a key that stops using secrets, or that uses none already.

        Args:
            state: The state before the update.
            new_state: The state to change.
            listed_ids: The secrets that worked before the update; None if ZIdentity lists none.
        """
        last_id = state.find_secret_to_retire(self._today)
        last_ids = [last_id] if last_id else []
        pending_ids = [revoke.secret_id for revoke in state.pending_revokes]
        if listed_ids is None:
            retired_ids = [*pending_ids, *last_ids]
            if state.secret_id is None and state.secret_expires_on is not None:
                self._engine.log(logging.WARNING, describe_unlisted_secrets(state))
        else:
            # A list may lag behind the newest secret. With both slots in use, that one is gone.
            unlisted_ids = [each for each in last_ids if each not in listed_ids]
            retired_ids = [*listed_ids, *unlisted_ids][:MAX_SECRETS]
        revoke_on = (state.rotation or Rotation()).compute_overlap_end(self._today)
        for secret_id in retired_ids:
            if secret_id not in (*pending_ids, state.secret_id):
                message = describe_unknown_secret(state, secret_id, revoke_on)
                self._engine.log(logging.WARNING, message)
        return new_state.with_retired_secrets(retired_ids, revoke_on)

    def _require_found(self, state: KeyState) -> None:
        """Stop before a key is taken for gone at another address than the one it was seen at.

        Raises:
            SettingsError: The settings name another tenant, or a server that lacks the key.
        """
        tenant = self._tenants.find_tenant_of(state)
        if has_other_address(tenant, state):
            repository = self._tenants.open_repository_of(state)
            if repository.find_key(state.key_id, state.name, state.role_id) is None:
                require_same_address(tenant, state)

    def _is_other_tenant(self, state: KeyState, tenant_name: str | None) -> bool:
        """Whether a changed tenant name means another tenant; False for an unknown name."""
        if contains_unknowns(tenant_name):
            return False
        return not is_same_tenant(self._tenants.find_tenant(tenant_name), state)

    def _compute_dates(self, olds: Properties, news: Properties) -> Properties:
        """Return the dates of both secrets after this update; unknown if a trigger is unknown."""
        known = remove_unknowns(news)
        if "authentication" in news:
            return self._compute_last_revoke_date(olds)
        if "rotation" in news and "rotation" not in known:
            unknown = Unknown()  # type: ignore[no-untyped-call] # the SDK's own marker
            return {"secret_expires_on": unknown, "previous_secret_revoke_on": unknown}
        today = self._today
        declared, before = find_rotation(known), find_rotation(olds)
        previous_expiry = find_expiry(olds)
        expires_on = compute_expiry_date(previous_expiry, today, declared, before)
        revoke_on = compute_revoke_date(
            find_revoke_date(olds),
            today,
            declared,
            is_rotated=is_alive(previous_expiry, today)
            and (expires_on != previous_expiry or bool(find_changed_triggers(declared, before))),
        )
        dates = {"secret_expires_on": expires_on, "previous_secret_revoke_on": revoke_on}
        return {name: day for name, day in dates.items() if day is not None}

    def _compute_last_revoke_date(self, olds: Properties) -> Properties:
        """Return the day on which the last secret of a key without secrets is revoked, if any."""
        today, before = self._today, find_rotation(olds)
        revoke_on = compute_revoke_date(
            find_revoke_date(olds), today, before, is_rotated=is_alive(find_expiry(olds), today)
        )
        return {} if revoke_on is None else {"previous_secret_revoke_on": revoke_on}

    def _find_expired(self, olds: Properties, news: Properties) -> list[CheckFailure]:
        """Return the rule that a certificate breaks which is new to the key and has expired."""
        known = {each.digest for each in find_certificates(olds.get("authentication"))}
        hidden = find_secret_names(news)
        return [
            CheckFailure(
                "",
                "authentication.certificates has the certificate "
                f"{hide_secrets(quote_python(each.name), hidden)}, which "
                f"expired on {each.expires_at:%Y-%m-%d}",
            )
            for each in find_certificates(news.get("authentication"))
            if each.digest not in known and each.expires_at <= self._now()
        ]

    def _warn_of_certificates(self, news: Properties) -> None:
        for certificate in find_certificates(news.get("authentication")):
            for message in describe_certificate(news.get("name"), certificate, self._now()):
                self._engine.log(logging.WARNING, message)

    def _log_changes(self, state: KeyState, known: Properties, *, has_secret: bool) -> None:
        """Show what an update does that the engine's comparison of inputs doesn't show.

        Args:
            state: The state of the key.
            known: The inputs that are known.
            has_secret: Whether the program declares a key with a secret.
        """
        today, declared = self._today, find_authentication(known)
        for line in describe_authentication(state, declared, today, has_secret=has_secret):
            self._engine.log(logging.INFO, line)
        if has_secret and state.authentication is None and _gets_new_secret(state, known):
            message = describe_new_secret(state, find_rotation(known), today)
            self._engine.log(logging.INFO, message)
            return
        for revoke in state.pending_revokes:
            if revoke.is_due(today):
                self._engine.log(logging.INFO, describe_revoke_due(state, revoke))

    def _revoke(self, repository: KeyRepository, state: KeyState, secret_id: str) -> KeyState:
        """Revoke a secret of which the key has another now; the next update retries a failure."""
        try:
            repository.revoke_secret(state.key_id, state.name, secret_id)
        except ZIdentityError as error:
            if state.authentication is not None and isinstance(
                error, BadRequestError | NotFoundError
            ):
                # ZIdentity may refuse it while the key uses no secrets. The list of secrets
                # is refused too, so it may still be there.
                message = describe_postponed_revoke(state, secret_id, error)
                self._engine.log(logging.WARNING, message)
                return state.with_revoke_postponed(secret_id)
            self._engine.log(logging.WARNING, describe_failed_revoke(secret_id, error))
            return state
        return state.without_secret_to_revoke(secret_id)

    def _check_settings_and_role(
        self, olds: Properties, known: Properties, news: Properties
    ) -> None:
        if "tenant" in news and "tenant" not in known:
            return
        self._require_usable_url(known, self._tenants.find_tenant(known.get("tenant")))
        same = all(olds.get(key) == known.get(key) for key in ("role", "tenant"))
        if "role" in known and not same:
            self._tenants.open_repository(known.get("tenant")).find_role(known["role"])

    def _require_usable_url(self, known: Properties, tenant: Tenant | None) -> None:
        """Stop before a JWKS URL is declared that ZIdentity can't or shouldn't read.

        Raises:
            ZdxError: It is no public address. The emulator reads one on this machine, too.
        """
        is_local = tenant is not None and is_loopback(tenant.api_url)
        rule = find_url_rule(known.get("authentication"), is_tenant_local=is_local)
        if rule:
            raise ZdxError(f"authentication.jwks_url {rule}")

    def _look_up(self, key_id: str, props: Properties) -> ReadResult:
        tenant_name = props.get("tenant")
        repository = self._tenants.open_repository(tenant_name)
        key = repository.find_key(key_id, key_id)
        if key is None:
            raise ZdxError(
                f"the tenant {repository.tenant} has no API client {key_id}.",
                hint="ApiKey.get needs the key's ID: the column Key ID of the portal's API Keys "
                "page or of zdx-keys list.",
            )
        state = KeyState.from_key(key, repository.tenant, tenant_name)
        return ReadResult(key_id, state.to_outputs(), state.to_inputs())


def _gets_new_secret(state: KeyState, known: Properties) -> bool:
    """Whether an update to these inputs, which declare a secret, creates one."""
    expires_on = find_expiry(known)
    if state.authentication is not None:
        return expires_on is not None
    return _needs_rotation(state, expires_on, find_rotation(known))


def _needs_rotation(state: KeyState, expires_on: str | None, declared: Rotation | None) -> bool:
    """Whether an update to these inputs replaces the secret; False if a trigger is unknown."""
    if expires_on is None:
        return False
    triggers = find_changed_triggers(declared, state.rotation)
    return expires_on != state.secret_expires_on or bool(triggers)


def remove_unknowns(news: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are known already; at preview some are not."""
    return {key: value for key, value in news.items() if not contains_unknowns(value)}


def _mark_unknowns(value: Any) -> Any:
    if isinstance(value, Unknown):
        return NOT_KNOWN
    if isinstance(value, Mapping):
        return {name: _mark_unknowns(each) for name, each in value.items()}
    return [_mark_unknowns(each) for each in value] if isinstance(value, list) else value


def find_failures(news: Mapping[str, Any]) -> list[CheckFailure]:
    """Return the rules that a declaration breaks; unknown values break none.

    Each failure names its input in the text and not as the failure's property: the engine prints
    the value of that property in plain text, and a provider does not know which values are secrets
    (a transformation may turn any of them into one).
    """
    known = remove_unknowns(news)
    rotation = news.get("rotation")
    unknown_members: set[str] = set()
    if "rotation" not in known and isinstance(rotation, Mapping):
        known["rotation"] = remove_unknowns(rotation)
        unknown_members = rotation.keys() - known["rotation"].keys()
    if "authentication" in news:
        known["authentication"] = _mark_unknowns(news["authentication"])
    hidden = find_secret_names(news)
    return [
        CheckFailure("", escape_text(hide_secrets(f"{name} {rule}", hidden)))
        for name, rule in find_broken_rules(known, unknown_members).items()
        if (prop := name.partition(".")[0]) in known or prop not in news
    ]


def require_overlap_kept(state: KeyState, declared: Rotation | None, today: date) -> None:
    """Stop before a rotation that revokes a secret which was to work longer.

    Raises:
        ZdxError: The program doesn't declare that the overlap may end early.
    """
    displaced = state.find_displaced_secret(today)
    if displaced is None or (declared and declared.end_overlap_early):
        return
    reason = (
        state.find_rotation_reason(today, declared)
        if state.authentication is None
        else "it has no current secret"
    )
    raise ZdxError(
        f"{name_key(state)} needs a new secret, because {reason}. That would revoke the previous "
        f"secret {displaced.secret_id}, whose overlap ends on {displaced.revoke_on}. Nothing was "
        "changed.",
        hint=f"Run pulumi up on or after {displaced.revoke_on}, or declare end_overlap_early=True "
        "in the rotation to revoke that secret now.",
    )


def _find_owner(props: Mapping[str, Any]) -> str:
    """Return the owner in inputs, which identifies their resource; empty if it isn't known."""
    owner = props.get("managed_by")
    return owner if isinstance(owner, str) else ""
