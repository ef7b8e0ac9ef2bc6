"""ZDX API keys as code: the names that a Pulumi program uses."""

from zdx_provider._version import __version__
from zdx_provider.api_key import ApiKey
from zdx_provider.rotation_args import RotationArgs

__all__ = ["ApiKey", "RotationArgs", "__version__"]
