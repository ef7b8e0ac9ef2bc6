"""The package's schema, held to the resource that it speaks of."""

import inspect
import json
from collections.abc import Callable, Iterable
from typing import Any, get_args

import pytest
from pulumi.provider.experimental.util import camel_case

from zdx_component.component import ApiKeyArgs, Authentication, Rotation
from zdx_component.package import Package
from zdx_provider import ApiKey, AuthenticationArgs, RotationArgs, __version__

SCHEMA: dict[str, Any] = json.loads(Package().schema or "")
KEY = SCHEMA["resources"]["zdx:index:ApiKey"]
ROTATION = SCHEMA["types"]["zdx:index:Rotation"]
AUTHENTICATION = SCHEMA["types"]["zdx:index:Authentication"]


def parameters_of(made: Callable[..., object]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(made).parameters
    return {name: of for name, of in parameters.items() if name not in ("resource_name", "opts")}


def in_schema(names: Iterable[str]) -> set[str]:
    return {camel_case(name) for name in names}


def required(parameters: dict[str, inspect.Parameter]) -> set[str]:
    return {
        camel_case(name) for name, of in parameters.items() if of.default is inspect.Parameter.empty
    }


def test_schema_inputs_are_the_arguments_of_the_resource() -> None:
    arguments = parameters_of(ApiKey)

    assert KEY["inputProperties"].keys() == in_schema(arguments)
    assert set(KEY["requiredInputs"]) == required(arguments)


def test_schema_outputs_are_those_of_the_resource() -> None:
    outputs = inspect.get_annotations(ApiKey)
    optional = {name for name, of in outputs.items() if type(None) in get_args(get_args(of)[0])}

    assert KEY["properties"].keys() == in_schema(outputs)
    assert set(KEY["required"]) == in_schema(outputs.keys() - optional)


@pytest.mark.parametrize(
    ("described", "made"), [(ROTATION, RotationArgs), (AUTHENTICATION, AuthenticationArgs)]
)
def test_schema_of_a_type_has_the_arguments_of_its_class(
    described: dict[str, Any], made: Callable[..., object]
) -> None:
    assert described["properties"].keys() == in_schema(parameters_of(made))
    assert described.get("required", []) == []


@pytest.mark.parametrize(
    ("given", "made"),
    [(ApiKeyArgs, ApiKey), (Rotation, RotationArgs), (Authentication, AuthenticationArgs)],
)
def test_schema_inputs_have_the_types_of_the_resource(
    given: type, made: Callable[..., object]
) -> None:
    here: dict[str, Any] = inspect.get_annotations(given)
    there: dict[str, Any] = {name: of.annotation for name, of in parameters_of(made).items()}

    for name in here.keys() - {"rotation", "authentication"}:
        assert here[name] | None == there[name] | None


def test_schema_marks_only_secret_outputs_as_secret() -> None:
    secret = {name for name, of in KEY["properties"].items() if of.get("secret")}

    assert secret == {"keySecret", "keyJson"}


def test_schema_describes_every_type_and_property() -> None:
    add_descriptions = [KEY, ROTATION, AUTHENTICATION]
    members = (ROTATION["properties"], AUTHENTICATION["properties"])
    for properties in (KEY["inputProperties"], KEY["properties"], *members):
        add_descriptions += properties.values()

    for of in add_descriptions:
        assert of["description"].strip()
        assert "``" not in of["description"]
        assert "`key_secret`" not in of["description"]


def test_schema_has_the_version_of_the_provider() -> None:
    assert SCHEMA["version"] == __version__
