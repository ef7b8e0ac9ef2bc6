"""ZDX API keys as code: the names that a Pulumi program uses."""

from zdx_provider._version import __version__
from zdx_provider.api_key import ApiKey, RotationArgs
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
    "RoleResult",
    "RotationArgs",
    "SecretResult",
    "__version__",
    "get_api_key",
    "get_api_key_output",
    "get_api_keys",
    "get_api_keys_output",
    "get_roles",
    "get_roles_output",
]
