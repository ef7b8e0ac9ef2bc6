"""The package's schema, held to the resource that it speaks of."""

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import Any, get_args

import pytest
from pulumi.provider.experimental.util import camel_case

from zdx_component.component import ApiKeyArgs, Authentication, Rotation
from zdx_component.package import Package
from zdx_provider import ApiKey, AuthenticationArgs, RotationArgs, __version__
from zdx_provider.stack_config import KEYS

SCHEMA: dict[str, Any] = json.loads(Package().schema)
KEY = SCHEMA["resources"]["zdx:index:ApiKey"]
ROTATION = SCHEMA["types"]["zdx:index:Rotation"]
AUTHENTICATION = SCHEMA["types"]["zdx:index:Authentication"]
SETTINGS = SCHEMA["config"]["variables"]


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


def list_descriptions() -> dict[str, str]:
    """Return every description in the schema by its path, empty where there is none."""
    types = {"ApiKey": KEY, "Rotation": ROTATION, "Authentication": AUTHENTICATION}
    found = {name: of.get("description", "") for name, of in types.items()}
    for name, properties in {
        "package": {"schema": SCHEMA, "provider": SCHEMA["provider"]},
        "inputs": KEY["inputProperties"],
        "outputs": KEY["properties"],
        "rotation": ROTATION["properties"],
        "authentication": AUTHENTICATION["properties"],
        "config": SETTINGS,
    }.items():
        found |= {f"{name}.{key}": of.get("description", "") for key, of in properties.items()}
    return found


def test_schema_describes_everything() -> None:
    assert [path for path, text in list_descriptions().items() if not text.strip()] == []


def test_descriptions_have_the_names_of_the_schema() -> None:
    names = {path.rpartition(".")[2] for path in list_descriptions()}
    for text in list_descriptions().values():
        assert "``" not in text
        assert set(re.findall(r"`([a-z]+(?:[A-Z][a-z]+)+)`", text)) <= names
        assert re.findall(r"`(?!key_|none)[a-z]+(?:_[a-z]+)+`", text) == []


def test_descriptions_of_inputs_have_their_defaults() -> None:
    assert KEY["inputProperties"]["tokenLifetimeSeconds"]["description"].endswith(
        "60-86400 seconds. Default: `3600`."
    )
    assert KEY["inputProperties"]["adopt"]["description"].endswith("Default: `false`.")
    assert "Default" not in KEY["properties"]["tokenLifetimeSeconds"]["description"]
    assert "Default" not in KEY["inputProperties"]["tenant"]["description"]


def test_schema_has_the_version_of_the_provider() -> None:
    assert SCHEMA["version"] == __version__


def test_schema_says_who_publishes_the_package() -> None:
    home = "https://github.com/zdx-provider/zdx-provider"

    assert SCHEMA["publisher"] == "The zdx-provider maintainers"
    assert SCHEMA["license"] == "Apache-2.0"
    assert (SCHEMA["homepage"], SCHEMA["repository"]) == (home, home)
    assert "zscaler" in SCHEMA["keywords"]


def test_schema_has_the_namespace_that_the_cli_takes_from_the_repository() -> None:
    owner = re.match(r"https://[^/]+/([^/]+)/", SCHEMA["repository"])

    assert owner
    assert SCHEMA["namespace"] == owner[1]


def test_schema_has_the_settings_with_their_types() -> None:
    types = {name: of["type"] for name, of in SETTINGS.items() if of["type"] != "string"}

    assert SETTINGS.keys() == {*KEYS, "tenants"}
    assert types == {
        "maxRetries": "integer",
        "requestTimeout": "number",
        "resumeInterrupted": "boolean",
        "tenants": "object",
    }


def test_schema_marks_settings_with_credentials_as_secret() -> None:
    secret = {name for name, of in SETTINGS.items() if of.get("secret")}

    assert secret == {"clientSecret", "privateKey", "tenants"}


def test_schema_requires_no_setting_and_gives_the_provider_no_inputs() -> None:
    assert SCHEMA["config"].keys() == {"variables"}
    assert SCHEMA["provider"].keys() == {"description"}


def test_package_loads_the_settings_only_for_the_schema() -> None:
    code = (
        "import sys; from zdx_component.package import Package; package = Package(); "
        "assert 'zdx_provider.settings' not in sys.modules; assert 'publisher' in package.schema"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
