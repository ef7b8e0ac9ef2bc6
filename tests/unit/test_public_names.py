import inspect

import zdx_provider


def test_the_public_names_are_what_is_exported() -> None:
    exported = {
        name
        for name, value in vars(zdx_provider).items()
        if not inspect.ismodule(value) and not name.startswith("_")
    }

    assert exported | {"__version__"} == set(zdx_provider.__all__)


def test_every_public_name_is_listed_once_and_documented() -> None:
    assert sorted(set(zdx_provider.__all__)) == sorted(zdx_provider.__all__)
    assert all(getattr(zdx_provider, name).__doc__ for name in zdx_provider.__all__)
