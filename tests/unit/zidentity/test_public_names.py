import zdx_provider.zidentity as layer


def test_every_public_name_exists_and_is_listed_once() -> None:
    assert sorted(set(layer.__all__)) == sorted(layer.__all__)
    assert all(hasattr(layer, name) for name in layer.__all__)


def test_what_is_public_says_what_it_is() -> None:
    assert all(getattr(layer, name).__doc__ for name in layer.__all__)
