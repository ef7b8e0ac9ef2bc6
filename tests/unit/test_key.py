from dataclasses import fields

import pytest

from zdx_provider import ApiKey, ApiKeySummary
from zdx_provider.keys.inputs import ARGUMENTS
from zdx_provider.keys.key import KeyAttributes
from zdx_provider.zidentity import ApiClientRequest


@pytest.mark.parametrize("attribute", [field.name for field in fields(KeyAttributes)])
def test_each_attribute_of_a_key_has_one_name_in_every_room(attribute: str) -> None:
    assert attribute in ApiKey.__annotations__
    assert attribute in {field.name for field in fields(ApiKeySummary)}
    assert attribute in ARGUMENTS
    assert attribute in ApiClientRequest.model_fields
