import zdx_provider.zidentity as layer


def test_public_names_exist_and_are_listed_once() -> None:
    assert sorted(set(layer.__all__)) == sorted(layer.__all__)
    assert all(hasattr(layer, name) for name in layer.__all__)


def test_public_names_are_documented() -> None:
    assert all(getattr(layer, name).__doc__ for name in layer.__all__)
