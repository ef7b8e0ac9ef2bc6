"""``zdx-keys list``: the ZDX keys of a tenant, their owners and when their secrets expire."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.table import Table
from rich.text import Text

from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import cell, console, print_json, table
from zdx_provider.cli.stack import OpenTenant, open_tenant
from zdx_provider.keys.key import Key
from zdx_provider.keys.roles import portal_name

# As the provider's own warning on a key that is not rotated.
_DUE = timedelta(days=30)
_WIDTH_OF_A_DATE = 10
_REPEATED = ("",) * 4  # of a key, what the row of its second secret leaves out


@dataclass(frozen=True)
class ListedSecret:
    """A secret of a key.

    Attributes:
        id: Its id.
        created_at: When it was made.
        expires_at: When ZIdentity ends it.
        days_left: Whole days until then; negative once it has ended.
    """

    id: str
    created_at: datetime
    expires_at: datetime
    days_left: int


@dataclass(frozen=True)
class ListedKey:
    """A key as it is listed.

    Attributes:
        name: Its name.
        key_id: Its id.
        role: Its ZDX role, as the portal shows it.
        owner: The resource that declares it, ``project/stack/name``; None if none does.
        enabled: Whether it can obtain tokens.
        secrets: Its secrets, oldest first.
    """

    name: str
    key_id: str
    role: str
    owner: str | None
    enabled: bool
    secrets: tuple[ListedSecret, ...]


def run(selection: Selection, *, as_json: bool) -> None:
    """List the keys of a tenant."""
    tenant = open_tenant(selection)
    keys = list_keys(tenant)
    if as_json:
        print_json(keys)
    else:
        console().print(key_table(keys, tenant.name))


def list_keys(tenant: OpenTenant) -> list[ListedKey]:
    """Every key of the tenant, by name.

    Raises:
        ZIdentityError: The tenant could not be asked, or refused.
    """
    keys = sorted(tenant.read_keys(), key=lambda key: (key.name.casefold(), key.id))
    now = tenant.zidentity.now()
    return [listed(key, now) for key in keys]


def listed(key: Key, now: datetime) -> ListedKey:
    """A key as it is listed.

    Args:
        key: The key.
        now: This moment by the server's clock.
    """
    held = (portal_name(scope.name or "") or scope.id for scope in key.roles)
    return ListedKey(
        name=key.name,
        key_id=key.id,
        role=", ".join(held),
        owner=key.mark.who if key.mark else None,
        enabled=key.enabled,
        secrets=tuple(
            ListedSecret(s.id, s.created_at, s.expires_at, (s.expires_at - now).days)
            for s in key.secrets
        ),
    )


def key_table(keys: Iterable[ListedKey], tenant_name: str) -> Table:
    """The keys for people: red for a secret that has ended, yellow for one that soon does."""
    made = table(
        f"ZDX keys of {tenant_name}",
        "Name",
        "Key ID",
        "Role",
        "Owner",
        "Secret ID",
        "Made",
        "Expires",
    )
    made.columns[-1].min_width = _WIDTH_OF_A_DATE
    for key in keys:
        name = cell(key.name if key.enabled else f"{key.name} (disabled)")
        about_key = (name, cell(key.key_id), cell(key.role), cell(key.owner or "-"))
        if not key.secrets:
            made.add_row(*about_key, cell("-"), cell("-"), cell("no secret", "red"))
        for number, secret in enumerate(key.secrets):
            made_on = cell(f"{secret.created_at:%Y-%m-%d %H:%M}")
            about_secret = (cell(secret.id), made_on, expiry(secret))
            made.add_row(*(_REPEATED if number else about_key), *about_secret)
    return made


def expiry(secret: ListedSecret) -> Text:
    """When a secret ends, and how near that is."""
    day = f"{secret.expires_at:%Y-%m-%d}"
    if secret.days_left < 0:
        return cell(f"{day} (expired)", "red")
    if secret.days_left < _DUE.days:
        left = f"in {secret.days_left} days" if secret.days_left > 1 else "within two days"
        return cell(f"{day} ({left})", "yellow")
    return cell(day)
