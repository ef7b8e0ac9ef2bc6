import zdx_provider.zidentity as room


def test_every_public_name_exists_and_is_listed_once() -> None:
    assert sorted(set(room.__all__)) == sorted(room.__all__)
    assert all(hasattr(room, name) for name in room.__all__)


def test_what_is_public_says_what_it_is() -> None:
    assert all(getattr(room, name).__doc__ for name in room.__all__)
