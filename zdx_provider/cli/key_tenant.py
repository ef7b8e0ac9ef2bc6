"""The tenant of a key in the stack's state, and where it is reached."""

import os
from dataclasses import replace

from zdx_provider.cli.options import Selection
from zdx_provider.cli.stack import find_settings
from zdx_provider.errors import SettingsError
from zdx_provider.keys.state import KeyState
from zdx_provider.settings import ENVIRONMENT, Settings
from zdx_provider.zidentity import Tenant
from zdx_provider.zidentity.connection import format_tenant


def find_settings_of(selection: Selection, key: KeyState) -> Settings:
    """Read the settings of a key's tenant: the stack's own, or an entry of ``zdx:tenants``.

    Raises:
        SettingsError: A value is malformed, there is no such entry, or the stack can't be read.
    """
    return find_settings(replace(selection, tenant=key.tenant), os.environ).settings


def build_tenant_of(settings: Settings, key: KeyState) -> Tenant:
    """Build the tenant of a key.

    Raises:
        SettingsError: The settings name another tenant, which must not get the key's secret.
    """
    tenant = settings.build_tenant()
    if (tenant.vanity_domain, tenant.cloud) != (key.vanity_domain, key.cloud):
        raise SettingsError(
            f'the key "{key.name}" belongs to the tenant '
            f"{format_tenant(key.vanity_domain, key.cloud)}, but the settings point to {tenant}. "
            "Nothing was sent.",
            hint="Correct zdx:vanityDomain and zdx:cloud (ZSCALER_VANITY_DOMAIN, ZSCALER_CLOUD).",
        )
    return tenant


def find_addresses(selection: Selection, key: KeyState) -> dict[str, str]:
    """Return where a key's tenant is reached, as variables; none for Zscaler's own addresses.

    Without them, a program sends the secret of an emulator's key to the host that Zscaler has for
    a tenant of that name. The state doesn't have the token endpoint, so the settings are read.

    Raises:
        SettingsError: The settings can't be read, or name another tenant.
    """
    if not key.api_url:
        return {}
    tenant = build_tenant_of(find_settings_of(selection, key), key)
    return {ENVIRONMENT["apiUrl"]: tenant.api_url, ENVIRONMENT["tokenUrl"]: tenant.token_url}
