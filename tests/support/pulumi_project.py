"""A Pulumi project in a folder of its own, driven by the real CLI."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PATIENCE_SECONDS = 300
PASSPHRASE = "test-passphrase"

# With one of these, the stack is somewhere else, or encrypted otherwise.
_OF_A_STACK = {"PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"}


@dataclass(frozen=True)
class Run:
    """One command of the CLI that has ended."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """All that the user sees, its lines unbroken."""
        return self.stdout + self.stderr

    def __str__(self) -> str:
        return f"exit {self.returncode}\n{self.text}"


def run_program(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Run:
    """Run a program to its end, in these variables alone and with nothing on its input."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


@dataclass
class PulumiProject:
    """A project with one stack selected, its state and its PULUMI_HOME beside it.

    Attributes:
        folder: Where the program is.
        name: The project's name.
        stack: The stack's name.
        environment: Variables for every command, in addition to the bare minimum.
        home: Where the engine writes; `folder / ".engine"` unless projects share one.
        transcript: All that was ever printed.
    """

    folder: Path
    name: str = "keys"
    stack: str = "test"
    environment: dict[str, str] = field(default_factory=dict)
    home: Path | None = None
    transcript: list[str] = field(default_factory=list)
    _exported: tuple[int | None, list[dict[str, Any]]] | None = field(default=None, repr=False)

    @property
    def engine_folder(self) -> Path:
        return self.home or self.folder / ".engine"

    @property
    def state_file(self) -> Path:
        return self.engine_folder / "state/.pulumi/stacks" / self.name / f"{self.stack}.json"

    def create(self, config: dict[str, Any]) -> "PulumiProject":
        """Write the project's files and make its stack."""
        runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}
        description = {"name": self.name, "runtime": runtime}
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(description))
        return self.init(config)

    def init(self, config: dict[str, Any]) -> "PulumiProject":
        """Make the stack of a project whose files are there."""
        (self.engine_folder / "state").mkdir(parents=True, exist_ok=True)
        self.configure(config)
        if self.environment.keys() & _OF_A_STACK or "encryptionsalt" in self._settings():
            self.run("stack", "init", self.stack)
        else:
            self._copy(_new_stack(self.name, self.stack))
        return self

    def configure(self, config: dict[str, Any]) -> None:
        """Set values of the stack's config, in plain text; None removes one."""
        content = self._settings()
        merged = {**content.get("config", {}), **config}
        content["config"] = {key: value for key, value in merged.items() if value is not None}
        self._settings_file.write_text(yaml.safe_dump(content))

    def program(self, text: str) -> "PulumiProject":
        """Make that the program; `pulumi` and `ApiKey` are imported for it."""
        imports = "import pulumi\nfrom zdx_provider import ApiKey\n"
        (self.folder / "__main__.py").write_text(imports + textwrap.dedent(text))
        return self

    def command(self, *arguments: str) -> list[str]:
        return ["pulumi", "--non-interactive", *arguments]

    def run_unchecked(self, *arguments: str) -> Run:
        done = run_program(self.command(*arguments), self.folder, self.variables())
        self.transcript.append(done.text)
        return done

    def run(self, *arguments: str) -> Run:
        """Run a command that must succeed."""
        done = self.run_unchecked(*arguments)
        assert done.returncode == 0, f"pulumi {' '.join(arguments)}: {done}"
        return done

    def fail(self, *arguments: str) -> Run:
        """Run a command that must fail."""
        done = self.run_unchecked(*arguments)
        assert done.returncode != 0, f"pulumi {' '.join(arguments)} did not fail: {done}"
        return done

    def run_in_shell(self, line: str) -> Run:
        """Run a line as a user pastes it; it must succeed."""
        done = run_program(["/bin/bash", "-c", line], self.folder, self.variables())
        self.transcript.append(done.text)
        assert done.returncode == 0, f"{line}: {done}"
        return done

    def lose_state(self) -> None:
        """Empty the stack's state, as if its backend was lost; the tenant keeps everything."""
        state = json.loads(self.state_file.read_text())
        state["checkpoint"]["latest"]["resources"] = []
        self.state_file.write_text(json.dumps(state))

    def up(self, *flags: str) -> Run:
        return self.run("up", "--yes", "--skip-preview", *flags)

    def up_fails(self, *flags: str) -> Run:
        return self.fail("up", "--yes", "--skip-preview", *flags)

    def preview(self, *flags: str) -> Run:
        return self.run("preview", "--diff", *flags)

    def refresh(self, *flags: str) -> Run:
        return self.run("refresh", "--yes", "--skip-preview", *flags)

    def destroy(self, *flags: str) -> Run:
        return self.run("destroy", "--yes", "--skip-preview", *flags)

    def assert_no_changes(self) -> None:
        self.run("preview", "--expect-no-changes")

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs, secrets in plain text; kept out of the transcript."""
        for resource in self._resources():
            if resource["type"] == "pulumi:pulumi:Stack":
                outputs: dict[str, Any] = _revealed(resource.get("outputs", {}))
                return outputs
        return {}

    def recorded_keys(self) -> list[dict[str, Any]]:
        """Return the outputs of the keys in the state, with plain secrets."""
        return [_revealed(resource["outputs"]) for resource in self._key_resources()]

    def key(self) -> dict[str, Any]:
        """Return the outputs of the one key in the state."""
        (key,) = self.recorded_keys()
        return key

    def urn_of(self, logical_name: str) -> str:
        """Return the URN of the one key in the state that has this logical name."""
        urns = [str(resource["urn"]) for resource in self._key_resources()]
        (urn,) = [urn for urn in urns if urn.endswith(f"::{logical_name}")]
        return urn

    def _key_resources(self) -> list[dict[str, Any]]:
        return [each for each in self._resources() if each["type"].endswith(":ApiKey")]

    def _resources(self) -> list[dict[str, Any]]:
        """Return the state's resources, read once as long as its file is the same.

        A file is read here, with the passphrase: the CLI takes a third of a second for it.
        """
        if not self.state_file.exists():
            shown = self.run("stack", "export", "--show-secrets")
            self.transcript.pop()
            exported: list[dict[str, Any]] = json.loads(shown.stdout)["deployment"]["resources"]
            return exported
        written = self.state_file.stat().st_mtime_ns
        if self._exported is None or self._exported[0] != written:
            latest = json.loads(self.state_file.read_text())["checkpoint"]["latest"]
            key = _derive_key(
                self.variables()["PULUMI_CONFIG_PASSPHRASE"],
                latest["secrets_providers"]["state"]["salt"],
            )
            self._exported = (written, _decrypt(latest.get("resources", []), key))
        return self._exported[1]

    @property
    def _settings_file(self) -> Path:
        return self.folder / f"Pulumi.{self.stack}.yaml"

    def _settings(self) -> dict[str, Any]:
        file = self._settings_file
        return (yaml.safe_load(file.read_text()) or {}) if file.exists() else {}

    def _copy(self, made: "NewStack") -> None:
        for path, content in made.state.items():
            file = self.engine_folder / "state" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        self._settings_file.write_text(
            yaml.safe_dump({**self._settings(), "encryptionsalt": made.salt})
        )

    def variables(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.engine_folder),
            "PULUMI_HOME": str(self.engine_folder / "home"),
            "PULUMI_STACK": self.stack,
            "PULUMI_BACKEND_URL": f"file://{self.engine_folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            **self.environment,
        }


@dataclass(frozen=True)
class NewStack:
    """What making a stack leaves.

    Attributes:
        state: The files of the state, by their paths in its folder.
        salt: What the stack's settings hold of its passphrase.
    """

    state: dict[Path, bytes]
    salt: str


@cache
def _new_stack(name: str, stack: str) -> NewStack:
    """Return a stack as the CLI makes it, made once: deriving its key takes 0.3 s."""
    with TemporaryDirectory() as folder:
        project = PulumiProject(Path(folder), name, stack)
        state = project.engine_folder / "state"
        state.mkdir(parents=True)
        description = {"name": name, "runtime": "python"}
        (project.folder / "Pulumi.yaml").write_text(yaml.safe_dump(description))
        project.run("stack", "init", stack)
        files = [file for file in state.rglob("*") if file.is_file()]
        return NewStack(
            {file.relative_to(state): file.read_bytes() for file in files},
            project._settings()["encryptionsalt"],  # noqa: SLF001 - its own module
        )


@cache
def _derive_key(passphrase: str, salt: str) -> AESGCM:
    """Return the key of a stack, as Pulumi derives it (pkg/v3/secrets/passphrase)."""
    _, encoded, *_ = salt.split(":")
    derived = hashlib.pbkdf2_hmac(
        "sha256", passphrase.encode(), base64.b64decode(encoded), 1_000_000, 32
    )
    return AESGCM(derived)


def _decrypt(value: Any, key: AESGCM) -> Any:
    """Return part of a state with its secrets as `pulumi stack export --show-secrets` shows it."""
    if isinstance(value, dict):
        if "ciphertext" in value:
            _, nonce, sealed = value["ciphertext"].split(":")
            opened = key.decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None)
            return {"plaintext": opened.decode()}
        return {name: _decrypt(inner, key) for name, inner in value.items()}
    return [_decrypt(inner, key) for inner in value] if isinstance(value, list) else value


def require_cli() -> None:
    """Stop with a clear line where the tests are run without the CLI that they are about."""
    assert shutil.which("pulumi"), "pulumi is not on PATH: run the tests with `make test`"


def _revealed(value: Any) -> Any:
    """Return the engine's record of a value, its secrets opened."""
    if isinstance(value, dict):
        if "plaintext" in value:
            return _revealed(json.loads(value["plaintext"]))
        return {key: _revealed(inner) for key, inner in value.items()}
    return [_revealed(inner) for inner in value] if isinstance(value, list) else value
