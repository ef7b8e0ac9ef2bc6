"""A key that was created manually, and is now declared here."""

import pulumi

from zdx_provider import ApiKey

config = pulumi.Config()

key = ApiKey(
    "night-watch",
    name="night-watch",
    role="ZDX Read-only Admin",
    adopt=config.get_bool("adopt") or False,
)

pulumi.export("key_id", key.key_id)
pulumi.export("key_secret", key.key_secret)
pulumi.export("previous_secret_id", key.previous_secret_id)
pulumi.export("previous_secret_revoke_on", key.previous_secret_revoke_on)
