"""How a program declares that a key's secret is replaced before it ends."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class RotationArgs:
    """A key's secret is replaced before it ends; the one before goes on working for a while.

    ZIdentity ends every secret after 30 to 365 days, and a key holds two at most ("Adding API
    Clients", help.zscaler.com). The first ``pulumi up`` inside the window makes the new secret
    and hands it to all that depend on ``key_secret`` in that same update; the first one on or
    after the end of the overlap revokes the previous one.

    Args:
        secret_lifetime_days: How long each secret lives, 30-365 days.
        rotate_before_expiry_days: How many days before its end a secret is replaced; by default
            a third of its lifetime, 30 days at most. Shorter than the lifetime.
        keep_previous_days: How many days the replaced secret goes on working; 0: until the next
            ``pulumi up``. Less than ``rotate_before_expiry_days``, as the secret then ends by
            itself.
        triggers: Values whose change replaces the secret at once; so does one that is added.
    """

    secret_lifetime_days: pulumi.Input[int] = 365
    rotate_before_expiry_days: pulumi.Input[int] | None = None
    keep_previous_days: pulumi.Input[int] = 7
    triggers: Mapping[str, pulumi.Input[str]] | None = None
