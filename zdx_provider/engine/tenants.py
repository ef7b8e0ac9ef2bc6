"""The tenants that a stack's settings name, each with one session for the whole process."""

import threading
from collections.abc import Callable, Mapping

from zdx_provider.errors import SettingsError
from zdx_provider.keys.repository import Keys
from zdx_provider.keys.state import KeyState
from zdx_provider.settings import ConfigReader, Settings, load_settings, profile_names
from zdx_provider.zidentity import Tenant, format_tenant


class TenantMismatch(SettingsError):
    """A key lives in one tenant, and the settings name another."""


class Tenants:
    """Opens each tenant at its first use.

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
        before_write: Callable[[], None],
    ) -> None:
        self._config = config
        self._environ = environ
        self._before_write = before_write
        self._lock = threading.Lock()
        self._keys: dict[str | None, Keys] = {}

    def settings(self, profile: str | None) -> Settings:
        """The settings of a profile, or of the stack as a whole."""
        return load_settings(self._config, self._environ, profile)

    def named(self, profile: str | None) -> Tenant | None:
        """The tenant that the settings name, without calling it; None where they name none."""
        settings = self.settings(profile)
        return settings.tenant() if settings.vanity_domain else None

    def keys(self, profile: str | None) -> Keys:
        """The keys of the tenant that the settings name.

        Raises:
            SettingsError: A setting is missing or malformed.
        """
        with self._lock:
            if profile not in self._keys:
                zidentity = self.settings(profile).open(self._before_write)
                self._keys[profile] = Keys(zidentity)
            return self._keys[profile]

    def keys_of(self, key: KeyState) -> Keys:
        """The keys of the tenant that a recorded key lives in.

        Raises:
            TenantMismatch: The settings name another tenant by now.
            SettingsError: A setting is missing or malformed.
        """
        profile = self._profile_of(key)
        require_home(self.named(profile), key)
        return self.keys(profile)

    def home_of(self, key: KeyState) -> Tenant | None:
        """The tenant that the settings name for a recorded key; None where they name none."""
        return self.named(self._profile_of(key))

    def _profile_of(self, key: KeyState) -> str | None:
        """The profile that the state names; or, once that is renamed, the one of its tenant."""
        profiles = profile_names(self._config)
        if key.tenant is None or key.tenant in profiles:
            return key.tenant
        homes = {name: self.named(name) for name in profiles}
        own = [name for name, tenant in homes.items() if tenant and is_home(tenant, key)]
        nearest = [name for name in own if not is_elsewhere(homes[name], key)]
        return next(iter(nearest or own), key.tenant)


def is_home(tenant: Tenant | None, key: KeyState) -> bool:
    """Whether a tenant is the one that a key lives in, as far as the settings tell."""
    return tenant is None or (tenant.vanity_domain, tenant.cloud) == (key.vanity_domain, key.cloud)


def is_elsewhere(tenant: Tenant | None, key: KeyState) -> bool:
    """Whether a tenant is reached at another address than the one where a key was last seen."""
    return tenant is not None and tenant.custom_api_url != key.api_url


def at_address(key: KeyState, tenant: Tenant | None) -> KeyState:
    """The state of a key that was just seen at a tenant's address."""
    return key.model_copy(update={"api_url": tenant.custom_api_url}) if tenant else key


def require_home(tenant: Tenant | None, key: KeyState) -> None:
    """Stop before a key is looked for in a tenant where it never was.

    Raises:
        TenantMismatch: The settings name another tenant than the one the key lives in.
    """
    if tenant is not None and not is_home(tenant, key):
        raise TenantMismatch(
            f'the key "{key.name}" lives in the tenant '
            f"{format_tenant(key.vanity_domain, key.cloud)}, "
            f"and the settings name {tenant}. Nothing was changed.",
            hint="Correct zdx:vanityDomain and zdx:cloud (ZSCALER_VANITY_DOMAIN, ZSCALER_CLOUD); "
            "to move the key, declare it under an entry of zdx:tenants.",
        )


def require_same_address(tenant: Tenant | None, key: KeyState) -> None:
    """Stop before a key is taken for gone because another server does not have it.

    A tenant may be reached at a new address, and a key that is found there is the same one. Any
    server can call itself the tenant, though, so a key that is not found there may live on.

    Raises:
        TenantMismatch: The settings name another address than the one where the key was seen.
    """
    if tenant is not None and is_elsewhere(tenant, key):
        seen = key.api_url or "its cloud's own address"
        raise TenantMismatch(
            f'the key "{key.name}" is not at {tenant.api_url}, and was last seen at {seen}. '
            "Nothing was changed.",
            hint="Correct zdx:apiUrl and zdx:tokenUrl (ZSCALER_API_URL, ZSCALER_TOKEN_URL). If the "
            "key is gone for good, remove it from the state: pulumi state delete URN.",
        )
