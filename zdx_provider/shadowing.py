"""Files of a project that hide a module of Python, or of a library, that has the same name.

Pulumi starts the provider's process in the project's folder, which comes first where Python looks
for modules: a ``secrets.py`` there is what every ``import secrets`` of that process gives.
"""

import sys
from collections.abc import Iterator
from importlib.machinery import FrozenImporter, PathFinder
from pathlib import Path
from types import ModuleType

from zdx_provider.errors import ZdxError

# What the provider's process imports, and the program's need not have. A file that only happens to
# be named as some other installed package is none of our business.
LIBRARIES = frozenset(
    {
        *("annotated_types", "certifi", "cffi", "charset_normalizer", "cryptography", "idna"),
        *("jwt", "pydantic", "pydantic_core", "requests", "tenacity", "typing_extensions"),
        *("typing_inspection", "urllib3"),
    }
)

_EARLY = frozenset({"abc", "codecs", "encodings", "io", "os", "site", "stat"})


def require_no_shadowing() -> None:
    """Blame a failure that is none of ours on the files that explain it, if there are any.

    Raises:
        ZdxError: A file of the project hides a module that this process has loaded.
    """
    for problem in find_shadowing():
        raise ZdxError(problem, hint="Rename it.") from None


def find_shadowing(folder: Path | None = None) -> Iterator[str]:
    """Find the modules in a folder that hide others which this process has loaded.

    Args:
        folder: The folder; None for the current one, in which Pulumi runs a project.

    Yields:
        A sentence about each, with its path.
    """
    if getattr(sys.flags, "safe_path", False):  # PYTHONSAFEPATH, which the provider inherits
        return
    folder = (folder or Path()).resolve()
    for file in sorted([*folder.glob("*.py"), *folder.glob("*/__init__.py")]):
        name = file.parent.name if file.name == "__init__.py" else file.stem
        loaded = sys.modules.get(name)
        if loaded is not None and _is_hidden(loaded, name, folder):
            yield (f'{file} hides the module "{name}", which the provider needs.')


def _is_hidden(loaded: ModuleType, name: str, folder: Path) -> bool:
    # Python finds these before it looks into any folder, or before it knows of this one.
    if name in _EARLY or name in sys.builtin_module_names or FrozenImporter.find_spec(name):
        return False
    file = getattr(loaded, "__file__", None)
    if file is None or name == "__main__":
        return False
    if not _is_in(file, folder):
        return True  # The program has it from elsewhere, and the provider has not.
    if name not in sys.stdlib_module_names | LIBRARIES:
        return False
    others = [path for path in sys.path if Path(path).resolve() != folder]
    spec = PathFinder.find_spec(name, others)
    return spec is not None and spec.origin is not None


def _is_in(file: str, folder: Path) -> bool:
    path = Path(file).resolve()
    return folder in (path.parent, path.parent.parent if path.name == "__init__.py" else None)
