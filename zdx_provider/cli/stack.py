"""The stack and the tenant that a command uses: config and state from the Pulumi CLI.

What the CLI prints holds secrets in the clear. It is read here and printed nowhere.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, TypeAdapter, ValidationError

from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import with_progress
from zdx_provider.errors import SettingsError
from zdx_provider.keys.key import Key
from zdx_provider.keys.owner import KEY_TYPE, Urn
from zdx_provider.keys.repository import Inventory
from zdx_provider.settings import (
    Settings,
    load_settings,
    require_known_names,
    secret_paths,
)
from zdx_provider.text import quote_shell
from zdx_provider.zidentity import ClientSecret, ConnectionOptions, Tenant, ZIdentity

_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")

Model = TypeVar("Model")


class StackUnreadable(SettingsError):
    """The Pulumi CLI does not tell what a stack holds."""


class NoStackSelected(StackUnreadable):
    """The project has no selected stack."""


def _revealed(value: Any) -> Any:
    """A value of the state; the engine wraps a secret one together with its JSON text."""
    if isinstance(value, dict) and "plaintext" in value:
        return json.loads(value["plaintext"])
    return value


Text = Annotated[str, BeforeValidator(_revealed)]


class StackKey(BaseModel):
    """A key in a stack's state.

    Attributes:
        resource_name: Its logical name in the program.
        parents: The types of its resource's parents, outermost first.
        name: Its name in the portal.
        key_id: Its id.
        key_secret: Its secret; None for a key that was looked up or imported.
        vanity_domain: The tenant that it lives in.
        cloud: That tenant's cloud; empty for production.
        secret_expires_at: When ZIdentity ends the secret.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    resource_name: str
    parents: tuple[str, ...] = ()
    name: Text
    key_id: Text
    key_secret: Annotated[SecretStr | None, BeforeValidator(_revealed)] = None
    vanity_domain: Text
    cloud: Text = ""
    secret_expires_at: Annotated[datetime | None, BeforeValidator(_revealed)] = None


class _ConfigValue(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    value: str | None = None


class _Stored(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    secret: bool


class _Resource(BaseModel):
    urn: Annotated[Urn, BeforeValidator(Urn.parse)]
    type: str
    delete: bool = False
    outputs: dict[str, Any] = {}


class _Deployment(BaseModel):
    resources: list[_Resource] = []


class _Export(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    deployment: _Deployment


@dataclass(frozen=True)
class StackContents:
    """What a stack's state holds.

    Attributes:
        keys: Its keys.
        urns: One resource of each chain of types, the stack's own apart.
    """

    keys: list[StackKey]
    urns: Mapping[tuple[str, ...], Urn]


@dataclass(frozen=True)
class Stack:
    """A stack of the project that a folder belongs to.

    Attributes:
        folder: The folder.
        name: The stack's name; None for the one that is selected there.
    """

    folder: Path
    name: str | None = None

    def __str__(self) -> str:
        return f"the stack {self.name}" if self.name else f"the selected stack in {self.folder}"

    def config(self) -> Mapping[str, str]:
        """Its config as text, secrets in the clear.

        Raises:
            NoStackSelected: No name is given, and no stack is selected.
            StackUnreadable: The CLI is missing, or does not open the stack.
        """
        answer = self._ask("config", "--json", "--show-secrets")
        values = self._parsed(answer, dict[str, _ConfigValue])
        return {key: entry.value for key, entry in values.items() if entry.value is not None}

    def is_secret(self, path: str) -> bool:
        """Whether a value of its config is stored as a secret.

        Args:
            path: Of the value, such as ``zdx:tenants.emea.clientSecret``.

        Raises:
            StackUnreadable: The CLI is missing, does not open the stack, or finds no such value.
        """
        return self._parsed(self._ask("config", "get", "--json", "--path", path), _Stored).secret

    def place(self) -> str:
        """Its project and its name, as the marks of its keys begin: ``zdx-keys/prod``.

        Raises:
            NoStackSelected: No name is given, and no stack is selected.
            StackUnreadable: The CLI is missing, or does not open the stack.
        """
        # organization/project/stack
        full_name = self._ask("stack", "--show-name", "--fully-qualify-stack-names")
        return full_name.strip().partition("/")[2]

    def keys(self) -> list[StackKey]:
        """The keys that its state holds.

        Raises:
            StackUnreadable: The CLI is missing, or does not open the stack.
        """
        return self.contents().keys

    def contents(self) -> StackContents:
        """What its state holds.

        Raises:
            StackUnreadable: The CLI is missing, or does not open the stack.
        """
        export = self._parsed(self._ask("stack", "export", "--show-secrets"), _Export)
        kept = [each for each in export.deployment.resources if not each.delete]
        urns = [each.urn for each in kept]
        keys = [self._key(each) for each in kept if each.type == KEY_TYPE]
        return StackContents(keys, {urn.types: urn for urn in reversed(urns)})

    def command(self, *arguments: str) -> str:
        """A command of the Pulumi CLI about this stack, to be pasted into a shell."""
        stack = ("--stack", self.name) if self.name else ()
        folder = () if self.folder == Path.cwd() else ("--cwd", str(self.folder))
        return " ".join(map(quote_shell, ("pulumi", *arguments, *stack, *folder)))

    def _key(self, resource: _Resource) -> StackKey:
        urn = resource.urn
        place = {"resource_name": urn.name, "parents": urn.types[:-1]}
        try:
            return StackKey.model_validate({**resource.outputs, **place})
        except ValidationError:
            problem = f'the state of {self} holds a key "{urn.name}" that cannot be read.'
        raise StackUnreadable(
            problem,
            hint="Restore the state from a backup, or repair it with pulumi stack export and "
            "pulumi stack import.",
        )

    def _ask(self, *arguments: str) -> str:
        cli = shutil.which("pulumi")
        if cli is None:
            raise StackUnreadable(
                f"{self} cannot be read: there is no pulumi on PATH.",
                hint="Install the Pulumi CLI; to use the environment alone, name a folder "
                "outside the project: --cwd /.",
            )
        chosen = ("--stack", self.name) if self.name else ()
        try:
            done = subprocess.run(  # noqa: S603 - the user's own CLI; no shell reads the arguments
                [cli, "--non-interactive", "--cwd", str(self.folder), *arguments, *chosen],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise StackUnreadable(
                f"{self} cannot be read: {cli} cannot be run ({error.strerror}).",
                hint="Install the Pulumi CLI again.",
            ) from None
        if done.returncode != 0:
            raise self._unreadable(done.stderr, arguments)
        return done.stdout

    def _unreadable(self, stderr: str, arguments: Sequence[str]) -> StackUnreadable:
        told = summarize_stderr(stderr)
        shown = (each for each in arguments if each != "--show-secrets")
        kind = NoStackSelected if "no stack selected" in told else StackUnreadable
        hint = f"To see all that it says, run: {self.command(*shown)}"
        if any(words in told for words in ("no stack", "no Pulumi.yaml")):
            hint = "Name a stack with --stack and its project's folder with --cwd."
        if "passphrase" in told:
            hint = "Set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, to the stack's."
        return kind(f"{self} cannot be read; pulumi says: {told}.", hint=hint)

    def _parsed(self, answer: str, shape: type[Model]) -> Model:
        try:
            return TypeAdapter(shape).validate_json(answer)
        except ValidationError:
            problem = f"what pulumi tells of {self} is not understood."
        # Raised here so that pydantic's error, which holds secrets, is not chained to it.
        raise StackUnreadable(problem, hint="Upgrade the Pulumi CLI, or zdx-provider.")


def in_project(folder: Path) -> bool:
    """Whether a folder belongs to a Pulumi project."""
    return any(
        (parent / file).is_file() for parent in (folder, *folder.parents) for file in _PROJECT_FILES
    )


@dataclass(frozen=True)
class FoundSettings:
    """Settings, and where they come from.

    Attributes:
        settings: The settings.
        source: Where from, in words.
        stack: The stack whose config was read; None for the environment alone.
        config: That stack's config as text, secrets in the clear.
    """

    settings: Settings
    source: str
    stack: Stack | None = None
    config: Mapping[str, str] = field(default_factory=dict, repr=False)

    def plain_secrets(self) -> list[str]:
        """The paths of the secrets that the stack's config holds in plain text.

        Raises:
            StackUnreadable: The CLI does not open the stack any more.
        """
        if self.stack is None:
            return []
        return [path for path in secret_paths(self.config.get) if not self.stack.is_secret(path)]


@dataclass(frozen=True)
class OpenTenant:
    """A tenant that can be asked.

    Attributes:
        zidentity: Its API.
        inventory: What it has.
    """

    zidentity: ZIdentity
    inventory: Inventory

    @property
    def name(self) -> str:
        """Its vanity domain, with the cloud if that is not production's."""
        return str(self.zidentity.tenant)

    def read_keys(self) -> list[Key]:
        """The API clients that hold a role of ZDX, with their secrets; progress is shown.

        Raises:
            ZIdentityError: The tenant could not be asked, or refused.
        """
        clients = self.inventory.clients()
        return list(with_progress(self.inventory.read(clients), len(clients), "Reading secrets"))


def find_settings(selection: Selection, environ: Mapping[str, str]) -> FoundSettings:
    """Read the stack's config, then the environment; outside a stack the environment alone.

    Raises:
        SettingsError: A value is malformed, or there is no such profile.
        StackUnreadable: The stack is there, or was named, and cannot be read.
    """
    stack, config, source = _stack_config(selection)
    require_known_names(config)
    settings = load_settings(config.get, environ, selection.profile)
    return FoundSettings(settings, source, stack, config)


def connect(settings: Settings) -> OpenTenant:
    """Prepare to ask the tenant; nothing is sent yet.

    Raises:
        SettingsError: A setting is missing.
        SettingsError: A value cannot be part of an address.
        SettingsError: The private key is none.
    """
    zidentity = settings.open()
    return OpenTenant(zidentity, Inventory(zidentity))


def open_tenant(selection: Selection) -> OpenTenant:
    """The tenant that the settings name; see `find_settings` and `connect` for the errors."""
    return connect(find_settings(selection, os.environ).settings)


def chosen_stack(selection: Selection) -> Stack | None:
    """The stack that is named, or else the selected one of the project; None outside of one."""
    folder = selection.folder.resolve()
    if selection.stack is None and not in_project(folder):
        return None
    return Stack(folder, selection.stack)


def sign_in_as(
    tenant: Tenant, options: ConnectionOptions, client_id: str, secret: SecretStr
) -> timedelta:
    """Obtain a token as another client than the settings name.

    Args:
        tenant: Where the client lives.
        options: How the tenant is reached.
        client_id: The client.
        secret: Its secret.

    Returns:
        How long the token lives.

    Raises:
        AuthenticationError: The secret is not, or not any more, one of the client's.
        ZIdentityError: That could not be told.
    """
    # A session of its own for each attempt: one that was refused stays refused.
    visitor = ZIdentity(tenant, ClientSecret(client_id, secret.get_secret_value()), options)
    try:
        return visitor.authenticate()
    finally:
        visitor.close()


def _stack_config(selection: Selection) -> tuple[Stack | None, Mapping[str, str], str]:
    stack = chosen_stack(selection)
    if stack is None:
        return None, {}, "the environment"
    try:
        return stack, stack.config(), f"{stack}, then the environment"
    except NoStackSelected:
        return None, {}, "the environment (the project here has no selected stack)"


_LONGEST = 600
# Up to the last @, for a password that was not escaped may hold one itself; in quotes also blanks.
_SCHEME = r"\b([a-z][a-z0-9+.-]*://)"
_QUOTED = re.compile(rf"""(?<="){_SCHEME}(?:\\.|[^"\\])*@""", re.IGNORECASE)
_BARE = re.compile(rf"{_SCHEME}\S*@", re.IGNORECASE)
_PARAMETER = re.compile(
    r"""([?&;][^=&\s"]*(?:pass|pwd|secret|token|sig|sas|key|cred)[^=&\s"]*=)[^&\s"]+""",
    re.IGNORECASE,
)


def summarize_stderr(stderr: str) -> str:
    """Return what the CLI says of its failure, without the credentials in any URL."""
    lines = [line.strip() for line in stderr.splitlines()]
    started = next((at for at, line in enumerate(lines) if line.startswith("error:")), 0)
    told = (line.removeprefix("error:").strip() for line in lines[started:])
    # A line of no letters is an ornament.
    text = " ".join(line for line in told if re.search(r"\w", line))
    shown = redact_urls(" ".join(text.split())).rstrip(".")
    if len(shown) > _LONGEST:
        shown = f"{shown[:_LONGEST]}..."
    return shown or "nothing"


def redact_urls(text: str) -> str:
    """Return the text without the user information and the secret parameters of its URLs."""
    for pattern in (_QUOTED, _BARE):
        text = pattern.sub(r"\1[redacted]@", text)
    return _PARAMETER.sub(r"\1[redacted]", text)
