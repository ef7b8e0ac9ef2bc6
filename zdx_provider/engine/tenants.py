"""One repository of keys per tenant for the whole process, and the rule of the same tenant.

A key belongs to one tenant. The settings may point elsewhere by now, or reach the tenant at another
address; a key is never searched for, and never taken for gone, in a tenant that isn't its own.
"""

import threading
from collections.abc import Callable, Mapping

from zdx_provider.errors import SettingsError
from zdx_provider.keys.repository import KeyRepository
from zdx_provider.keys.state import KeyState
from zdx_provider.settings import (
    ConfigReader,
    Settings,
    list_tenant_names,
    load_settings,
    read_sources,
)
from zdx_provider.zidentity import Tenant, format_tenant


class Tenants:
    """The tenants that the settings name; each is opened at its first use.

    Args:
        config: Reads the stack's config.
        environ: The environment of the process.
        before_write: Called before each attempt to change anything on a tenant; what it raises
            stops the attempt.
    """

    def __init__(
        self,
        config: ConfigReader,
        environ: Mapping[str, str],
        before_write: Callable[[], None] = lambda: None,
    ) -> None:
        self._config = config
        self._environ = environ
        self._before_write = before_write
        self._lock = threading.Lock()
        # By settings, not by name: programs of the Automation API share a process, and each has
        # a config of its own.
        self._repositories: dict[Settings, KeyRepository] = {}
        # By all that they are read from: each key needs them in check and in diff.
        self._loaded: dict[tuple[str | None, ...], Settings] = {}
        self._built: dict[Settings, Tenant] = {}

    def load_settings(self, tenant_name: str | None) -> Settings:
        """Load the settings of an entry of ``zdx:tenants``, or of the stack itself."""
        sources = (tenant_name, *read_sources(self._config, self._environ))
        if sources not in self._loaded:
            self._loaded[sources] = load_settings(self._config, self._environ, tenant_name)
        return self._loaded[sources]

    def find_tenant(self, tenant_name: str | None) -> Tenant | None:
        """Return the tenant that the settings name, without a request; None if they name none."""
        settings = self.load_settings(tenant_name)
        if not settings.vanity_domain:
            return None
        if settings not in self._built:
            self._built[settings] = settings.build_tenant()
        return self._built[settings]

    def open_repository(self, tenant_name: str | None) -> KeyRepository:
        """Return the keys of the tenant that the settings name.

        Raises:
            SettingsError: A setting is missing or malformed.
        """
        settings = self.load_settings(tenant_name)
        with self._lock:
            if settings not in self._repositories:
                self._repositories[settings] = KeyRepository(settings.open(self._before_write))
            return self._repositories[settings]

    def open_repository_of(self, state: KeyState) -> KeyRepository:
        """Return the keys of the tenant that a key belongs to.

        Raises:
            SettingsError: A setting is missing or malformed, or the settings name another tenant.
        """
        tenant_name = self._find_name(state)
        require_same_tenant(self.find_tenant(tenant_name), state)
        return self.open_repository(tenant_name)

    def find_tenant_of(self, state: KeyState) -> Tenant | None:
        """Return the tenant that the settings name for a key; None if they name none."""
        return self.find_tenant(self._find_name(state))

    def _find_name(self, state: KeyState) -> str | None:
        """Return the tenant name in the state; if that was renamed, the new name of its tenant."""
        names = list_tenant_names(self._config)
        if state.tenant is None or state.tenant in names:
            return state.tenant
        tenants = {name: self.find_tenant(name) for name in names}
        own = [name for name, tenant in tenants.items() if tenant and is_same_tenant(tenant, state)]
        nearest = [name for name in own if not has_other_address(tenants[name], state)]
        return next(iter(nearest or own), state.tenant)


def is_same_tenant(tenant: Tenant | None, state: KeyState) -> bool:
    """Whether a key belongs to a tenant, according to the settings."""
    own = (state.vanity_domain, state.cloud)
    return tenant is None or (tenant.vanity_domain, tenant.cloud) == own


def has_other_address(tenant: Tenant | None, state: KeyState) -> bool:
    """Whether a tenant has another address than the one at which a key was last seen."""
    return tenant is not None and tenant.custom_api_url != state.api_url


def with_address(state: KeyState, tenant: Tenant | None) -> KeyState:
    """Return the state of a key that was just seen at a tenant's address."""
    return state.model_copy(update={"api_url": tenant.custom_api_url}) if tenant else state


def require_same_tenant(tenant: Tenant | None, state: KeyState) -> None:
    """Stop before a key is searched for in a tenant that it never belonged to.

    Raises:
        SettingsError: The settings name another tenant than the key's.
    """
    if tenant is not None and not is_same_tenant(tenant, state):
        raise SettingsError(
            f'the key "{state.name}" belongs to the tenant '
            f"{format_tenant(state.vanity_domain, state.cloud)}, but the settings point to "
            f"{tenant}. Nothing was changed.",
            hint="Correct zdx:vanityDomain and zdx:cloud (ZSCALER_VANITY_DOMAIN, "
            "ZSCALER_CLOUD). To move the key to another tenant, declare it with a tenant "
            "name from zdx:tenants.",
        )


def require_same_address(tenant: Tenant | None, state: KeyState) -> None:
    """Stop before a key is taken for gone because another server does not have it.

    A tenant may be reached at a new address, and a key that is found there is the same one. But
    any server can call itself the tenant, so a key that isn't found there may still exist.

    Raises:
        SettingsError: The settings name another address than the one at which the key was seen.
    """
    if tenant is not None and has_other_address(tenant, state):
        seen = state.api_url or "the default address of its cloud"
        raise SettingsError(
            f'the key "{state.name}" does not exist at {tenant.api_url}. It was last read at '
            f"{seen}. Nothing was changed.",
            hint="Correct zdx:apiUrl and zdx:tokenUrl (ZSCALER_API_URL, ZSCALER_TOKEN_URL). If "
            "the key no longer exists, remove it from the state: pulumi state delete URN.",
        )
