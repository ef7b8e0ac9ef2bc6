"""The stack and the tenant that a command uses: config and state from the Pulumi CLI.

What the CLI prints contains secrets in plain text. It is read here and printed nowhere.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, TypeAdapter, ValidationError

from zdx_provider.cli.options import Selection
from zdx_provider.cli.progress import show_attempt, show_progress
from zdx_provider.errors import SettingsError, ZdxError
from zdx_provider.keys.key import Key
from zdx_provider.keys.owner import KEY_TYPE, Urn
from zdx_provider.keys.repository import KeyRepository
from zdx_provider.keys.state import KeyState, parse_state
from zdx_provider.settings import (
    Settings,
    list_secret_paths,
    load_settings,
    require_known_names,
)
from zdx_provider.text import quote_shell
from zdx_provider.zidentity import ClientSecret, ConnectionOptions, Tenant, ZIdentity

_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")

Model = TypeVar("Model")


class NoStackSelectedError(SettingsError):
    """The project has no selected stack."""


class _ConfigValue(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    value: str | None = None


class _ListedStack(BaseModel):
    name: str


class _Stored(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    secret: bool


class _Resource(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    urn: Annotated[Urn, BeforeValidator(Urn.parse)]
    type: str
    delete: bool = False
    outputs: dict[str, Any] = {}


class _Deployment(BaseModel):
    resources: list[_Resource] = []


class _Export(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    deployment: _Deployment


_Stacks = list[_ListedStack]


@dataclass(frozen=True)
class StackContents:
    """The contents of a stack's state.

    Attributes:
        keys: The states of its keys, by the URNs of their resources.
        urns: One resource of each chain of types, without the stack's own.
    """

    keys: Mapping[Urn, KeyState]
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

    def read_config(self) -> Mapping[str, str]:
        """Read the config as text, secrets in plain text.

        Raises:
            NoStackSelectedError: No name is given, and no stack is selected.
            SettingsError: The CLI is missing, or does not open the stack.
        """
        output = self._run("config", "--json", "--show-secrets")
        values = self._parse(output, dict[str, _ConfigValue])
        return {key: entry.value for key, entry in values.items() if entry.value is not None}

    def is_secret(self, path: str) -> bool:
        """Whether a value of its config is stored as a secret.

        Args:
            path: Of the value, such as ``zdx:tenants.emea.clientSecret``.

        Raises:
            SettingsError: The CLI is missing, does not open the stack, or finds no such value.
        """
        output = self._run("config", "get", "--json", "--path", path)
        return self._parse(output, _Stored).secret

    def read_full_name(self) -> str:
        """Read its project and name, the start of its keys' owners: ``zdx-keys/prod``.

        Raises:
            NoStackSelectedError: No name is given, and no stack is selected.
            SettingsError: The CLI is missing, or does not open the stack.
        """
        # organization/project/stack
        full_name = self._run("stack", "--show-name", "--fully-qualify-stack-names")
        return full_name.strip().partition("/")[2]

    def list_stacks(self) -> list[str]:
        """List the names of the project's stacks.

        Raises:
            SettingsError: The CLI is missing, or does not open the project's backend.
        """
        return [stack.name for stack in self._parse(self._run("stack", "ls", "--json"), _Stacks)]

    def read_contents(self) -> StackContents:
        """Read the keys and the resources in the state.

        Raises:
            SettingsError: The CLI is missing, doesn't open the stack, or a key can't be read.
        """
        export = self._parse(self._run("stack", "export", "--show-secrets"), _Export)
        kept = [each for each in export.deployment.resources if not each.delete]
        keys = {each.urn: _parse_key(each, self) for each in kept if each.type == KEY_TYPE}
        return StackContents(keys, {each.urn.types: each.urn for each in reversed(kept)})

    def format_command(self, *arguments: str) -> str:
        """Return a command of the Pulumi CLI for this stack, to be pasted into a shell."""
        stack = ("--stack", self.name) if self.name else ()
        folder = () if self.folder == Path.cwd() else ("--cwd", str(self.folder))
        return " ".join(map(quote_shell, ("pulumi", *arguments, *stack, *folder)))

    def _run(self, *arguments: str) -> str:
        cli = shutil.which("pulumi")
        if cli is None:
            raise SettingsError(
                f"{self} cannot be read: pulumi is not on PATH.",
                hint="Install the Pulumi CLI. To use only the environment, choose a folder "
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
            raise SettingsError(
                f"{self} cannot be read: {cli} cannot be run ({error.strerror}).",
                hint="Install the Pulumi CLI again.",
            ) from None
        if done.returncode != 0:
            raise self._build_error(done.stderr, arguments)
        return done.stdout

    def _build_error(self, stderr: str, arguments: Sequence[str]) -> SettingsError:
        message = summarize_stderr(stderr)
        shown = (each for each in arguments if each != "--show-secrets")
        kind = NoStackSelectedError if "no stack selected" in message else SettingsError
        hint = f"To see the whole message, run: {self.format_command(*shown)}"
        if any(words in message for words in ("no stack", "no Pulumi.yaml")):
            hint = "Set the stack with --stack and the project's folder with --cwd."
        if "passphrase" in message:
            hint = (
                "Set the stack's passphrase in PULUMI_CONFIG_PASSPHRASE, or its file in "
                "PULUMI_CONFIG_PASSPHRASE_FILE."
            )
        return kind(f"{self} cannot be read; pulumi says: {message}.", hint=hint)

    def _parse(self, output: str, model: type[Model]) -> Model:
        try:
            return TypeAdapter(model).validate_json(output)
        except ValidationError:
            problem = f"the output of pulumi for {self} isn't valid."
        # Raised here so that pydantic's error, which holds secrets, is not chained to it.
        raise SettingsError(problem, hint="Upgrade the Pulumi CLI, or zdx-provider.")


def is_in_project(folder: Path) -> bool:
    """Whether a folder belongs to a Pulumi project."""
    return any(
        (parent / file).is_file() for parent in (folder, *folder.parents) for file in _PROJECT_FILES
    )


def _parse_key(resource: _Resource, stack: Stack) -> KeyState:
    try:
        return parse_state(_reveal(resource.outputs))
    except ZdxError as error:
        problem, hint = error.problem, error.hint
    except ValueError:
        problem = f'the state of the key "{resource.urn.name}" is damaged.'
        hint = "Restore the state from a backup."
    # Raised here so that the error, which may hold a secret, is not chained to it.
    raise SettingsError(f"{stack} cannot be read: {problem}", hint=hint)


def _reveal(value: Any) -> Any:
    """Return a value of an export without the wrappers of its secrets, which hold JSON."""
    if isinstance(value, dict):
        if "plaintext" in value:
            return _reveal(json.loads(value["plaintext"]))
        return {name: _reveal(inner) for name, inner in value.items()}
    return [_reveal(inner) for inner in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class TenantSettings:
    """The settings of a command, and where they were read.

    Attributes:
        settings: The settings.
        source: Where they were read, in words.
        stack: The stack whose config was read; None for the environment alone.
        config: The config of that stack as text, secrets in plain text.
    """

    settings: Settings
    source: str
    stack: Stack | None = None
    config: Mapping[str, str] = field(default_factory=dict, repr=False)

    def list_plain_secrets(self) -> list[str]:
        """List the paths of the secrets that the stack's config holds in plain text.

        Raises:
            SettingsError: The CLI doesn't open the stack any more.
        """
        if self.stack is None:
            return []
        paths = list_secret_paths(self.config.get)
        return [path for path in paths if not self.stack.is_secret(path)]


def find_settings(selection: Selection, environ: Mapping[str, str]) -> TenantSettings:
    """Read the stack's config, then the environment; outside a stack the environment alone.

    Raises:
        SettingsError: A value is malformed, there is no such entry of ``zdx:tenants``, or the
            stack can't be read.
    """
    stack, config, source = _read_stack_config(selection)
    require_known_names(config)
    settings = load_settings(config.get, environ, selection.tenant)
    return TenantSettings(settings, source, stack, config)


def open_repository(selection: Selection) -> KeyRepository:
    """Return the keys of the tenant that the settings name; nothing is sent yet.

    Raises:
        SettingsError: A setting is missing or malformed, or the stack can't be read.
    """
    settings = find_settings(selection, os.environ).settings
    return KeyRepository(settings.open(on_attempt=show_attempt))


def read_keys(repository: KeyRepository) -> list[Key]:
    """Read the keys of a tenant with their secrets, and show progress.

    Raises:
        ZIdentityError: The tenant can't be reached, or refused.
    """
    keys = repository.list_keys()
    return list(show_progress(repository.read_secrets(keys), len(keys), "Reading secrets"))


def find_stack(selection: Selection) -> Stack | None:
    """Return the stack that is named, or else the project's selected one; None outside of one."""
    folder = selection.folder.resolve()
    if selection.stack is None and not is_in_project(folder):
        return None
    return Stack(folder, selection.stack)


def authenticate_as(
    tenant: Tenant, options: ConnectionOptions, client_id: str, secret: SecretStr
) -> timedelta:
    """Get an access token as another client than the provider's.

    Args:
        tenant: The tenant of the client.
        options: How the tenant is reached.
        client_id: The client.
        secret: Its secret.

    Returns:
        The lifetime of the token.

    Raises:
        AuthenticationError: The secret is not, or not any more, one of the client's.
        ZIdentityError: That could not be checked.
    """
    # A session of its own for each attempt: one that was refused stays refused.
    other = ZIdentity(tenant, ClientSecret(client_id, secret.get_secret_value()), options)
    try:
        return other.authenticate()
    finally:
        other.close()


def _read_stack_config(selection: Selection) -> tuple[Stack | None, Mapping[str, str], str]:
    stack = find_stack(selection)
    if stack is None:
        return None, {}, "the environment"
    try:
        return stack, stack.read_config(), f"{stack}, then the environment"
    except NoStackSelectedError:
        return None, {}, "the environment (the project has no selected stack)"


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
    rest = (line.removeprefix("error:").strip() for line in lines[started:])
    # A line of no letters is an ornament.
    text = " ".join(line for line in rest if re.search(r"\w", line))
    shown = redact_urls(" ".join(text.split())).rstrip(".")
    if len(shown) > _LONGEST:
        shown = f"{shown[:_LONGEST]}..."
    return shown or "nothing"


def redact_urls(text: str) -> str:
    """Return the text without the user information and the secret parameters of its URLs."""
    for pattern in (_QUOTED, _BARE):
        text = pattern.sub(r"\1[redacted]@", text)
    return _PARAMETER.sub(r"\1[redacted]", text)
