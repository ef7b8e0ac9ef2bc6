"""ZDX API keys."""

import pulumi

from zdx_provider import ApiKey

key = ApiKey("ci", name="ci", role="ZDX Read-only Admin")

pulumi.export("key_id", key.key_id)
pulumi.export("key_secret", key.key_secret)
