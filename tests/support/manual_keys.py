"""A tenant full of keys that people have made manually, of every kind that there is."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from zdx_emulator.testing import ZSCALER_APIS, ApiClient, RunningEmulator, scope_id

DAY_SECONDS = 86_400


@dataclass(frozen=True)
class ManualKey:
    """A key that someone has made.

    Attributes:
        client: The key.
        kind: What is special about it.
        secret: The value of its newest secret; None if it has none.
    """

    client: ApiClient
    kind: str
    secret: str | None


Maker = Callable[[RunningEmulator, int], ApiClient]


def _plain(tenant: RunningEmulator, number: int) -> ApiClient:
    return tenant.create_client(f"plain-{number}", description="Made manually.")


def _namesake(tenant: RunningEmulator, _: int) -> ApiClient:
    return tenant.create_client("namesake", role="ZDX Super Admin")


def _foreign_letters(tenant: RunningEmulator, number: int) -> ApiClient:
    return tenant.create_client(f"Ключ № {number} für die Zürcher", description="日本語\n\t'\"\\")


def _odd_name(tenant: RunningEmulator, number: int) -> ApiClient:
    return tenant.create_client(f'a::b/c $x "{number}" #1]', accessTokenLifeTime=60)


def _disabled(tenant: RunningEmulator, number: int) -> ApiClient:
    return tenant.create_client(f"disabled-{number}", status=False)


def _wordy(tenant: RunningEmulator, number: int) -> ApiClient:
    return tenant.create_client(f"wordy-{number}", description="Lorem ipsum [pulumi] " * 9)


def _of_two_services(tenant: RunningEmulator, number: int) -> ApiClient:
    scopes = [scope_id("ZDX Read-only Admin"), scope_id("Super Admin", "ZIAM")]
    resource = {"id": ZSCALER_APIS.id, "selectedScopes": [{"id": scope} for scope in scopes]}
    return tenant.create_client(f"two-services-{number}", clientResources=[resource])


def _of_another_stack(tenant: RunningEmulator, number: int) -> ApiClient:
    return tenant.create_client(
        f"theirs-{number}", description=f"[pulumi other/prod/theirs-{number} #0a1b]"
    )


def _untidy(tenant: RunningEmulator, number: int) -> ApiClient:
    return tenant.create_client(f" untidy-{number}")


# Each with the lifetimes of its secrets in days; a negative one means that the secret has expired.
_KINDS: dict[str, tuple[Maker, tuple[int, ...]]] = {
    "one secret": (_plain, (90,)),
    "no secret": (_plain, ()),
    "two secrets": (_plain, (60, 180)),
    "ended": (_plain, (-10,)),
    "ended and living": (_plain, (-10, 300)),
    "both ended": (_plain, (-20, -10)),
    "disabled": (_disabled, (365,)),
    "namesake": (_namesake, (31,)),
    "foreign letters": (_foreign_letters, (90,)),
    "odd name": (_odd_name, (90,)),
    "wordy": (_wordy, (90,)),
    "two services": (_of_two_services, (90,)),
    "another stack's": (_of_another_stack, (90,)),
    "untidy": (_untidy, (90,)),
}
SKIPPED = {"another stack's", "untidy"}
WITHOUT_A_WORKING_SECRET = {"no secret", "ended", "both ended"}


def create_manual_keys(tenant: RunningEmulator, count: int) -> list[ManualKey]:
    """Make so many keys, of each kind about as many."""
    return list(islice(_made(tenant), count))


def download(keys: list[ManualKey], folder: Path) -> Path:
    """Write the file that the portal gives of each key that has a secret."""
    folder.mkdir()
    for key in keys:
        if key.secret:
            content = {"key_id": key.client.id, "key_secret": key.secret}
            (folder / f"{key.client.id}.json").write_text(json.dumps(content))
    return folder


def _made(tenant: RunningEmulator) -> Iterator[ManualKey]:
    for number, (kind, (maker, lifetimes)) in enumerate(cycle(_KINDS.items())):
        client = maker(tenant, number)
        values = [_secret(tenant, client, days) for days in lifetimes]
        yield ManualKey(client, kind, values[-1] if values else None)


def _secret(tenant: RunningEmulator, client: ApiClient, days: int) -> str:
    if days > 0:
        return str(tenant.add_secret(client.id, days=days).value)
    # A day more than the shortest life, so that no second that passes makes it too short.
    tenant.move_clock((days - 31) * DAY_SECONDS)
    value = str(tenant.add_secret(client.id, days=31).value)
    tenant.move_clock(0)
    return value
