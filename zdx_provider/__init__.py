"""ZDX API keys as code: the names that a Pulumi program uses."""

from zdx_provider._version import __version__
from zdx_provider.api_key import ApiKey

__all__ = ["ApiKey", "__version__"]
