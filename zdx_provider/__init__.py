"""ZDX API keys as code: the names that a Pulumi program uses.

Each name is loaded when it is used first: the command line needs no Pulumi, and a program without
lookups doesn't load them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from zdx_provider._version import __version__

if TYPE_CHECKING:
    from zdx_provider.api_key import (
        ApiKey,
        AuthenticationArgs,
        AuthenticationArgsDict,
        RotationArgs,
        RotationArgsDict,
    )
    from zdx_provider.lookups import (
        get_api_key,
        get_api_key_output,
        get_api_keys,
        get_api_keys_output,
        get_roles,
        get_roles_output,
    )
    from zdx_provider.results import ApiKeyResult, ApiKeySummary, RoleResult, SecretResult

__all__ = [
    "ApiKey",
    "ApiKeyResult",
    "ApiKeySummary",
    "AuthenticationArgs",
    "AuthenticationArgsDict",
    "RoleResult",
    "RotationArgs",
    "RotationArgsDict",
    "SecretResult",
    "__version__",
    "get_api_key",
    "get_api_key_output",
    "get_api_keys",
    "get_api_keys_output",
    "get_roles",
    "get_roles_output",
]

_MODULES = {
    "api_key": (
        "ApiKey",
        "AuthenticationArgs",
        "AuthenticationArgsDict",
        "RotationArgs",
        "RotationArgsDict",
    ),
    "results": ("ApiKeyResult", "ApiKeySummary", "RoleResult", "SecretResult"),
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = next((module for module, names in _MODULES.items() if name in names), "lookups")
    return getattr(import_module(f"{__name__}.{module}"), name)


def __dir__() -> list[str]:
    return __all__
