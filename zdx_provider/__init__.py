"""ZDX API keys as code: the names that a Pulumi program uses."""

from zdx_provider._version import __version__
from zdx_provider.program.api_key import ApiKey
from zdx_provider.program.lookup_results import (
    ApiKeyResult,
    ApiKeySummary,
    RoleResult,
    SecretResult,
)
from zdx_provider.program.lookups import (
    get_api_key,
    get_api_key_output,
    get_api_keys,
    get_api_keys_output,
    get_roles,
    get_roles_output,
)
from zdx_provider.program.rotation_args import RotationArgs

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
