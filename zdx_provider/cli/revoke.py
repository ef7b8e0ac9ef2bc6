"""``zdx-keys revoke``: end one secret of a key now."""

from dataclasses import dataclass

import typer

from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import print_json, say
from zdx_provider.cli.stack import OpenTenant, open_tenant
from zdx_provider.errors import ZdxError
from zdx_provider.keys.clients import revoke
from zdx_provider.keys.key import Key
from zdx_provider.text import escape_text
from zdx_provider.zidentity import ApiClientSecret, add_key_name


class NoSuchSecret(ZdxError):
    """The key has no secret of that id."""


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
        typer.confirm(escape_text(doomed.question), abort=True, err=True)
    with add_key_name(doomed.key.name):
        revoke(tenant.zidentity, doomed.key.id, doomed.secret.id)
    if as_json:
        print_json(Revoked(doomed.key.id, doomed.secret.id))
    else:
        say(f"Revoked {doomed}.{doomed.next_step}")


def find_secret(tenant: OpenTenant, wanted_key: str, secret_id: str) -> Doomed:
    """The secret that a command line means.

    Args:
        tenant: The tenant.
        wanted_key: The key's id or name.
        secret_id: The secret's id.

    Raises:
        KeyNotIdentified: There is no such key, or several have that name.
        NoSuchSecret: It has no such secret.
        ZIdentityError: The tenant could not be asked, or refused.
    """
    key = tenant.inventory.find(wanted_key)
    for secret in key.secrets:
        if secret.id == secret_id:
            return Doomed(key, secret)
    present = ", ".join(secret.id for secret in key.secrets) or "none"
    raise NoSuchSecret(
        f'the key "{key.name}" ({key.id}) has no secret {secret_id}.',
        hint=f"Its secrets are: {present}.",
    )
