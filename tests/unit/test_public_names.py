import pytest

import zdx_provider


@pytest.mark.parametrize("name", zdx_provider.__all__)
def test_public_name_can_be_imported_and_is_documented(name: str) -> None:
    assert getattr(zdx_provider, name).__doc__


def test_public_names_are_all_that_the_package_lists() -> None:
    assert sorted(set(zdx_provider.__all__)) == zdx_provider.__dir__() == sorted(dir(zdx_provider))


def test_import_of_an_unknown_name_fails() -> None:
    with pytest.raises(AttributeError, match="'zdx_provider' has no attribute 'Keys'"):
        zdx_provider.Keys  # noqa: B018 - the access is the test
