"""A key as somebody in a hurry declares it: three rules of the team are broken."""

import pulumi

from zdx_provider import ApiKey

key = ApiKey("reports", name="Reports (new)", role="ZDX Super Admin")

pulumi.export("key_id", key.key_id)
