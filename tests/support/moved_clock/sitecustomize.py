"""Moves the product's own clock, in the program's and the plugin's process of a test.

A folder for PYTHONPATH. Python imports this module by its name at start; the language host ignores
PYTHONPATH, and no other clock is touched.
"""

import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

AHEAD = timedelta(seconds=int(os.environ.get("ZDX_TEST_SECONDS_AHEAD", "0")))


class _ClockFinder(MetaPathFinder):
    """Finds `zdx_provider.clock` as always, and moves it once it is loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "zdx_provider.clock":
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        assert spec is not None
        assert spec.loader is not None
        load = spec.loader.exec_module

        def load_and_move(module: ModuleType) -> None:
            load(module)
            utc_now = module.utc_now
            module.utc_now = lambda: utc_now() + AHEAD  # type: ignore[attr-defined]

        spec.loader.exec_module = load_and_move  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, _ClockFinder())
