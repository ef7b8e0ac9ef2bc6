"""The package as the engine meets it: its schema, and the values that come through it."""

import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.errors import InputPropertiesError, InputPropertyErrorDetails
from pulumi.provider import ConstructResult, main
from pulumi.provider.experimental.analyzer import (
    ComponentDefinition,
    PropertyDefinition,
    PropertyType,
    TypeDefinition,
)
from pulumi.provider.experimental.component import ComponentProvider

from zdx_component.component import ApiKey
from zdx_component.interpreter import require_provider
from zdx_provider import __version__

_TYPES: Mapping[PropertyType, tuple[type, str]] = {
    PropertyType.STRING: (str, "it must be text: put it in quotes"),
    PropertyType.BOOLEAN: (bool, "it must be true or false, without quotes"),
    PropertyType.INTEGER: (int, "it must be a whole number, without quotes"),
}
_LARGEST_EXACT = 2**53  # beyond it, a number that arrives as a float has lost digits


class Package(ComponentProvider):
    """The package `zdx`: the component's types in the SDK's own rendering, and our texts."""

    def __init__(self) -> None:
        super().__init__([ApiKey], "zdx", version=__version__)

    @property
    def schema(self) -> str:
        """The whole schema, which the engine asks for only where an SDK or YAML needs it."""
        from zdx_component.schema import complete_schema  # noqa: PLC0415 - takes 0.2 s

        return json.dumps(complete_schema(json.loads(self._types)))

    @schema.setter
    def schema(self, types: str) -> None:
        self._types = types

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Declare a key.

        Raises:
            InputPropertiesError: The key could not be managed on this machine; or see `map_inputs`.
        """
        require_provider()
        return super().construct(name, resource_type, inputs, options)

    def map_inputs(
        self, inputs: pulumi.Inputs, component_def: ComponentDefinition
    ) -> dict[str, Any]:
        """Name the inputs as Python does.

        The SDK's own way passes whole numbers as fractions, and cannot take one that is an
        output. YAML reads a name of digits as a number; it is taken as the text that was meant.

        Raises:
            InputPropertiesError: Inputs are missing, unknown, of another type, or outputs where
                they must not be. It names all of them.
        """
        problems = [
            _describe(name, "it is required")
            for name, definition in component_def.inputs.items()
            if not definition.optional and inputs.get(name) is None
        ]
        names = component_def.inputs_mapping
        named = _rename_inputs(inputs, names, component_def.inputs, problems)
        for name in ("rotation", "authentication"):
            if named.get(name) is not None:
                members = self.get_type_definition(component_def.inputs[name])
                named[name] = _map_members(name, named[name], members, problems)
        if problems:
            raise InputPropertiesError("", problems)
        return named


def serve() -> None:
    """Answer the engine that started this process, until it says so by SIGINT."""
    # The SDK would end by an exception, which its server cannot: a traceback in the user's
    # diagnostics. There is nothing to put away, as the engine records what was declared.
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    main(Package(), sys.argv[1:])


def _map_members(
    name: str,
    value: object,
    members: TypeDefinition | None,
    problems: list[InputPropertyErrorDetails],
) -> object:
    """Name the members of an input as Python does; add what is wrong to the problems."""
    if isinstance(value, pulumi.Output):
        # Whether it has a part is not known before the program's end, if at all.
        reason = f"its values can be outputs, but {name} itself cannot"
        problems.append(_describe(name, reason))
        return value
    if not isinstance(value, Mapping) or members is None:
        problems.append(_describe(name, "it must be a map"))
        return value
    return _rename_inputs(
        value, members.properties_mapping, members.properties, problems, within=f"{name}."
    )


def _rename_inputs(
    values: Mapping[str, Any],
    names: Mapping[str, str],
    definitions: Mapping[str, PropertyDefinition],
    problems: list[InputPropertyErrorDetails],
    *,
    within: str = "",
) -> dict[str, Any]:
    """Name the values as Python does and convert them; add what is wrong to the problems."""
    known = ", ".join(sorted(names))
    for name in sorted(values.keys() - names.keys()):
        reason = f"there is no such input; the inputs are {known}"
        problems.append(_describe(f"{within}{name}", reason))
    renamed = {}
    for name, value in values.items():
        if name not in names or value is None:
            continue
        expected = definitions[name].type
        converted = _convert_input(value, expected)
        if expected is not None and expected in _TYPES and not isinstance(converted, pulumi.Output):
            python_type, reason = _TYPES[expected]
            if type(converted) is not python_type:
                # The value stays out of the message: it may have been meant for another input.
                problems.append(_describe(f"{within}{name}", reason))
        renamed[names[name]] = converted
    return renamed


def _describe(path: str, reason: str) -> InputPropertyErrorDetails:
    return {"property_path": path, "reason": reason}


def _convert_input(value: Any, expected: PropertyType | None) -> Any:
    """The value as it was meant: every number arrives as a float."""
    if isinstance(value, pulumi.Output):
        return value.apply(lambda known: _convert_input(known, expected))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if expected is PropertyType.STRING and type(value) is int and abs(value) <= _LARGEST_EXACT:
        return str(value)
    return value
