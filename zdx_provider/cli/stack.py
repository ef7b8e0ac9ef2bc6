"""A Pulumi stack, as the Pulumi CLI tells it: its config, and the keys in its state.

What the CLI answers holds secrets in the clear. It is read here and printed nowhere.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, TypeAdapter, ValidationError

from zdx_provider.cli.stderr import summarize_stderr
from zdx_provider.domain.owner import KEY_TYPE, Urn
from zdx_provider.errors import ZdxError
from zdx_provider.quoting import quote_shell

_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")

Model = TypeVar("Model")


class StackUnreadable(ZdxError):
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
