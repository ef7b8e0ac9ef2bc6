"""``zdx-keys import-file``: existing keys for `pulumi import`, and the program for them."""

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

from pulumi.dynamic.dynamic import serialize_provider
from pydantic import SecretStr

from zdx_provider.cli.import_program import Declaration, ResourceNames, format_program
from zdx_provider.cli.key_files import KeyFile, read_key_files, require_free, write_private
from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import create_error_console, format_cell, print_json, print_line
from zdx_provider.cli.progress import show_attempt, show_progress
from zdx_provider.cli.stack import (
    NoStackSelectedError,
    Stack,
    authenticate_as,
    find_settings,
    find_stack,
    read_keys,
)
from zdx_provider.errors import ZdxError
from zdx_provider.keys.inputs import find_broken_rules
from zdx_provider.keys.jwks import find_url_rule
from zdx_provider.keys.key import Key
from zdx_provider.keys.owner import KEY_TYPE, Owner, Urn
from zdx_provider.keys.repository import KeyRepository
from zdx_provider.keys.roles import Role
from zdx_provider.keys.state import KeyState
from zdx_provider.provider import ApiKeyProvider
from zdx_provider.settings import Settings
from zdx_provider.zidentity import AuthenticationError, Scope
from zdx_provider.zidentity.connection import is_loopback

# How an import file marks a value that the engine encrypts; its content is JSON.
_SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


_MAX_NAMES = 5  # that a line of the report lists

_UNKNOWN_NOTES = (
    "The state doesn't have its secret, so key_secret is None. To create a new one,",
    'declare rotation={"triggers": {"imported": "1"}}.',
)
_MISSING_NOTE = "It has no secret that works. The first pulumi up creates one."
_TWO_NOTE = "It has two secrets. Before a rotation, revoke the unused one: zdx-keys revoke."


class SecretImport(str, Enum):
    """What is imported of a key's secret."""

    IMPORTED = "imported"
    UNKNOWN = "unknown"
    """It works, but no file contains it, so the stack can't use it."""
    MISSING = "missing"
    """The key has none that works. The first update creates one."""
    NONE = "none"
    """The key needs none."""


@dataclass(frozen=True)
class WrittenKey:
    """A key that was written.

    Attributes:
        resource_name: Its logical name in the program.
        name: Its name in the portal.
        key_id: Its ID.
        secret: What is imported of its secret.
    """

    resource_name: str
    name: str
    key_id: str
    secret: SecretImport


@dataclass(frozen=True)
class SkippedItem:
    """A key that is not imported, or a file that no imported key uses.

    Attributes:
        item: Which.
        reason: Why, as a sentence without its subject.
    """

    item: str
    reason: str


@dataclass(frozen=True)
class Report:
    """What was written, and what was skipped."""

    file: str
    program: str
    keys: list[WrittenKey]
    skipped: list[SkippedItem]


@dataclass(frozen=True)
class ImportedKey:
    """A key to import.

    Attributes:
        owner: The resource that declares it.
        parent: A resource of the stack that stands for its parent in the file; None for the stack.
        state: Its state.
    """

    owner: Owner
    parent: Urn | None
    state: KeyState

    def find_secret(self, today: date) -> SecretImport:
        """Return what is imported of its secret.

        Args:
            today: Today in UTC by the server's clock.
        """
        if self.state.authentication is not None:
            return SecretImport.NONE
        if not self.state.is_secret_alive(today):
            return SecretImport.MISSING
        is_known = self.state.key_secret is not None
        return SecretImport.IMPORTED if is_known else SecretImport.UNKNOWN

    def list_notes(self, today: date) -> list[str]:
        """Return the lines about its secret that its declaration has as a comment.

        Args:
            today: Today in UTC by the server's clock.
        """
        secret = self.find_secret(today)
        if secret is SecretImport.MISSING:
            return [_MISSING_NOTE]
        has_two = secret is not SecretImport.NONE and self.state.secret_id is None
        notes = _UNKNOWN_NOTES if secret is SecretImport.UNKNOWN else ()
        return [*notes, *([_TWO_NOTE] if has_two else [])]


@dataclass(frozen=True)
class TargetStack:
    """The stack that keys are imported into.

    Attributes:
        stack: The stack; None outside of one.
        full_name: Its project and name, ``zdx-keys/prod``; empty outside of one.
        keys: The keys in its state, by the URNs of their resources.
        urns: One of its resources of each chain of types.
    """

    stack: Stack | None = None
    full_name: str = ""
    keys: Mapping[Urn, KeyState] = field(default_factory=dict)
    urns: Mapping[tuple[str, ...], Urn] = field(default_factory=dict)

    def find_obstacle(self, key: Key) -> str | None:
        """Return why a key can't be imported here, as a sentence without its subject."""
        if key.id in {state.key_id for state in self.keys.values()}:
            return "is already in this stack."
        owner = self._find_owner(key)
        if key.marker is not None and owner is None:
            return (
                f"is managed by {key.managed_by}. To take it over, declare it in your program "
                "with adopt=True."
            )
        if len(key.scopes) > 1:
            return (
                f"has {len(key.scopes)} ZDX roles, but a declared key has one. Keep one role in "
                "ZIdentity, under API Clients."
            )
        if owner and owner.parents and owner.parents not in self.urns:
            return (
                f"has a parent of the type {owner.parents[-1]}, which the state doesn't contain. "
                f"Create the parent first: {self._format_up(owner.parents)}. Then run zdx-keys "
                "import-file again."
            )
        return None

    def choose_owners(self, keys: Iterable[Key]) -> list[Owner]:
        """Return the resource that declares each key.

        A key that this stack declared is declared by the same resource again, unless that has
        another key. Every other key gets a free name like its own.
        """
        owners = [(key, self._find_owner(key)) for key in keys]
        taken = {Owner.from_urn(urn) for urn in self.keys}
        kept: dict[str, Owner] = {}
        for key, owner in owners:
            if owner and owner not in taken:
                taken.add(owner)
                kept[key.id] = owner
        names = ResourceNames(owner.name for owner in taken)
        project, _, stack = self.full_name.partition("/")
        return [
            kept.get(key.id)
            or Owner(project, stack, (), names.choose(owner.name if owner else key.name))
            for key, owner in owners
        ]

    def _find_owner(self, key: Key) -> Owner | None:
        """Return the resource of this stack that declares a key, if there is one."""
        owner = Owner.parse(key.managed_by)
        return owner if owner and f"{owner.project}/{owner.stack}" == self.full_name else None

    def _format_up(self, types: Sequence[str]) -> str:
        """Return the command that creates a key's parents and nothing else."""
        chains = ("$".join(types[: end + 1]) for end in range(len(types)))
        targets = (argument for chain in chains for argument in ("--target", f"**::{chain}::**"))
        return self.stack.format_command("up", *targets) if self.stack else ""


def run(
    selection: Selection,
    wanted: Collection[str],
    output: Path,
    program: Path,
    downloaded: Sequence[Path],
    *,
    as_json: bool,
) -> None:
    """Write an import file, and the program that declares its keys."""
    for file in (output, program):
        require_free(file)
    files = read_key_files(downloaded)
    settings = find_settings(selection, os.environ).settings
    target = find_target(selection)
    plan = ImportPlan(settings, selection.tenant, target, files.by_key_id)
    for each in files.skipped:
        kind = "folder" if each.path.is_dir() else "file"
        plan.skipped.append(SkippedItem(f"the {kind} {each.path}", each.reason))
    keys = plan.choose_keys(wanted)
    if not as_json or not keys:
        _print_skipped(plan.skipped)
    tenant = plan.repository.tenant
    if not keys:
        raise ZdxError(
            f"the tenant {tenant} has no key that can be imported here.",
            hint="To see the keys and their owners, run zdx-keys list.",
        )
    today = plan.repository.zidentity.now().date()
    declarations = [
        Declaration(key.owner, key.state.to_arguments(), key.list_notes(today)) for key in keys
    ]
    write_private(program, SecretStr(format_program(declarations, str(tenant))))
    try:
        write_private(output, _format_import_file(keys))
    except ZdxError:
        program.unlink()  # both or none, so that the same command can be run again
        raise
    written = [
        WrittenKey(key.owner.name, key.state.name, key.state.key_id, key.find_secret(today))
        for key in keys
    ]
    report = Report(str(output), str(program), written, plan.skipped)
    if as_json:
        print_json(report)
    else:
        in_plain_text = sum(key.state.key_secret is not None for key in keys)
        stack = target.stack or Stack(selection.folder.resolve(), selection.stack)
        _print_report(report, in_plain_text, stack)


class ImportPlan:
    """Chooses the keys of a tenant that a stack can import.

    Attributes:
        repository: The keys of the tenant.
        skipped: What was skipped so far.

    Args:
        settings: The settings of the tenant.
        tenant_name: The entry of ``zdx:tenants`` that the settings are; None for the stack's own.
        target: The stack that imports them.
        files: The keys whose secrets the user has in files, by ID.
    """

    def __init__(
        self,
        settings: Settings,
        tenant_name: str | None,
        target: TargetStack,
        files: Mapping[str, KeyFile],
    ) -> None:
        self.repository = KeyRepository(settings.open(on_attempt=show_attempt))
        self.skipped: list[SkippedItem] = []
        self._settings = settings
        self._tenant_name = tenant_name
        self._target = target
        self._files = files

    def choose_keys(self, wanted: Collection[str]) -> list[ImportedKey]:
        """Return the keys that can be imported, by name.

        Args:
            wanted: IDs or names; none for all.

        Raises:
            ZdxError: One that is named doesn't exist.
            ZIdentityError: The tenant can't be reached, or refused.
        """
        keys = select_keys(read_keys(self.repository), wanted)
        kept = [key for key in keys if self._is_kept(key)]
        owners = self._target.choose_owners(kept)
        owned = [pair for pair in zip(kept, owners, strict=True) if self._is_declarable_by(*pair)]
        self._skip_files({key.id for key, _ in owned})
        return list(show_progress(self._plan(owned), len(owned), "Reading keys"))

    def _plan(self, keys: Iterable[tuple[Key, Owner]]) -> Iterator[ImportedKey]:
        for key, owner in keys:
            parent = self._target.urns[owner.parents] if owner.parents else None
            yield ImportedKey(owner, parent, self._build_state(key, self._find_secret(key)))

    def _is_kept(self, key: Key) -> bool:
        reason = self._target.find_obstacle(key)
        return self._keep_unless(reason or self._find_broken_rule(key, key.managed_by), key)

    def _is_declarable_by(self, key: Key, owner: Owner) -> bool:
        """Whether the first update can write a key's owner into its description."""
        return self._keep_unless(self._find_broken_rule(key, str(owner)), key)

    def _find_broken_rule(self, key: Key, managed_by: str) -> str | None:
        inputs = {**self._build_state(key, None).to_inputs(), "managed_by": managed_by}
        is_local = is_loopback(self.repository.tenant.api_url)
        rule = find_broken_rule(inputs, is_tenant_local=is_local)
        return rule and f"cannot be declared: {rule}. Change it in ZIdentity, under API Clients."

    def _keep_unless(self, reason: str | None, key: Key) -> bool:
        if reason:
            self.skipped.append(SkippedItem(f'the key "{key.name}" ({key.id})', reason))
        return reason is None

    def _skip_files(self, kept: Collection[str]) -> None:
        for file in self._files.values():
            if file.key_id not in kept:
                reason = (
                    f"belongs to the key {file.key_id}, which isn't imported. A key that was "
                    "created in the ZDX portal isn't in ZIdentity, so it cannot be managed."
                )
                self.skipped.append(SkippedItem(f"the file {file.path}", reason))

    def _build_state(self, key: Key, secret: SecretStr | None) -> KeyState:
        state = KeyState.from_key(key, self.repository.tenant, self._tenant_name)
        role = _choose_role_name(key.scopes[0], self.repository.get_roles())
        now = self.repository.zidentity.now()
        return state.model_copy(update={"role": role}).with_imported_secret(key, secret, now)

    def _find_secret(self, key: Key) -> SecretStr | None:
        """Return the secret that the user has, unless the tenant doesn't accept it any more."""
        file = self._files.get(key.id)
        # A disabled key authenticates with no secret, so nothing can be said about this one.
        if file is None or not key.client.enabled or self._is_accepted(file):
            return file.secret if file else None
        reason = "contains a secret that no longer works, so the key is imported without it."
        self.skipped.append(SkippedItem(f"the file {file.path}", reason))
        return None

    def _is_accepted(self, file: KeyFile) -> bool:
        tenant, connection = self.repository.tenant, self._settings.build_connection()
        try:
            authenticate_as(tenant, connection, file.key_id, file.secret)
        except AuthenticationError:
            return False
        return True


def find_broken_rule(inputs: Mapping[str, Any], *, is_tenant_local: bool) -> str | None:
    """Return the first rule that a key breaks, which its first update would report."""
    broken = find_broken_rules(inputs)
    url_rule = find_url_rule(inputs.get("authentication"), is_tenant_local=is_tenant_local)
    if url_rule and not broken:
        broken = {"authentication.jwks_url": url_rule}
    return next((f"its {name} {rule}" for name, rule in broken.items()), None)


def find_target(selection: Selection) -> TargetStack:
    """Return the stack of the command line, with the contents of its state.

    Raises:
        SettingsError: The stack is there, or was named, and can't be read.
    """
    stack = find_stack(selection)
    if stack is None:
        return TargetStack()
    try:
        full_name, contents = stack.read_full_name(), stack.read_contents()
    except NoStackSelectedError:
        return TargetStack()
    return TargetStack(stack, full_name, contents.keys, contents.urns)


def select_keys(keys: Iterable[Key], wanted: Collection[str]) -> list[Key]:
    """Return the keys of the command line, by name; all of them if it names none.

    Args:
        keys: The keys of the tenant.
        wanted: IDs or names; a name means each key that has it.

    Raises:
        ZdxError: One that is named doesn't exist.
    """
    ordered = sorted(keys, key=lambda key: (key.name.casefold(), key.id))
    if not wanted:
        return ordered
    missing = set(wanted) - {text for key in ordered for text in (key.id, key.name)}
    if missing:
        names = ", ".join(f'"{text}"' for text in sorted(missing))
        raise ZdxError(
            f"the tenant has no key with the ID or name {names}.",
            hint="To see the keys, run zdx-keys list.",
        )
    return [key for key in ordered if key.id in wanted or key.name in wanted]


def _choose_role_name(scope: Scope, roles: Sequence[Role]) -> str:
    """Return a role's name if no other role has it, or else its ID."""
    name = next((role.name for role in roles if role.id == scope.id), scope.id)
    is_unique = [role.name.casefold() for role in roles].count(name.casefold()) == 1
    return name if is_unique else scope.id


def _format_import_file(keys: Sequence[ImportedKey]) -> SecretStr:
    provider = serialize_provider(ApiKeyProvider())
    # A parent's URN names it by its type alone: any of that type will do until the first update.
    parents = {str(key.parent): str(key.parent) for key in keys if key.parent}
    document = {
        **({"nameTable": parents} if parents else {}),
        "resources": [to_resource(key, provider) for key in keys],
    }
    return SecretStr(json.dumps(document, indent=2) + "\n")


def to_resource(key: ImportedKey, provider: str) -> dict[str, Any]:
    """Return a key as a resource of an import file.

    The engine drops what check adds to an imported resource, so the inputs are complete.

    Args:
        key: The key.
        provider: The provider as the SDK serialises it.
    """
    secrets = {
        name: {**_SECRET, "plaintext": json.dumps(value)}
        for name, value in key.state.to_secret_outputs().items()
    }
    return {
        "type": KEY_TYPE,
        # Names the resource in this file, as two keys may have one logical name below parents.
        "name": key.state.key_id,
        "logicalName": key.owner.name,
        **({"parent": str(key.parent)} if key.parent else {}),
        "id": key.state.key_id,
        "inputs": {**key.state.to_inputs(), "__provider": provider},
        "outputs": {**key.state.to_outputs(), **secrets, "__provider": provider},
    }


def _print_skipped(skipped: Iterable[SkippedItem]) -> None:
    for each in skipped:
        create_error_console().print(format_cell(f"Skipped: {each.item} {each.reason}"))


def _print_report(report: Report, in_plain_text: int, stack: Stack) -> None:
    missing = [key for key in report.keys if key.secret is SecretImport.MISSING]
    unknown = [key for key in report.keys if key.secret is SecretImport.UNKNOWN]
    print_line(
        f"Wrote the import file {report.file} with {_format_count(len(report.keys))}, and the "
        f"program {report.program}."
    )
    if in_plain_text:
        print_line(
            f"{report.file} contains the secrets of {_format_count(in_plain_text)} in plain text. "
            "Delete it after the import."
        )
    if missing:
        print_line(
            f"No secret that works: {_format_keys(missing)}. The first pulumi up creates a new one."
        )
    if unknown:
        print_line(
            f"Secret unknown: {_format_keys(unknown)}. It still works for those who have it. "
            "pulumi up keeps it, and key_secret is None. To create a new one, declare a trigger, "
            f"as the comments in {report.program} show."
        )
    file = str(Path(report.file).absolute() if stack.folder != Path.cwd() else report.file)
    command = stack.format_command("import", "--file", file, "--generate-code=false")
    print_line(f"Next, run: {command}")


def _format_keys(keys: Sequence[WrittenKey]) -> str:
    names = [f'"{key.name}"' for key in keys[:_MAX_NAMES]]
    more = [f"{len(keys) - _MAX_NAMES} more"] if len(keys) > _MAX_NAMES else []
    return f"{_format_count(len(keys))} ({', '.join([*names, *more])})"


def _format_count(count: int) -> str:
    return "1 key" if count == 1 else f"{count} keys"
