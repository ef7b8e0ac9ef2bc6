"""``zdx-keys import-file``: existing keys for Pulumi to import, and the program for them."""

import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi.dynamic.dynamic import serialize_provider
from pydantic import SecretStr

from zdx_provider.cli.import_program import Declaration, ResourceNames, program_text
from zdx_provider.cli.key_files import (
    NotWritten,
    PortalFile,
    read_portal_files,
    require_free,
    write_private,
)
from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import cell, print_json, say, side_console, with_progress
from zdx_provider.cli.stack import (
    NoStackSelected,
    OpenTenant,
    Stack,
    chosen_stack,
    connect,
    find_settings,
    sign_in_as,
)
from zdx_provider.errors import ZdxError
from zdx_provider.keys.key import Key
from zdx_provider.keys.owner import KEY_TYPE, Owner, Urn
from zdx_provider.keys.roles import Role
from zdx_provider.keys.state import Importable, importable
from zdx_provider.provider import ApiKeyProvider
from zdx_provider.settings import Settings
from zdx_provider.zidentity import AuthenticationError, Scope


class NothingToImport(ZdxError):
    """A key that was named is not there, or none is left to import."""


@dataclass(frozen=True)
class LeftOut:
    """A key that is not imported, or a file that no imported key makes use of.

    Attributes:
        what: Which.
        reason: Why, as a sentence without its subject.
    """

    what: str
    reason: str


@dataclass(frozen=True)
class Place:
    """Where a program declares a key.

    Attributes:
        name: The resource's logical name.
        parents: The types of its parents, outermost first.
    """

    name: str
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Home:
    """The stack that keys are to be imported into.

    Attributes:
        stack: The stack; None outside of one.
        place: Its project and name, as the marks of its keys begin.
        key_ids: The keys that it holds already.
        places: Where its program declares them.
        urns: One of its resources of each chain of types.
    """

    stack: Stack | None = None
    place: str | None = None
    key_ids: frozenset[str] = frozenset()
    places: frozenset[Place] = frozenset()
    urns: Mapping[tuple[str, ...], Urn] = field(default_factory=dict)

    def reason_against(self, key: Key) -> str | None:
        """Why a key is not to be imported here, as a sentence without its subject."""
        if key.id in self.key_ids:
            return "is in this stack already."
        owner = self._owner(key)
        if key.mark is not None and owner is None:
            return (
                f"belongs to {key.mark.who}. To take it over from there, declare it by hand with "
                "adopt=True."
            )
        if len(key.roles) > 1:
            return (
                f"holds {len(key.roles)} ZDX roles, and a declared key has one. Leave it one in "
                "ZIdentity, under API Clients."
            )
        if owner and owner.parents and owner.parents not in self.urns:
            return (
                f"is declared below a resource of the type {owner.parents[-1]}, which the state "
                f"does not hold. Create that first: {self._command_for(owner.parents)}. Then run "
                "zdx-keys import-file again."
            )
        return None

    def choose_places(self, keys: Iterable[Key]) -> list[Place]:
        """Where the program is to declare each key.

        A key that this stack declared is declared there again, unless another key is there. Every
        other one gets a name like its own that is free.
        """
        wanted = [(key, self._owner(key)) for key in keys]
        taken = set(self.places)
        kept: dict[str, Place] = {}
        for key, owner in wanted:
            if owner and (place := Place(owner.name, owner.parents)) not in taken:
                taken.add(place)
                kept[key.id] = place
        names = ResourceNames(place.name for place in taken)
        return [
            kept.get(key.id) or Place(names.draw(owner.name if owner else key.name))
            for key, owner in wanted
        ]

    def _owner(self, key: Key) -> Owner | None:
        """The resource of this stack that declares a key, if one does."""
        owner = Owner.parse(key.mark.who) if key.mark else None
        return owner if owner and f"{owner.project}/{owner.stack}" == self.place else None

    def _command_for(self, types: Sequence[str]) -> str:
        """The command that creates a key's parents and nothing else."""
        chains = ("$".join(types[: end + 1]) for end in range(len(types)))
        targets = (argument for chain in chains for argument in ("--target", f"**::{chain}::**"))
        arguments = ("up", *targets)
        return self.stack.command(*arguments) if self.stack else ""


def find_home(selection: Selection) -> Home:
    """The stack that the command line means, with what it holds.

    Raises:
        StackUnreadable: The stack is there, or was named, and cannot be read.
    """
    stack = chosen_stack(selection)
    if stack is None:
        return Home()
    try:
        place, contents = stack.place(), stack.contents()
    except NoStackSelected:
        return Home()
    return Home(
        stack,
        place,
        frozenset(key.key_id for key in contents.keys),
        frozenset(Place(key.resource_name, key.parents) for key in contents.keys),
        contents.urns,
    )


def named(keys: Iterable[Key], wanted: Collection[str]) -> list[Key]:
    """The keys that a command line means, by name; all of them where it names none.

    Args:
        keys: The tenant's keys.
        wanted: Ids or names; a name means each key that has it.

    Raises:
        NothingToImport: One that is named is not there.
    """
    ordered = sorted(keys, key=lambda key: (key.name.casefold(), key.id))
    if not wanted:
        return ordered
    missing = set(wanted) - {text for key in ordered for text in (key.id, key.name)}
    if missing:
        raise NothingToImport(
            f"the tenant has no key with the id or name {_quoted(missing)}.",
            hint="zdx-keys list shows its keys.",
        )
    return [key for key in ordered if key.id in wanted or key.name in wanted]


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f'"{text}"' for text in sorted(texts))


@dataclass(frozen=True)
class ImportedKey:
    """A key that was written.

    Attributes:
        resource_name: Its name in the program.
        name: Its name in the portal.
        key_id: Its id.
        secret_known: Whether the import file holds its secret.
        secret_works: Whether it has one that works; if not, the first update makes one.
    """

    resource_name: str
    name: str
    key_id: str
    secret_known: bool
    secret_works: bool


@dataclass(frozen=True)
class Imported:
    """What was written, and what was not."""

    file: str
    program: str
    keys: list[ImportedKey]
    left_out: list[LeftOut]


def run(
    selection: Selection,
    wanted: Collection[str],
    output: Path,
    program: Path,
    portal_files: Sequence[Path],
    *,
    as_json: bool,
) -> None:
    """Write an import file and the program that declares what it holds."""
    for file in (output, program):
        require_free(file)
    files = read_portal_files(portal_files)
    settings = find_settings(selection, os.environ).settings
    home = find_home(selection)
    gathering = Gathering(settings, selection.profile, home, files.by_key_id)
    gathering.left_out.extend(
        LeftOut(f"the file {each.path}", each.reason) for each in files.skipped
    )
    entries = gathering.entries(wanted)
    if not as_json or not entries:
        _tell_left_out(gathering.left_out)
    if not entries:
        raise NothingToImport(
            f"the tenant {gathering.tenant.name} has no key that can be imported here.",
            hint="zdx-keys list shows its keys, and whose they are.",
        )
    write_private(program, SecretStr(_program(entries, gathering.tenant.name)))
    try:
        write_private(output, _import_file(entries))
    except NotWritten:
        program.unlink()  # both or none, so that the same command can be run again
        raise
    keys = [_imported(entry, gathering.tenant) for entry in entries]
    imported = Imported(str(output), str(program), keys, gathering.left_out)
    if as_json:
        print_json(imported)
    else:
        _tell(imported, home.stack or Stack(selection.folder.resolve(), selection.stack))


@dataclass(frozen=True)
class Entry:
    """A key to import.

    Attributes:
        place: Where the program declares it.
        parent: A resource of the stack that its URN may name as the parent; None for the stack.
        key: The key.
    """

    place: Place
    parent: Urn | None
    key: Importable


class Gathering:
    """Gathers the keys of a tenant that a stack can import.

    Attributes:
        tenant: The tenant.
        left_out: What cannot be imported, as far as it was looked at.

    Args:
        settings: How the tenant is reached.
        profile: The profile of ``zdx:tenants`` that the settings are.
        home: The stack that is to import them.
        files: The keys whose secrets the user has in files, by id.
    """

    def __init__(
        self,
        settings: Settings,
        profile: str | None,
        home: Home,
        files: Mapping[str, PortalFile],
    ) -> None:
        self.tenant = connect(settings)
        self.left_out: list[LeftOut] = []
        self._settings = settings
        self._profile = profile
        self._home = home
        self._files = files

    def entries(self, wanted: Collection[str]) -> list[Entry]:
        """The keys that can be imported, by name.

        Args:
            wanted: Ids or names; none for all.

        Raises:
            NothingToImport: One that is named is not there.
            ZIdentityError: The tenant could not be asked, or refused.
        """
        keys = named(self.tenant.read_keys(), wanted)
        kept = [key for key in keys if self._is_kept(key)]
        self._leave_out_files({key.id for key in kept})
        places = zip(kept, self._home.choose_places(kept), strict=True)
        return [
            Entry(
                place,
                self._home.urns[place.parents] if place.parents else None,
                self._importable(key, self._secret_in_a_file(key)),
            )
            for key, place in with_progress(places, len(kept), "Gathering keys")
        ]

    def _is_kept(self, key: Key) -> bool:
        reason = self._home.reason_against(key)
        if not key.signs_in_by_secret:
            reason = "signs in by a key pair, and a declared key by a secret."
        elif reason is None and (rule := self._importable(key, None).broken_rule()):
            reason = f"cannot be declared: {rule}. Change that in ZIdentity, under API Clients."
        if reason:
            self.left_out.append(LeftOut(f'the key "{key.name}" ({key.id})', reason))
        return reason is None

    def _leave_out_files(self, kept: Collection[str]) -> None:
        for file in self._files.values():
            if file.key_id not in kept:
                reason = (
                    f"is of the key {file.key_id}, which is not written. Keys made on the ZDX "
                    "portal are not in ZIdentity, and nothing can manage them."
                )
                self.left_out.append(LeftOut(f"the file {file.path}", reason))

    def _importable(self, key: Key, secret: SecretStr | None) -> Importable:
        return importable(
            key,
            role=_declared_role(key.roles[0], self.tenant.inventory.roles.known()),
            tenant=self.tenant.zidentity.tenant,
            profile=self._profile,
            value=secret,
            now=self.tenant.zidentity.now(),
        )

    def _secret_in_a_file(self, key: Key) -> SecretStr | None:
        """The secret that the user has, unless the tenant says that it is not one any more."""
        file = self._files.get(key.id)
        # A disabled key signs in with no secret, so that nothing can be told of its own.
        if file is None or not key.enabled or self._signs_in(file):
            return file.secret if file else None
        reason = "holds a secret that does not work any more, so the import goes without it."
        self.left_out.append(LeftOut(f"the file {file.path}", reason))
        return None

    def _signs_in(self, file: PortalFile) -> bool:
        tenant = self.tenant.zidentity.tenant
        try:
            sign_in_as(tenant, self._settings.connection(), file.key_id, file.secret)
        except AuthenticationError:
            return False
        return True


def _declared_role(held: Scope, roles: Sequence[Role]) -> str:
    """A role by its name where that means no other, else by its id."""
    name = next((role.name for role in roles if role.id == held.id), held.id)
    alone = [role.name.casefold() for role in roles].count(name.casefold()) == 1
    return name if alone else held.id


def _import_file(entries: Iterable[Entry]) -> SecretStr:
    provider = serialize_provider(ApiKeyProvider())
    written = list(entries)
    # A parent's URN names it by its type alone: any of that type will do until the first update.
    parents = {str(entry.parent): str(entry.parent) for entry in written if entry.parent}
    document = {"resources": [_resource(entry, provider) for entry in written]}
    named = {"nameTable": parents} if parents else {}
    return SecretStr(json.dumps({**named, **document}, indent=2) + "\n")


def _resource(entry: Entry, provider: str) -> dict[str, Any]:
    properties = entry.key.properties(provider)
    return {
        "type": KEY_TYPE,
        # Names the entry in this file, where two keys may have one logical name below parents.
        "name": entry.key.state.key_id,
        "logicalName": entry.place.name,
        **({"parent": str(entry.parent)} if entry.parent else {}),
        "id": entry.key.state.key_id,
        "inputs": properties.inputs,
        "outputs": properties.outputs,
    }


def _program(entries: Iterable[Entry], tenant_name: str) -> str:
    declared = [
        Declaration(entry.place.name, entry.key.arguments(), entry.place.parents)
        for entry in entries
    ]
    return program_text(declared, tenant_name)


def _imported(entry: Entry, tenant: OpenTenant) -> ImportedKey:
    state = entry.key.state
    return ImportedKey(
        entry.place.name,
        state.name,
        state.key_id,
        secret_known=state.key_secret is not None,
        secret_works=state.is_secret_alive(tenant.zidentity.now().date()),
    )


def _tell_left_out(left_out: Iterable[LeftOut]) -> None:
    for each in left_out:
        side_console().print(cell(f"Left out: {each.what} {each.reason}"))


def _tell(imported: Imported, stack: Stack) -> None:
    secrets = sum(key.secret_known for key in imported.keys)
    due = sum(not key.secret_works for key in imported.keys)
    say(
        f"Wrote {_keys(len(imported.keys))} to {imported.file}, and the program that declares "
        f"what is in it to {imported.program}."
    )
    if secrets:
        say(
            f"{imported.file} holds the secret of {_keys(secrets)} in the clear: delete it as soon "
            "as it is imported."
        )
    if due:
        say(f"No secret of {_keys(due)} works: the first pulumi up makes a new one there.")
    file = str(Path(imported.file).absolute() if stack.folder != Path.cwd() else imported.file)
    say(f"Next: {stack.command('import', '--file', file, '--generate-code=false')}")


def _keys(count: int) -> str:
    return "1 key" if count == 1 else f"{count} keys"
