"""The engine's protocol out of the SDK, without the SDK.

The protocol's modules stand inside packages that import the whole SDK, which takes longer than all
else that this process does before it answers. It would do so at every command of the CLI.
"""

import sys
from importlib.machinery import PathFinder
from types import ModuleType

_PACKAGES = ("pulumi", "pulumi.runtime")


def import_protocol_alone() -> None:
    """Import the packages around the protocol without what they contain otherwise."""
    path = None
    for name in _PACKAGES:
        spec = PathFinder.find_spec(name, path)
        package = ModuleType(name)
        package.__path__ = path = list(spec.submodule_search_locations or ()) if spec else []
        sys.modules[name] = package
