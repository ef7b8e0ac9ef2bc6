"""What a program asks a tenant while it runs, a preview included.

Runs in the program's process, with the settings that the provider has in its own.
"""

import os
import threading
from dataclasses import dataclass

import pulumi

from zdx_provider.keys.key import Key
from zdx_provider.keys.repository import Inventory
from zdx_provider.keys.roles import Role
from zdx_provider.keys.state import KeyState, observed
from zdx_provider.settings import Settings, load_settings
from zdx_provider.zidentity import ApiClientSecret

# By settings, not by profile: programs of the Automation API share a process, and each has a
# config of its own.
_inventories: dict[Settings, Inventory] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class LookedUpKey:
    """A key that was looked up.

    Attributes:
        state: The key as ``ApiKey.get`` shows it, too.
        secrets: Its secrets, oldest first, without their values; none where they were not asked
            for.
    """

    state: KeyState
    secrets: tuple[ApiClientSecret, ...]


def key_named(name: str, profile: str | None) -> LookedUpKey:
    """The one key of exactly that name.

    Args:
        name: Its name.
        profile: A profile of ``zdx:tenants``.

    Raises:
        ZdxError: There is none, or more than one, or the tenant could not be asked.
    """
    inventory = _inventory(profile)
    return _found(inventory.named(name), inventory)


def key_identified(key_id: str, profile: str | None) -> LookedUpKey:
    """The key of that id.

    Args:
        key_id: Its id.
        profile: A profile of ``zdx:tenants``.

    Raises:
        ZdxError: There is none, or the tenant could not be asked.
    """
    inventory = _inventory(profile)
    return _found(inventory.identified(key_id), inventory)


def keys(profile: str | None) -> list[LookedUpKey]:
    """Every key of the tenant, by name, its secrets not asked for.

    Args:
        profile: A profile of ``zdx:tenants``.

    Raises:
        ZdxError: The tenant could not be asked.
    """
    inventory = _inventory(profile)
    found = sorted(inventory.without_secrets(), key=lambda key: (key.name.casefold(), key.id))
    return [_found(key, inventory) for key in found]


def roles(profile: str | None) -> list[Role]:
    """The ZDX roles that the tenant offers, in the tenant's order.

    Args:
        profile: A profile of ``zdx:tenants``.

    Raises:
        ZdxError: The tenant could not be asked.
    """
    return _inventory(profile).roles.now()


def _inventory(profile: str | None) -> Inventory:
    settings = load_settings(_config, os.environ, profile)
    with _lock:
        if settings not in _inventories:
            _inventories[settings] = Inventory(settings.open())
        return _inventories[settings]


def _config(key: str) -> str | None:
    namespace, _, name = key.partition(":")
    return pulumi.Config(namespace).get(name)


def _found(key: Key, inventory: Inventory) -> LookedUpKey:
    return LookedUpKey(observed(key, inventory.tenant, profile=None), key.secrets)
