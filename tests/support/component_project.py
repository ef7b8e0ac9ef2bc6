"""A project that declares keys by the component, with or without a program."""

import sys
import textwrap
from pathlib import Path
from typing import Any

import yaml

from support.pulumi_project import PulumiProject

RESOURCE = "pulumi-python:dynamic/zdx:ApiKey"
COMPONENT = "zdx:index:ApiKey"

# A Python program's class for the component, where no SDK was generated for the package.
BY_COMPONENT = """
class ByComponent(pulumi.ComponentResource):
    def __init__(self, resource_name, **inputs):
        outputs = dict.fromkeys(["keyId", "keySecret"])
        super().__init__("zdx:index:ApiKey", resource_name, {**inputs, **outputs}, remote=True)
"""

_SHOWN = ("keyId", "keySecret", "keyJson")
PACKAGE = {"name": "zdx", "path": str(Path(sys.prefix, "bin"))}
_PYTHON = {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}
_YAML = {"name": "yaml", "options": {"virtualenv": sys.prefix}}


class ComponentProject(PulumiProject):
    """A project whose keys are those of the component's children."""

    def declare(
        self, logical_name: str = "ci", options: dict[str, Any] | None = None, **properties: Any
    ) -> "ComponentProject":
        """Declare one key and output its ID and secret, in YAML.

        Args:
            logical_name: Of the component.
            options: Its resource options.
            properties: Its inputs, as well a name and a role.
        """
        key = {
            "type": "zdx:ApiKey",
            "properties": {"name": "ci", "role": "ZDX Read-only Admin", **properties},
            "options": options or {},
        }
        outputs = {
            name: f"${{{logical_name}.{name}}}" for name in ("keyId", "keySecret", "keyJson")
        }
        return self._describe(_YAML, {"resources": {logical_name: key}, "outputs": outputs})

    def yaml(self, text: str) -> "ComponentProject":
        """Make that what the project has; in YAML."""
        return self._describe(_YAML, yaml.safe_load(textwrap.dedent(text)))

    def python(self, text: str) -> "ComponentProject":
        """Make that the program."""
        self._describe(_PYTHON, {})
        self.program(text)
        return self

    def _describe(self, runtime: dict[str, Any], content: dict[str, Any]) -> "ComponentProject":
        described = {
            "name": self.name,
            "runtime": runtime,
            "plugins": {"providers": [PACKAGE]},
            **content,
        }
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(described))
        return self

    def _key_resources(self) -> list[dict[str, Any]]:
        resources = super()._key_resources()
        return [resource for resource in resources if resource["type"] == RESOURCE]
