"""Creates a key and exports it to other stacks."""

import pulumi

from zdx_provider import ApiKey

key = ApiKey("reports", name="reports", role="ZDX Read-only Admin")

pulumi.export("key_id", key.key_id)
pulumi.export("key_secret", key.key_secret)
