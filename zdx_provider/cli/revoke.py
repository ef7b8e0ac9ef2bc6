"""``zdx-keys revoke``: end one secret of a key now."""

from dataclasses import dataclass

import typer

from zdx_provider.cli.selection import Selection
from zdx_provider.cli.tenant import OpenTenant, open_tenant
from zdx_provider.cli.terminal import print_json, say
from zdx_provider.domain.key import Key
from zdx_provider.errors import ZdxError
from zdx_provider.zidentity import ApiClientSecret


class NoSuchKey(ZdxError):
    """No key, or more than one, answers to that name; or the key has no such secret."""


@dataclass(frozen=True)
class Doomed:
    """A secret that is about to be ended.

    Attributes:
        key: The key.
        secret: The secret.
    """

    key: Key
    secret: ApiClientSecret

    @property
    def question(self) -> str:
        """What the user is asked to confirm."""
        return f"Revoke {self}?{self._warning} This cannot be undone"

    @property
    def next_step(self) -> str:
        """What is left to do afterwards."""
        if self.key.mark is None:
            return ""
        return (
            f" If it is the one that {self.key.mark.who} holds, run pulumi up --refresh there: "
            "that gives the key another."
        )

    def __str__(self) -> str:
        return (
            f'the secret {self.secret.id} of the key "{self.key.name}" ({self.key.id}), made '
            f"{self.secret.created_at:%Y-%m-%d}, valid until {self.secret.expires_at:%Y-%m-%d}"
        )

    @property
    def _warning(self) -> str:
        if len(self.key.secrets) > 1:
            return ""
        return " It is the key's only one: nobody signs in with this key afterwards."


@dataclass(frozen=True)
class Revoked:
    """A secret that was ended."""

    key_id: str
    secret_id: str


def run(
    selection: Selection, wanted_key: str, secret_id: str, *, confirmed: bool, as_json: bool
) -> None:
    """End a secret, once the user has confirmed it."""
    tenant = open_tenant(selection)
    doomed = find_secret(tenant, wanted_key, secret_id)
    if not confirmed:
        typer.confirm(doomed.question, abort=True, err=True)
    revoked = revoke(tenant, doomed)
    if as_json:
        print_json(revoked)
    else:
        say(f"Revoked {doomed}.{doomed.next_step}")


def find_secret(tenant: OpenTenant, wanted_key: str, secret_id: str) -> Doomed:
    """The secret that a command line means.

    Args:
        tenant: The tenant.
        wanted_key: The key's id or name.
        secret_id: The secret's id.

    Raises:
        NoSuchKey: There is no such key or secret, or several keys have that name.
        ZIdentityError: The tenant could not be asked, or refused.
    """
    key = _find_key(tenant, wanted_key)
    for secret in key.secrets:
        if secret.id == secret_id:
            return Doomed(key, secret)
    present = ", ".join(secret.id for secret in key.secrets) or "none"
    raise NoSuchKey(
        f'the key "{key.name}" ({key.id}) has no secret {secret_id}.',
        hint=f"Its secrets are: {present}.",
    )


def revoke(tenant: OpenTenant, doomed: Doomed) -> Revoked:
    """End a secret; one that is gone already is no error.

    Raises:
        ZIdentityError: The tenant could not be asked, or refused.
    """
    tenant.keys.revoke(doomed.key.id, doomed.key.name, doomed.secret.id)
    return Revoked(doomed.key.id, doomed.secret.id)


def _find_key(tenant: OpenTenant, wanted: str) -> Key:
    clients = tenant.zidentity.api_clients.list()
    ids = [client.id for client in clients if wanted == client.id]
    ids = ids or [client.id for client in clients if wanted == client.name]
    if len(ids) > 1:
        raise NoSuchKey(
            f'{len(ids)} API clients are named "{wanted}".',
            hint=f"Name the key by its id: {', '.join(ids)}.",
        )
    # What is not listed may not be listed yet; only its own id finds it then.
    key = tenant.keys.read(ids[0] if ids else wanted, wanted)
    if key is None:
        raise NoSuchKey(
            f'the tenant {tenant.name} has no key with the id or name "{wanted}".',
            hint="zdx-keys list shows its keys.",
        )
    if not key.roles:
        raise NoSuchKey(
            f'the API client "{key.name}" ({key.id}) holds no ZDX role, so it is no ZDX key.',
            hint="Manage its secrets in ZIdentity, under API Clients.",
        )
    return key
