"""A key that is there already, as an import records it in a stack's state.

The engine throws away what check adds to an imported resource, so the record holds every input
that check would have added.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from zdx_provider.domain.key import Key
from zdx_provider.domain.rotation import MISSING
from zdx_provider.engine.inputs import ARGUMENTS, find_broken_rules
from zdx_provider.engine.state import KeyState, observed
from zdx_provider.zidentity import ApiClientSecret, Tenant

# How an import file marks a value that the engine is to encrypt; its content is JSON.
_SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


@dataclass(frozen=True)
class HeldSecret:
    """What is known of the secret that a state is to hold.

    Attributes:
        secret: The secret; None where it may be either of two, or where the key has none.
        ends_at: When the state's secret ends; None where the key has none.
    """

    secret: ApiClientSecret | None
    ends_at: datetime | None

    @property
    def stamp(self) -> str:
        """The day of its end, as check would have stamped it."""
        return self.ends_at.date().isoformat() if self.ends_at else MISSING


@dataclass(frozen=True)
class ImportProperties:
    """What an import file says of one key."""

    inputs: dict[str, Any]
    outputs: dict[str, Any]


def held_secret(key: Key, now: datetime, *, value_known: bool) -> HeldSecret:
    """Which of a key's secrets a state is to hold, as far as that can be told.

    Of two that both work, a value may belong to either: the state's then ends when the first of
    them does, so that whichever it is, it is replaced in time. Without a value nothing of the
    stack can end before the last of them does.

    Args:
        key: The key.
        now: The current moment by the server's clock.
        value_known: Whether the state is to hold the value of one of them.
    """
    if not key.secrets:
        return HeldSecret(None, None)
    last = max(key.secrets, key=_end)
    alive = [secret for secret in key.secrets if secret.expires_at > now] or [last]
    if len(alive) == 1:
        return HeldSecret(alive[0], alive[0].expires_at)
    return HeldSecret(None, min(map(_end, alive)) if value_known else last.expires_at)


@dataclass(frozen=True)
class Importable:
    """A key as an import is to record it.

    Attributes:
        state: Its state.
    """

    state: KeyState

    def broken_rule(self) -> str | None:
        """Why the key cannot be declared as it is, as the end of a sentence; None if it can."""
        broken = find_broken_rules(self.state.inputs())
        return next((f"its {name} {rule}" for name, rule in broken.items()), None)

    def arguments(self) -> dict[str, Any]:
        """The arguments of ``ApiKey`` that declare it, but for those that are their defaults."""
        return self.state.model_dump(include=set(ARGUMENTS), exclude_defaults=True)

    def properties(self, provider: str) -> ImportProperties:
        """Its inputs and outputs as an import file has them, secrets wrapped for encryption.

        Args:
            provider: The provider as the SDK serialises it.
        """
        named = {"__provider": provider}
        encrypted = {
            name: {**_SECRET, "plaintext": json.dumps(value)}
            for name, value in self.state.secrets().items()
        }
        outputs = {**self.state.rendered(), **encrypted}
        return ImportProperties({**self.state.inputs(), **named}, {**outputs, **named})


def importable(
    key: Key,
    *,
    role: str,
    tenant: Tenant,
    profile: str | None,
    value: SecretStr | None,
    now: datetime,
) -> Importable:
    """A key that no stack has held so far.

    A key without a mark is recorded as nobody's, which makes the first update write one.

    Args:
        key: The key.
        role: Its role as the program declares it.
        tenant: Where it lives.
        profile: The profile of ``zdx:tenants`` that the program names for it.
        value: The value of its secret, where that is known.
        now: The current moment by the server's clock.
    """
    held = held_secret(key, now, value_known=value is not None)
    state = observed(key, tenant, profile).model_copy(
        update={
            "role": role,
            "key_secret": value,
            "secret_id": held.secret.id if held.secret else None,
            "secret_created_at": held.secret.created_at if held.secret else None,
            "secret_expires_at": held.ends_at,
            "secret_expires_on": held.stamp,
            "claim": key.mark.claim if key.mark else "",
        }
    )
    return Importable(state)


def _end(secret: ApiClientSecret) -> datetime:
    return secret.expires_at
