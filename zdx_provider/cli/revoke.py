"""``zdx-keys revoke``: revoke one secret of a key now."""

from dataclasses import dataclass, replace
from datetime import datetime

import typer

from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import print_json, print_line
from zdx_provider.cli.stack import open_repository
from zdx_provider.cli.state_keys import SecretUse, StateKey, read_state_keys
from zdx_provider.errors import ZdxError
from zdx_provider.keys.key import Key
from zdx_provider.keys.repository import KeyRepository
from zdx_provider.text import escape_text
from zdx_provider.zidentity import ApiClientSecret


@dataclass(frozen=True)
class SecretToRevoke:
    """A secret that the command is about to revoke.

    Attributes:
        key: The key, with its secrets.
        secret: The secret.
        in_state: The key in the state of the current project's stack; None if that lacks it.
    """

    key: Key
    secret: ApiClientSecret
    in_state: StateKey | None = None

    def build_question(self, now: datetime) -> str:
        """Return the question that the user confirms.

        Args:
            now: This moment by the server's clock.
        """
        only = len(self.key.secrets or ()) == 1
        warning = (
            " It is the key's only secret: without it, the key cannot authenticate." if only else ""
        )
        until = "valid until" if self.secret.expires_at > now else "expired on"
        lifetime = (
            f"created {self.secret.created_at:%Y-%m-%d}, {until} {self.secret.expires_at:%Y-%m-%d}"
        )
        use = self._describe_use()
        return f"Revoke {self}, {lifetime}?{use}{warning} This cannot be undone"

    @property
    def next_step(self) -> str:
        """What the user may have to do afterwards."""
        owner = self.in_state.owner if self.in_state else self.key.managed_by
        if self._use is SecretUse.IN_USE:
            return f" To create a new one for {owner}, run pulumi up --refresh in that stack."
        if not owner or self._use is not None:
            return ""
        return f" If {owner} uses it, run pulumi up --refresh in that stack to create a new one."

    @property
    def _use(self) -> SecretUse | None:
        return self.in_state.find_use(self.secret.id) if self.in_state else None

    def _describe_use(self) -> str:
        if self.in_state is None or self._use is None:
            return ""
        owner = self.in_state.owner
        if self._use is SecretUse.IN_USE:
            return f" It is the current secret of {owner}."
        if self._use is SecretUse.UNKNOWN:
            return f" {owner} doesn't know it and has another one."
        until = self.in_state.find_revoke_date(self.secret.id)
        later = f", which revokes it on or after {until}" if until else ""
        return f" It is the previous secret of {owner}{later}."

    def __str__(self) -> str:
        return f'the secret {self.secret.id} of the key "{self.key.name}" ({self.key.id})'


@dataclass(frozen=True)
class RevokedSecret:
    """A secret that was revoked."""

    key_id: str
    secret_id: str


def run(
    selection: Selection, wanted_key: str, secret_id: str, *, confirmed: bool, as_json: bool
) -> None:
    """Revoke a secret, once the user has confirmed it."""
    repository = open_repository(selection)
    chosen = find_secret(repository, wanted_key, secret_id)
    in_state = read_state_keys(selection).find(chosen.key, repository.tenant)
    chosen = replace(chosen, in_state=in_state)
    if not confirmed:
        question = chosen.build_question(repository.zidentity.now())
        typer.confirm(escape_text(question), abort=True, err=True)
    repository.revoke_secret(chosen.key.id, chosen.key.name, chosen.secret.id)
    if as_json:
        print_json(RevokedSecret(chosen.key.id, chosen.secret.id))
    else:
        print_line(f"Revoked {chosen}.{chosen.next_step}")


def find_secret(repository: KeyRepository, wanted_key: str, secret_id: str) -> SecretToRevoke:
    """Return the secret of the command line.

    Args:
        repository: The keys of the tenant.
        wanted_key: The key's ID or name.
        secret_id: The secret's ID.

    Raises:
        ZdxError: There is no such key, several have that name, or it has no such secret.
        ZIdentityError: The tenant can't be reached, or refused.
    """
    key = repository.get_key_by_name_or_id(wanted_key)
    for secret in key.secrets or ():
        if secret.id == secret_id:
            return SecretToRevoke(key, secret)
    raise build_missing_error(key, secret_id)


def build_missing_error(key: Key, secret_id: str) -> ZdxError:
    """Build the error of a key that has no such secret.

    Args:
        key: The key, with its secrets.
        secret_id: The secret's ID.
    """
    present = ", ".join(secret.id for secret in key.secrets or ()) or "none"
    hint = f"Its secrets: {present}."
    if key.authentication is not None:
        hint = (
            f"It authenticates with {key.authentication.describe()}, and ZIdentity lists no "
            "secrets of such a key."
        )
    return ZdxError(f'the key "{key.name}" ({key.id}) has no secret {secret_id}.', hint=hint)
