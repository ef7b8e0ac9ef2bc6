"""Whether a key may be made, finished or taken over: a decision, taken on what was found.

The engine records a resource only when its creation returns, so a killed run creates again; a
program may be renamed, moved or copied; somebody may have made the key by hand. What create
meets under the declared name decides, and nothing here calls anybody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zdx_provider.errors import ZdxError
from zdx_provider.keys.key import Mark, mark_in
from zdx_provider.keys.owner import Owner
from zdx_provider.text import quote_python, quote_shell
from zdx_provider.zidentity import ApiClient, ApiClientSecret, Scope
from zdx_provider.zidentity.models import MAX_SECRETS


class KeyTaken(ZdxError):
    """The declared name belongs to a key that may not be taken over."""


@dataclass(frozen=True)
class FoundKey:
    """A key of the declared name, as the tenant holds it.

    Attributes:
        client: The key.
        secrets: Its secrets, oldest first.
        other_scopes: The scopes that it holds of other services than ZDX.
        is_shown: Whether the tenant shows it yet, and so its secrets.
    """

    client: ApiClient
    secrets: tuple[ApiClientSecret, ...]
    other_scopes: tuple[Scope, ...] = ()
    is_shown: bool = True

    @property
    def id(self) -> str:
        """The key's id."""
        return self.client.id

    @property
    def name(self) -> str:
        """Its name."""
        return self.client.name

    @property
    def mark(self) -> Mark | None:
        """Whose it is; None for a key made by hand."""
        return mark_in(self.client.description)

    def __str__(self) -> str:
        count = "1 secret" if len(self.secrets) == 1 else f"{len(self.secrets)} secrets"
        oldest = self.secrets[0].created_at if self.secrets else None
        since = f" since {oldest:%Y-%m-%d}" if oldest else ""
        return f'"{self.name}" ({self.id}, {count}{since})'


@dataclass(frozen=True)
class Permissions:
    """What the user has allowed.

    Attributes:
        adopt: Take over a key that somebody else made (the resource's ``adopt``).
        resume: Take over what an interrupted run of this stack left (``zdx:resumeInterrupted``).
    """

    adopt: bool = False
    resume: bool = False


def key_to_take(found: Sequence[FoundKey], who: str, allowed: Permissions) -> FoundKey | None:
    """The key that create is to finish or take over; None where it is to make one.

    Args:
        found: Every key of exactly that name.
        who: The resource that declares it, as in its mark.
        allowed: What the user has allowed.

    Raises:
        KeyTaken: The key may not be touched. The message says whose it is and each way on.
    """
    if not found:
        return None
    if len(found) > 1:
        raise KeyTaken(
            f'{len(found)} keys are named "{found[0].name}" already: {_ids(found)}.',
            hint="Delete or rename all but one of them in ZIdentity, or declare another name.",
        )
    (key,) = found
    if not key.client.has_secrets:
        raise KeyTaken(
            f'the key "{key.name}" ({key.id}) exists already and signs in by a key pair; a '
            "declared key signs in by a secret.",
            hint="Declare another name; or rename that client in ZIdentity, under API Clients.",
        )
    ours = key.mark is not None and key.mark.who == who
    if ours and key.is_shown and not key.secrets and not key.other_scopes:
        return key
    if not (allowed.adopt or (ours and allowed.resume)):
        raise _taken(key, who)
    if len(key.secrets) >= MAX_SECRETS:
        raise KeyTaken(
            f"the key {key} cannot be taken over: a client holds {MAX_SECRETS} secrets at most, "
            f"and both are taken ({', '.join(secret.id for secret in key.secrets)}).",
            hint=f"End the one that nobody uses: zdx-keys revoke {quote_shell(key.id)} SECRET_ID, "
            "or in ZIdentity under API Clients. Then run pulumi up again.",
        )
    return key


def names_of(scopes: Iterable[Scope]) -> str:
    """The scopes as a message names them."""
    return ", ".join(f'"{scope.name or scope.id}"' for scope in scopes)


def created_twice(name: str, key_id: str, others: Sequence[ApiClient]) -> KeyTaken:
    """The refusal of a key that was created while another one got its name."""
    found = ", ".join(
        f"{other.id} ({mark.who if (mark := mark_in(other.description)) else 'not made by Pulumi'})"
        for other in others
    )
    return KeyTaken(
        f'a key named "{name}" was created at the same time: {found}. The one created here '
        f"({key_id}) was deleted again.",
        hint="Declare another name; or run pulumi up again, which says how to take that key over.",
    )


def renamed_to_taken_name(name: str, key_id: str, others: Sequence[ApiClient]) -> KeyTaken:
    """The refusal of a new name that another key has."""
    return KeyTaken(
        f'the key {key_id} can\'t be named "{name}", because {", ".join(o.id for o in others)} is '
        "named so already. Nothing was changed.",
        hint="Declare another name, or delete or rename that key.",
    )


def _taken(key: FoundKey, who: str) -> KeyTaken:
    if key.mark is not None and key.mark.who == who and key.is_shown and not key.secrets:
        return KeyTaken(
            f"the key {key} is marked as this resource's own and has no secret yet, but it also "
            f"holds {names_of(key.other_scopes)} of other services, which no interrupted run "
            "leaves.",
            hint="If these permissions are meant, declare adopt=True; the key keeps them. "
            "Otherwise delete it in ZIdentity, under API Clients, and run pulumi up again.",
        )
    if key.mark is not None and key.mark.who == who:
        return KeyTaken(
            f"the key {key} is marked as this resource's own, yet the state does not hold it: "
            "an earlier run was interrupted before its result was recorded, or Pulumi kept the key "
            "when its resource was replaced or removed (retain_on_delete, pulumi state delete), or "
            "a second state of this stack lives elsewhere.",
            hint="If this stack has one state, take the key over: pulumi config set "
            "zdx:resumeInterrupted true, then pulumi up. Otherwise find the other state first.",
        )
    if key.mark is None:
        return KeyTaken(
            f"the key {key} exists already and was not made by Pulumi.",
            hint="To take it over, declare adopt=True: it keeps its id and gets a second secret, "
            "and the first goes on working for keep_previous_days. Else declare another name.",
        )
    return KeyTaken(
        f"the key {key} exists already and belongs to {key.mark.who}.",
        hint=f"{_alias(key.mark.who, who)}To take the key over from there, declare adopt=True; "
        "else declare another name.",
    )


def _alias(former: str, who: str) -> str:
    """The line for a resource that was renamed or moved inside its own stack."""
    before, now = Owner.parse(former), Owner.parse(who)
    if before is None or now is None:
        return ""
    if (before.project, before.stack) != (now.project, now.stack):
        return ""
    # A URN names a parent by its type only, so it says enough without the parent's own name.
    alias = (
        f"pulumi.Alias(name={quote_python(before.name)})"
        if before.parents == now.parents
        else quote_python(str(before.urn))
    )
    return (
        "If that is this resource before it was renamed or moved, say so: "
        f"opts=pulumi.ResourceOptions(aliases=[{alias}]). "
    )


def _ids(found: Sequence[FoundKey]) -> str:
    return ", ".join(
        f"{key.id} ({key.mark.who if key.mark else 'not made by Pulumi'})" for key in found
    )
