"""``zdx-keys list``: the ZDX keys of a tenant, their owners and when their secrets expire."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from rich.text import Text

from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import format_cell, print_json
from zdx_provider.cli.stack import open_repository, read_keys
from zdx_provider.cli.table import Column, Table, print_table
from zdx_provider.keys.key import Key
from zdx_provider.results import ApiKeyResult, SecretResult
from zdx_provider.zidentity import ApiClientSecret, Tenant

# As the provider's own warning on a key without a rotation.
_WARNED = timedelta(days=30)
# The rank says what a narrow terminal leaves out first.
_KEY_COLUMNS = (
    Column("Name", is_name=True),
    Column("Key ID", rank=1),
    Column("State", rank=2),
    Column("Role", rank=5, is_name=True),
    Column("Managed by", rank=4, is_name=True),
)
_OPTIONAL = {"State"}  # left out if no key needs it
_SECRET_COLUMNS = (Column("Secret ID", rank=3), Column("Created", rank=6), Column("Expires"))


def run(selection: Selection, *, as_json: bool) -> None:
    """List the keys of a tenant, by name."""
    repository = open_repository(selection)
    keys = sorted(read_keys(repository), key=lambda key: (key.name.casefold(), key.id))
    now = repository.zidentity.now()
    if as_json:
        print_json([to_json(key, repository.tenant, now) for key in keys])
    else:
        print_table(build_table(keys, repository.tenant, now))


def to_json(key: Key, tenant: Tenant, now: datetime) -> dict[str, Any]:
    """Return a key as `get_api_key` returns it, with the days that each secret still has.

    Args:
        key: The key, with its secrets.
        tenant: The key's tenant.
        now: This moment by the server's clock.
    """
    secrets = key.secrets or ()
    result = ApiKeyResult(
        **key.attributes,
        key_id=key.id,
        role=key.role,
        role_id=key.role_id,
        managed_by=key.managed_by,
        vanity_domain=tenant.vanity_domain,
        cloud=tenant.cloud,
        secrets=tuple(SecretResult.from_moments(s.id, s.created_at, s.expires_at) for s in secrets),
    )
    document = asdict(result)
    for shown, secret in zip(document["secrets"], secrets, strict=True):
        shown["days_left"] = _count_days_left(secret, now)
    return document


def build_table(keys: Iterable[Key], tenant: Tenant, now: datetime) -> Table:
    """Return the keys as a table: an expired secret is red, one that expires soon is yellow."""
    columns = (*_KEY_COLUMNS, *_SECRET_COLUMNS)
    rows = [row for key in keys for row in _list_rows(key, now)]
    used = [
        at
        for at, column in enumerate(columns)
        if column.title not in _OPTIONAL or any(row[at].plain for row in rows)
    ]
    return Table(
        f"ZDX keys of {tenant}",
        [columns[at] for at in used],
        [[row[at] for at in used] for row in rows],
    )


def _list_rows(key: Key, now: datetime) -> Iterator[tuple[Text, ...]]:
    state = "" if key.client.enabled else "disabled"
    own = tuple(map(format_cell, (key.name, key.id, state, key.role, key.managed_by or "-")))
    for cells in _list_secret_cells(key.secrets or (), now):
        yield (*own, *cells)
        own = (Text(),) * len(own)  # the row of the second secret repeats nothing


def _list_secret_cells(
    secrets: Sequence[ApiClientSecret], now: datetime
) -> list[tuple[Text, Text, Text]]:
    if not secrets:
        return [(format_cell("-"), format_cell("-"), format_cell("no secret", "red"))]
    return [
        (
            format_cell(secret.id),
            format_cell(f"{secret.created_at:%Y-%m-%d %H:%M}"),
            _format_expiry(secret, now),
        )
        for secret in secrets
    ]


def _format_expiry(secret: ApiClientSecret, now: datetime) -> Text:
    day = f"{secret.expires_at:%Y-%m-%d}"
    days_left = _count_days_left(secret, now)
    if days_left < 0:
        return format_cell(f"{day} (expired)", "red")
    if days_left < _WARNED.days:
        left = f"in {days_left} days" if days_left > 1 else "within 2 days"
        return format_cell(f"{day} ({left})", "yellow")
    return format_cell(day)


def _count_days_left(secret: ApiClientSecret, now: datetime) -> int:
    """Return the whole days until a secret expires; negative once it has expired."""
    return (secret.expires_at - now).days
