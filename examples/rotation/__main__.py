"""A key whose secret is rotated by a weekly pipeline."""

import pulumi

from zdx_provider import ApiKey, RotationArgs

config = pulumi.Config()

key = ApiKey(
    "rotating-reports",
    name="rotating-reports",
    role="ZDX Read-only Admin",
    rotation=RotationArgs(
        secret_lifetime_days=90,
        rotate_before_expiry_days=21,  # three weekly runs: one can fail, and one can be late
        keep_previous_days=14,  # two weekly runs to update the consumer
        triggers={"incident": config.get("incident") or "none"},
    ),
)

pulumi.export("key_id", key.key_id)
pulumi.export("key_secret", key.key_secret)
pulumi.export("secret_id", key.secret_id)
pulumi.export("secret_expires_at", key.secret_expires_at)
pulumi.export("previous_secret_id", key.previous_secret_id)
