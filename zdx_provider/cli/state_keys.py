"""The keys in the state of the current project's stack, and which secret of each is in use.

A tenant doesn't know which of a key's secrets is in use. The state of the stack that manages the
key does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import create_error_console, format_cell
from zdx_provider.cli.stack import NoStackSelectedError, Stack, find_stack
from zdx_provider.errors import SettingsError, ZdxError
from zdx_provider.keys.key import Key
from zdx_provider.keys.owner import Owner, Urn
from zdx_provider.keys.state import KeyState
from zdx_provider.zidentity import Tenant


class SecretUse(str, Enum):
    """What a state says about a secret of one of its keys."""

    IN_USE = "in use"
    PREVIOUS = "previous"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class StateKey:
    """A key in the state of a stack.

    Attributes:
        urn: Its resource.
        state: Its state.
    """

    urn: Urn
    state: KeyState

    @property
    def owner(self) -> str:
        """The resource, as an ownership marker names it."""
        return str(Owner.from_urn(self.urn))

    def find_use(self, secret_id: str) -> SecretUse | None:
        """Return the use of a secret; None if the state doesn't say which secret is in use.

        The state of a key that was imported without its secret may have the secret's ID. Nothing
        in the stack can use that secret.
        """
        if secret_id == self.state.previous_secret_id:
            return SecretUse.PREVIOUS
        if self.state.secret_id is None or self.state.key_secret is None:
            return None
        return SecretUse.IN_USE if secret_id == self.state.secret_id else SecretUse.UNKNOWN

    def find_revoke_date(self, secret_id: str) -> date | None:
        """Return the day on which a secret is revoked; None if it is not the previous one."""
        is_previous = self.find_use(secret_id) is SecretUse.PREVIOUS
        return self.state.previous_secret_revoke_on if is_previous else None


@dataclass(frozen=True)
class StateKeys:
    """The keys in the state of the current project's stack.

    Attributes:
        stack: The stack; None if there is none, or if its state can't be read.
        keys: Its keys, by the URNs of their resources.
    """

    stack: Stack | None = None
    keys: Mapping[Urn, KeyState] = field(default_factory=dict)

    def find(self, key: Key, tenant: Tenant) -> StateKey | None:
        """Return a key of a tenant, if this stack manages it.

        A key that a program looked up with ``ApiKey.get`` is in the state, too, but without an
        expiry date: the stack doesn't manage it.
        """
        place = (key.id, tenant.vanity_domain, tenant.cloud)
        for urn, state in self.keys.items():
            if state.is_managed and (state.key_id, state.vanity_domain, state.cloud) == place:
                return StateKey(urn, state)
        return None

    def find_by_name(self, wanted: str) -> StateKey | None:
        """Return the one key of that logical name, name or ID; None if there is none.

        Raises:
            ZdxError: There are several.
        """
        matches = [
            StateKey(urn, state)
            for urn, state in self.keys.items()
            if wanted in (urn.name, state.name, state.key_id)
        ]
        if len(matches) > 1:
            ids = ", ".join(match.state.key_id for match in matches)
            raise ZdxError(
                f'{self.stack} has {len(matches)} keys that match "{wanted}".',
                hint=f"Use an ID: {ids}.",
            )
        return matches[0] if matches else None


def read_state_keys(selection: Selection) -> StateKeys:
    """Read the keys in the state of the stack; none outside of a stack.

    A command that only adds what the state knows works without it: if the state can't be read,
    a line on standard error says so.
    """
    stack = find_stack(selection)
    if stack is None:
        return StateKeys()
    try:
        return StateKeys(stack, stack.read_contents().keys)
    except NoStackSelectedError:
        return StateKeys()
    except SettingsError as error:
        line = f"The secrets that are in use aren't marked: {error}"
        create_error_console().print(format_cell(line))
        return StateKeys()


def find_key(stack: Stack, wanted: str) -> KeyState:
    """Return the key of the command line, without a request to the tenant.

    Args:
        stack: The stack.
        wanted: The key's logical name, name or ID.

    Raises:
        SettingsError: The stack can't be read.
        ZdxError: The stack has no such key, or several.
    """
    keys = StateKeys(stack, stack.read_contents().keys)
    match = keys.find_by_name(wanted)
    if match is not None:
        return match.state
    known = ", ".join(sorted(urn.name for urn in keys.keys)) or "none"
    raise ZdxError(
        f'{stack} has no key "{wanted}".',
        hint=f"Its keys: {known}. To use another stack, add --stack.",
    )
