import pytest

from zdx_provider import ApiKey, ApiKeySummary
from zdx_provider.keys.inputs import ARGUMENTS, ATTRIBUTES


@pytest.mark.parametrize("attribute", sorted(ATTRIBUTES))
def test_attribute_has_one_name_in_every_layer(attribute: str) -> None:
    assert attribute in ApiKey.__annotations__
    assert attribute in ApiKeySummary.__annotations__
    assert attribute in ARGUMENTS


def test_attributes_are_the_fields_that_a_client_stores() -> None:
    assert {"name", "description", "enabled", "token_lifetime_seconds"} == ATTRIBUTES
