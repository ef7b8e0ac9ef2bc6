"""Mistakes that a lookup shows at once, without a tenant."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from zdx_provider import (
    get_api_key,
    get_api_key_output,
    get_api_keys,
    get_roles,
)

SETTINGS = ("CLIENT_ID", "CLIENT_SECRET", "PRIVATE_KEY", "VANITY_DOMAIN", "API_URL", "TOKEN_URL")


@pytest.mark.parametrize("look_up", [get_api_key, get_api_key_output])
@pytest.mark.parametrize("arguments", [{}, {"name": "ci", "id": "key-1"}, {"tenant": "eu"}])
def test_lookup_needs_either_a_name_or_an_id(
    look_up: Callable[..., object], arguments: dict[str, str]
) -> None:
    with pytest.raises(pulumi.RunError, match="needs either name= or id="):
        look_up(**arguments)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"name": 7}, "name must be str, not int"),
        ({"id": b"key-1"}, "id must be str, not bytes"),
        ({"id": "key-1", "tenant": ["eu"]}, "tenant must be str, not list"),
    ],
)
def test_lookup_names_an_argument_of_the_wrong_type_without_its_value(
    arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(pulumi.RunError, match=f"^get_api_key: {complaint}.$"):
        get_api_key(**arguments)


@pytest.mark.usefixtures("event_loop")
def test_lookup_with_an_output_suggests_the_output_form() -> None:
    name: Any = pulumi.Output.from_input("ci")

    with pytest.raises(
        pulumi.RunError,
        match=r"^get_api_key: name is an output, which .* yet\. Use get_api_key_output\.$",
    ):
        get_api_key(name=name)


@pytest.mark.parametrize("look_up", [get_api_keys, get_roles])
def test_lookup_names_missing_settings_and_its_function(
    look_up: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for setting in SETTINGS:
        monkeypatch.delenv(f"ZSCALER_{setting}", raising=False)

    with pytest.raises(
        pulumi.RunError,
        match=f"^{look_up.__name__}: the settings zdx:vanityDomain, zdx:clientId and "
        "zdx:clientSecret are missing. Set them in the stack",
    ):
        look_up()
