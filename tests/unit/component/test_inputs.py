"""The inputs as they come from the engine, and as Python takes them."""

from typing import Any

import pytest
from pulumi import Output
from pulumi.errors import InputPropertiesError
from pulumi.provider.experimental.analyzer import Analyzer

from zdx_component.component import ApiKey
from zdx_component.package import Package

DEFINITION = Analyzer("zdx").analyze([ApiKey])["component_definitions"]["ApiKey"]


def taken(**inputs: Any) -> dict[str, Any]:
    return Package().map_inputs({"role": "ZDX Read-only Admin", **inputs}, DEFINITION)


def test_map_inputs_converts_names_and_whole_numbers() -> None:
    inputs = taken(tokenLifetimeSeconds=600.0, rotation={"keepPreviousDays": 3.0, "triggers": {}})

    assert inputs["token_lifetime_seconds"] == 600
    assert isinstance(inputs["token_lifetime_seconds"], int)
    assert inputs["rotation"] == {"keep_previous_days": 3, "triggers": {}}
    assert isinstance(inputs["rotation"]["keep_previous_days"], int)


def test_map_inputs_converts_the_names_of_an_authentication_and_keeps_those_of_its_keys() -> None:
    inputs = taken(authentication={"publicKeys": {"firstKey": "PEM"}})

    assert inputs["authentication"] == {"public_keys": {"firstKey": "PEM"}}


def test_map_inputs_converts_a_number_to_text() -> None:
    inputs = taken(name=365.0, role=-7.0, description=12345678901.0)

    assert (inputs["name"], inputs["role"]) == ("365", "-7")
    assert inputs["description"] == "12345678901"


def test_map_inputs_omits_a_null_input() -> None:
    assert taken(tenant=None, rotation=None).keys() == {"role"}


@pytest.mark.parametrize(
    ("inputs", "path", "reason"),
    [
        ({"role": None}, "role", "it is required"),
        (
            {"tokenLifetime": 600},
            "tokenLifetime",
            "there is no such input; the inputs are adopt, authentication, desc",
        ),
        ({"name": 1.5}, "name", "it must be text: put it in quotes"),
        ({"name": True}, "name", "it must be text: put it in quotes"),
        ({"name": 1e20}, "name", "it must be text: put it in quotes"),
        ({"tenant": ["eu"]}, "tenant", "it must be text: put it in quotes"),
        ({"enabled": "yes"}, "enabled", "it must be true or false, without quotes"),
        ({"enabled": 1.0}, "enabled", "it must be true or false, without quotes"),
        ({"tokenLifetimeSeconds": "60"}, "tokenLifetimeSeconds", "it must be a whole number"),
        ({"tokenLifetimeSeconds": 60.5}, "tokenLifetimeSeconds", "it must be a whole number"),
        ({"tokenLifetimeSeconds": True}, "tokenLifetimeSeconds", "it must be a whole number"),
        (
            {"rotation": {"keep": 3}},
            "rotation.keep",
            "there is no such input; the inputs are endOverlapEarly, keepPreviousDays, rotate",
        ),
        ({"rotation": {"keepPreviousDays": "3"}}, "rotation.keepPreviousDays", "it must be a wh"),
        ({"rotation": {"endOverlapEarly": 1.0}}, "rotation.endOverlapEarly", "it must be true or"),
        ({"rotation": "yearly"}, "rotation", "it must be a map"),
        ({"authentication": "key"}, "authentication", "it must be a map"),
        ({"authentication": {"keys": {}}}, "authentication.keys", "there is no such input; the in"),
        ({"authentication": {"jwksUrl": True}}, "authentication.jwksUrl", "it must be text: put"),
    ],
)
def test_map_inputs_refuses_an_invalid_input_at_its_path(
    inputs: dict[str, Any], path: str, reason: str
) -> None:
    with pytest.raises(InputPropertiesError) as refused:
        taken(**inputs)

    (problem,) = refused.value.errors or []
    assert problem["property_path"] == path
    assert problem["reason"].startswith(reason)


def test_map_inputs_refuses_all_invalid_inputs_at_once() -> None:
    rotation = {"secretLifetimeDays": "90", "keep": 3.0, "keepPreviousDays": 7.0}

    with pytest.raises(InputPropertiesError) as refused:
        taken(role=None, enabled="yes", rotation=rotation)

    assert [problem["property_path"] for problem in refused.value.errors or []] == [
        "role",
        "enabled",
        "rotation.keep",
        "rotation.secretLifetimeDays",
    ]


@pytest.mark.usefixtures("event_loop")
def test_map_inputs_refuses_a_rotation_that_is_an_output() -> None:
    with pytest.raises(InputPropertiesError) as refused:
        taken(rotation=Output.from_input({}))

    (problem,) = refused.value.errors or []
    assert problem["property_path"] == "rotation"
    assert problem["reason"] == "its values can be outputs, but rotation itself cannot"
