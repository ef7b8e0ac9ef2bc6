"""The package as the engine meets it: its schema, and the values that come through it."""

import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.errors import InputPropertyError
from pulumi.provider import ConstructResult, main
from pulumi.provider.experimental.analyzer import ComponentDefinition, PropertyType
from pulumi.provider.experimental.component import ComponentProvider

from zdx_component.component import ApiKey
from zdx_component.descriptions import add_descriptions
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
        self.schema = json.dumps(add_descriptions(json.loads(self.schema or "{}")))

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Declare a key.

        Raises:
            InputPropertiesError: The key could not be managed on this machine.
            InputPropertyError: An input is missing, unknown, or an output where it must not be.
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
            InputPropertyError: An input is missing, unknown, of another type, or an output where
                it must not be.
        """
        for name, definition in component_def.inputs.items():
            if not definition.optional and inputs.get(name) is None:
                raise InputPropertyError(name, "it is required")
        named = _rename_inputs(inputs, component_def.inputs_mapping)
        for name, definition in component_def.inputs.items():
            python_name = component_def.inputs_mapping[name]
            expected = definition.type
            if python_name in named and expected is not None and expected in _TYPES:
                named[python_name] = _convert_inputs(name, named[python_name], expected)
        rotation = named.get("rotation")
        if isinstance(rotation, pulumi.Output):
            # Whether it has a part is not known before the program's end, if at all.
            raise InputPropertyError(
                "rotation", "its values can be outputs, but rotation itself cannot"
            )
        if rotation is not None:
            parts = self._type_defs["Rotation"].properties_mapping
            named["rotation"] = _rename_inputs(rotation, parts, within="rotation.")
        return named


def serve() -> None:
    """Answer the engine that started this process, until it says so by SIGINT."""
    # The SDK would end by an exception, which its server cannot: a traceback in the user's
    # diagnostics. There is nothing to put away, as the engine records what was declared.
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    main(Package(), sys.argv[1:])


def _rename_inputs(
    values: Mapping[str, Any], names: Mapping[str, str], *, within: str = ""
) -> dict[str, Any]:
    for name in sorted(values.keys() - names.keys()):
        raise InputPropertyError(
            f"{within}{name}", f"there is no such input; the inputs are {', '.join(sorted(names))}"
        )
    given = {name: value for name, value in values.items() if value is not None}
    return {names[name]: _with_integers(value) for name, value in given.items()}


def _convert_inputs(name: str, value: Any, expected: PropertyType) -> Any:
    """The value as its input takes it."""
    if isinstance(value, pulumi.Output):
        return value.apply(lambda known: _to_text(known, expected))
    taken = _to_text(value, expected)
    python_type, reason = _TYPES[expected]
    if type(taken) is not python_type:
        # The value stays out of the message: it may have been meant for another input.
        raise InputPropertyError(name, reason)
    return taken


def _to_text(value: Any, expected: PropertyType) -> Any:
    if expected is PropertyType.STRING and type(value) is int and abs(value) <= _LARGEST_EXACT:
        return str(value)
    return value


def _with_integers(value: Any) -> Any:
    """The value as it was meant: every number arrives as a float."""
    if isinstance(value, pulumi.Output):
        return value.apply(_with_integers)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
