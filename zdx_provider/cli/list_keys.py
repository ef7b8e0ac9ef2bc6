"""``zdx-keys list``: the ZDX keys of a tenant, their owners and when their secrets expire."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import create_console, create_table, format_cell, print_json
from zdx_provider.cli.stack import open_repository, read_keys
from zdx_provider.clock import count_days_left, describe_days_left
from zdx_provider.keys.key import Key
from zdx_provider.results import ApiKeyResult, SecretResult
from zdx_provider.zidentity import ApiClientSecret, Tenant

# As the provider's own warning on a key without a rotation.
_WARNED_DAYS = 30
_WIDTH_OF_A_DATE = 10
_REPEATED = ("",) * 4  # the cells of a key that the row of its second secret leaves empty


def run(selection: Selection, *, as_json: bool) -> None:
    """List the keys of a tenant, by name."""
    repository = open_repository(selection)
    keys = sorted(read_keys(repository), key=lambda key: (key.name.casefold(), key.id))
    now = repository.zidentity.now()
    if as_json:
        print_json([to_json(key, repository.tenant, now) for key in keys])
    else:
        create_console().print(build_table(keys, repository.tenant, now))


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
        shown["days_left"] = count_days_left(secret.expires_at, now)
    return document


def build_table(keys: Iterable[Key], tenant: Tenant, now: datetime) -> Table:
    """Return the keys as a table: an expired secret is red, one that expires soon is yellow."""
    table = create_table(
        f"ZDX keys of {tenant}",
        *("Name", "Key ID", "Role", "Managed by", "Secret ID", "Created", "Expires"),
    )
    table.columns[-1].min_width = _WIDTH_OF_A_DATE
    for key in keys:
        name = format_cell(key.name if key.client.enabled else f"{key.name} (disabled)")
        own = (name, *map(format_cell, (key.id, key.role, key.managed_by or "-")))
        for number, cells in enumerate(_list_secret_cells(key.secrets or (), now)):
            table.add_row(*(_REPEATED if number else own), *cells)
    return table


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
    days_left = count_days_left(secret.expires_at, now)
    if days_left < 0:
        return format_cell(f"{day} (expired)", "red")
    if days_left <= _WARNED_DAYS:
        return format_cell(f"{day} ({describe_days_left(days_left)})", "yellow")
    return format_cell(day)
