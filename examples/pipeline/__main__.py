"""A key whose secret is rotated by the pipeline's weekly run."""

import pulumi

from zdx_provider import ApiKey, RotationArgs

key = ApiKey(
    "reports",
    name="reports",
    role="ZDX Read-only Admin",
    rotation=RotationArgs(
        secret_lifetime_days=90,
        rotate_before_expiry_days=21,  # three weekly runs: one can fail, and one can be late
        keep_previous_days=14,  # two weekly runs to update consumers
    ),
)

pulumi.export("key_id", key.key_id)
pulumi.export("key_secret", key.key_secret)
