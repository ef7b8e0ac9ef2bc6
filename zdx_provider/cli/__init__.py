"""``zdx-keys``: checks what the provider needs, lists a tenant's ZDX keys, hands one out.

It uses the keys of a tenant without the engine, and the provider's own settings.
"""

from zdx_provider.cli.app import main

__all__ = ["main"]
