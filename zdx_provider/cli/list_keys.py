"""``zdx-keys list``: the ZDX keys of a tenant, their owners, and when what they have expires."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from rich.text import Text

from zdx_provider.cli.options import KeyFilter, Selection, SortKey
from zdx_provider.cli.output import Exit, format_cell, print_json, print_line
from zdx_provider.cli.stack import open_repository, read_keys
from zdx_provider.cli.state_keys import SecretUse, StateKey, read_state_keys
from zdx_provider.cli.table import Column, Table, print_table
from zdx_provider.clock import count_days_left, describe_days_left
from zdx_provider.keys.authentication import Authentication
from zdx_provider.keys.key import Key
from zdx_provider.keys.roles import Role
from zdx_provider.results import ApiKeyResult, SecretResult
from zdx_provider.zidentity import ApiClientSecret, Tenant

# As the provider's own warning on a key without a rotation.
_WARNED_DAYS = 30
# The rank says what a narrow terminal drops first.
_KEY_COLUMNS = (
    Column("Name", is_name=True),
    Column("Key ID", rank=1),
    Column("State", rank=3),
    Column("Role", rank=6, is_name=True),
    Column("Managed by", rank=5, is_name=True),
    Column("Authentication", rank=3),
)
_SECRET_COLUMNS = (
    Column("Secret ID", rank=4),
    Column("Use", rank=2),
    Column("Created", rank=7),
    Column("Expires"),
)
_OPTIONAL = {"State", "Use", "Authentication"}  # dropped if no key has one


def run(
    selection: Selection, wanted: KeyFilter, sort_key: SortKey, *, exit_code: bool, as_json: bool
) -> Exit:
    """List the keys of a tenant, and return the exit code."""
    repository = open_repository(selection)
    role = repository.find_role(wanted.role) if wanted.role else None
    keys = read_keys(repository)
    state_keys = read_state_keys(selection)
    now = repository.zidentity.now()
    every = [ListedKey(key, state_keys.find(key, repository.tenant)) for key in keys]
    listed = sorted(
        (each for each in every if each.matches(wanted, role, now)),
        key=lambda each: each.get_sort_value(sort_key),
    )
    if as_json:
        print_json([to_json(each, repository.tenant, now) for each in listed])
    elif listed:
        print_table(build_table(listed, repository.tenant, now))
    else:
        which = " match the options" if keys else ""
        print_line(f"No keys in the tenant {repository.tenant}{which}.")
    return Exit.FOUND if exit_code and listed else Exit.DONE


@dataclass(frozen=True)
class ListedKey:
    """A key of a tenant, and what the state of the current project's stack knows of it.

    Attributes:
        key: The key, with its secrets.
        in_state: The key in the state; None if the state doesn't have it.
    """

    key: Key
    in_state: StateKey | None = None

    @cached_property
    def authentication(self) -> Authentication | None:
        """What the key authenticates with instead of a secret; None for a key with a secret."""
        return self.key.authentication

    @property
    def kind(self) -> str:
        """What the key authenticates with, in words."""
        if self.authentication is None:
            return "client secret"
        if self.authentication.certificates:
            return "certificate"
        return "JWKS URL" if self.authentication.jwks_url else "public key"

    def find_use(self, secret: ApiClientSecret) -> SecretUse | None:
        """Return the use of a secret; None if the state doesn't say."""
        return self.in_state.find_use(secret.id) if self.in_state else None

    def find_revoke_date(self, secret: ApiClientSecret) -> date | None:
        """Return the day on which a secret is revoked; None if it isn't the previous one."""
        return self.in_state.find_revoke_date(secret.id) if self.in_state else None

    def matches(self, wanted: KeyFilter, role: Role | None, now: datetime) -> bool:
        """Whether a list shows this key.

        Args:
            wanted: What the list shows.
            role: The role that it names; None for any.
            now: This moment by the server's clock.
        """
        key = self.key
        return (
            (role is None or role.id in {scope.id for scope in key.scopes})
            and not (wanted.unmanaged and key.managed_by)
            and (wanted.owner is None or _is_part_of(key.managed_by, wanted.owner))
            and (wanted.expiring_days is None or self._expires_within(wanted.expiring_days, now))
        )

    def get_sort_value(self, sort_key: SortKey) -> tuple[object, ...]:
        """Return the value that orders keys; equal ones are ordered by name."""
        by_name = (self.key.name.casefold(), self.key.id)
        expiries = self._list_expiries()
        values: dict[SortKey, tuple[object, ...]] = {
            SortKey.NAME: (),
            SortKey.ROLE: (self.key.role.casefold(),),
            SortKey.OWNER: (self.key.managed_by == "", self.key.managed_by),
            SortKey.EXPIRES: (not expiries, *sorted(expiries)[:1]),
        }
        return (*values[sort_key], *by_name)

    @property
    def _used_secrets(self) -> list[ApiClientSecret]:
        """The secrets that may be in use: all but the previous one."""
        secrets = self.key.secrets or ()
        return [each for each in secrets if self.find_use(each) is not SecretUse.PREVIOUS]

    def _expires_within(self, days: int, now: datetime) -> bool:
        until = now + timedelta(days=days)
        return any(expires_at <= until for expires_at in self._list_expiries())

    def _list_expiries(self) -> list[datetime]:
        """List when the secrets that may be in use, and the certificates, expire."""
        certificates = self.authentication.read_certificates() if self.authentication else []
        ends = [each.expires_at for each in certificates]
        return ends + [secret.expires_at for secret in self._used_secrets]


def _is_part_of(owner: str, wanted: str) -> bool:
    """Whether an owner is the wanted one, or in the wanted project or stack."""
    return owner == wanted or owner.startswith(f"{wanted.rstrip('/')}/")


def to_json(listed: ListedKey, tenant: Tenant, now: datetime) -> dict[str, Any]:
    """Return a key as `get_api_key` returns it, with the days and the use of each secret.

    A key without a secret has what it authenticates with instead.

    Args:
        listed: The key.
        tenant: The key's tenant.
        now: This moment by the server's clock.
    """
    key = listed.key
    secrets = key.secrets or ()
    authentication = listed.authentication or Authentication()
    expires_at = authentication.certificate_expires_at
    result = ApiKeyResult(
        **key.attributes,
        key_id=key.id,
        role=key.role,
        role_id=key.role_id,
        managed_by=key.managed_by,
        vanity_domain=tenant.vanity_domain,
        cloud=tenant.cloud,
        jwks_url=authentication.jwks_url,
        key_fingerprints=authentication.fingerprints,
        certificate_expires_at=_format_moment(expires_at) if expires_at else None,
        secrets=tuple(SecretResult.from_moments(s.id, s.created_at, s.expires_at) for s in secrets),
    )
    document = asdict(result)
    for shown, secret in zip(document["secrets"], secrets, strict=True):
        shown["days_left"] = count_days_left(secret.expires_at, now)
        shown["use"] = listed.find_use(secret)
        shown["revoke_on"] = listed.find_revoke_date(secret)
    certificates = [
        {
            "name": each.name,
            "fingerprint": each.fingerprint,
            "expires_at": _format_moment(each.expires_at),
            "days_left": count_days_left(each.expires_at, now),
        }
        for each in authentication.read_certificates()
    ]
    return {**document, "authentication": listed.kind, "certificates": certificates}


def _format_moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def build_table(keys: Iterable[ListedKey], tenant: Tenant, now: datetime) -> Table:
    """Return the keys as a table: an expired secret is red, one that expires soon is yellow."""
    rows = [row for listed in keys for row in _list_rows(listed, now)]
    return _build_table(f"ZDX keys of {tenant}", (*_KEY_COLUMNS, *_SECRET_COLUMNS), rows)


def build_credentials_table(listed: ListedKey, now: datetime) -> Table:
    """Return the secrets, the certificates or the public keys of one key as a table."""
    authentication = listed.authentication
    if authentication is None:
        return _build_table("Secrets", _SECRET_COLUMNS, _list_secret_cells(listed, now))
    name, fingerprint = Column("Name", is_name=True), Column("SHA-256 of the public key")
    if authentication.certificates:
        rows: list[Sequence[Text]] = [
            (
                format_cell(each.name),
                _format_expiry(each.expires_at, now),
                format_cell(_shorten(each.fingerprint)),
            )
            for each in authentication.read_certificates()
        ]
        return _build_table("Certificates", (name, Column("Expires"), fingerprint), rows)
    keys = authentication.fingerprints or {}
    rows = [(format_cell(n), format_cell(_shorten(value))) for n, value in keys.items()]
    return _build_table("Public keys", (name, fingerprint), rows)


def _shorten(fingerprint: str) -> str:
    return fingerprint.rpartition(":")[2]


def _build_table(title: str, columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> Table:
    used = [
        at
        for at, column in enumerate(columns)
        if column.title not in _OPTIONAL or any(row[at].plain for row in rows)
    ]
    shown = [[row[at] for at in used] for row in rows]
    return Table(title, [columns[at] for at in used], shown)


def _list_rows(listed: ListedKey, now: datetime) -> Iterator[Sequence[Text]]:
    key = listed.key
    state = "" if key.client.enabled else "disabled"
    kind = listed.kind if listed.authentication else ""
    own = tuple(map(format_cell, (key.name, key.id, state, key.role, key.managed_by or "-", kind)))
    for cells in _list_cells(listed, now):
        yield (*own, *cells)
        own = (Text(),) * len(own)  # the row of the second secret repeats nothing


def _list_cells(listed: ListedKey, now: datetime) -> list[Sequence[Text]]:
    """Return the cells of each secret or certificate; of a public key, only that it has none."""
    if listed.authentication is None:
        return _list_secret_cells(listed, now)
    none = (format_cell("-"), format_cell(""), format_cell("-"))
    certificates = listed.authentication.read_certificates()
    ends = [_format_expiry(each.expires_at, now) for each in certificates]
    return [(*none, end) for end in ends or [format_cell("-")]]


def _list_secret_cells(listed: ListedKey, now: datetime) -> list[Sequence[Text]]:
    if not listed.key.secrets:
        return [
            (format_cell("-"), format_cell(""), format_cell("-"), format_cell("no secret", "red"))
        ]
    return [
        (
            format_cell(secret.id),
            format_cell(_format_use(listed, secret)),
            format_cell(f"{secret.created_at:%Y-%m-%d %H:%M}"),
            _format_expiry(secret.expires_at, now),
        )
        for secret in listed.key.secrets
    ]


def _format_use(listed: ListedKey, secret: ApiClientSecret) -> str:
    use, until = listed.find_use(secret), listed.find_revoke_date(secret)
    if use is None:
        return ""
    return f"{use.value}, until {until}" if until else use.value


def _format_expiry(expires_at: datetime, now: datetime) -> Text:
    day = f"{expires_at:%Y-%m-%d}"
    days_left = count_days_left(expires_at, now)
    if days_left < 0:
        return format_cell(f"{day} (expired)", "red")
    if days_left <= _WARNED_DAYS:
        return format_cell(f"{day} ({describe_days_left(days_left)})", "yellow")
    return format_cell(day)
