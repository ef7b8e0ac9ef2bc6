"""What a program asks a tenant while it runs, a preview included.

Runs in the program's process, with the settings that the provider has in its own.
"""

import os
import threading
from dataclasses import fields
from datetime import datetime, timezone
from typing import Any

import pulumi

from zdx_provider.domain.inventory import Inventory
from zdx_provider.domain.key import Key
from zdx_provider.engine.state import observed
from zdx_provider.lookup_results import ApiKeyResult, ApiKeySummary, RoleResult, SecretResult
from zdx_provider.settings import Settings, load_settings
from zdx_provider.zidentity import Tenant

_SUMMARY = {field.name for field in fields(ApiKeySummary)}

# By settings, not by profile: programs of the Automation API share a process, and each has a
# config of its own.
_inventories: dict[Settings, Inventory] = {}
_lock = threading.Lock()


def key_named(name: str, profile: str | None) -> ApiKeyResult:
    """The one key of exactly that name.

    Args:
        name: Its name.
        profile: A profile of ``zdx:tenants``.

    Raises:
        ZdxError: There is none, or more than one, or the tenant could not be asked.
    """
    inventory = _inventory(profile)
    return _result(inventory.named(name), inventory.tenant)


def key_identified(key_id: str, profile: str | None) -> ApiKeyResult:
    """The key of that id.

    Args:
        key_id: Its id.
        profile: A profile of ``zdx:tenants``.

    Raises:
        ZdxError: There is none, or the tenant could not be asked.
    """
    inventory = _inventory(profile)
    return _result(inventory.identified(key_id), inventory.tenant)


def keys(profile: str | None) -> list[ApiKeySummary]:
    """Every key of the tenant, by name.

    Args:
        profile: A profile of ``zdx:tenants``.

    Raises:
        ZdxError: The tenant could not be asked.
    """
    inventory = _inventory(profile)
    found = sorted(inventory.without_secrets(), key=lambda key: (key.name.casefold(), key.id))
    return [ApiKeySummary(**_facts(key, inventory.tenant)) for key in found]


def roles(profile: str | None) -> list[RoleResult]:
    """The ZDX roles that the tenant offers, in the tenant's order.

    Args:
        profile: A profile of ``zdx:tenants``.

    Raises:
        ZdxError: The tenant could not be asked.
    """
    return [RoleResult(role.id, role.name) for role in _inventory(profile).roles()]


def _inventory(profile: str | None) -> Inventory:
    settings = load_settings(_config, os.environ, profile)
    with _lock:
        if settings not in _inventories:
            _inventories[settings] = Inventory(settings.open())
        return _inventories[settings]


def _config(key: str) -> str | None:
    namespace, _, name = key.partition(":")
    return pulumi.Config(namespace).get(name)


def _result(key: Key, tenant: Tenant) -> ApiKeyResult:
    held = tuple(
        SecretResult(secret.id, _rfc_3339(secret.created_at), _rfc_3339(secret.expires_at))
        for secret in key.secrets
    )
    return ApiKeyResult(**_facts(key, tenant), secrets=held)


def _facts(key: Key, tenant: Tenant) -> dict[str, Any]:
    """What ``ApiKey.get`` would show of a key, too."""
    return observed(key, tenant, profile=None).model_dump(include=_SUMMARY)


def _rfc_3339(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
