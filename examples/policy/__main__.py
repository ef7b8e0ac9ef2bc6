"""A key that violates three rules."""

import pulumi

from zdx_provider import ApiKey

key = ApiKey("reports", name="Reports (new)", role="ZDX Super Admin")

pulumi.export("key_id", key.key_id)
