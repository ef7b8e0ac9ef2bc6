"""One small tree, and where to find each of its branches."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import zdx_provider
from zdx_provider import errors
from zdx_provider.errors import ZdxError
from zdx_provider.zidentity import ZIdentityError
from zdx_provider.zidentity import errors as wire


def below(error: type[ZdxError], *, without: type[ZdxError] | None = None) -> Iterator[str]:
    for child in error.__subclasses__():
        yield child.__name__
        if child is not without:
            yield from below(child, without=without)


def drawn(docstring: str | None) -> list[str]:
    return re.findall(r"[├└]── (\w+)", docstring or "")


def import_all() -> None:
    for module in pkgutil.walk_packages(zdx_provider.__path__, "zdx_provider."):
        importlib.import_module(module.name)


def test_the_drawn_tree_has_every_error_and_no_other() -> None:
    import_all()

    assert sorted(drawn(errors.__doc__)) == sorted(below(ZdxError, without=ZIdentityError))
    assert sorted(drawn(wire.__doc__)) == sorted(below(ZIdentityError))
