"""The tenants that a stack's settings name, each with one session for the whole process."""

import threading
from collections.abc import Callable, Mapping

from zdx_provider.domain.keys import Keys
from zdx_provider.engine.state import KeyState
from zdx_provider.errors import SettingsError
from zdx_provider.settings import ConfigReader, Settings, load_settings, profile_names
from zdx_provider.zidentity import Tenant


class TenantMismatch(SettingsError):
    """A key lives in one tenant, and the settings name another."""


class Tenants:
    """Opens each tenant at its first use.

    Args:
        config: Reads the stack's config.
        environ: The environment of the process.
        before_change: Called before each attempt to change anything on a tenant; what it raises
            stops the attempt.
    """

    def __init__(
        self,
        config: ConfigReader,
        environ: Mapping[str, str],
        before_change: Callable[[], None],
    ) -> None:
        self._config = config
        self._environ = environ
        self._before_change = before_change
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
                zidentity = self.settings(profile).open(self._before_change)
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
        homes = (name for name in profiles if is_home(self.named(name), key))
        return next(homes, key.tenant)


def is_home(tenant: Tenant | None, key: KeyState) -> bool:
    """Whether a tenant is the one that a key lives in, as far as the settings tell."""
    return tenant is None or (tenant.vanity_domain, tenant.cloud) == (key.vanity_domain, key.cloud)


def require_home(tenant: Tenant | None, key: KeyState) -> None:
    """Stop before a key is looked for in a tenant where it never was.

    Raises:
        TenantMismatch: The settings name another tenant than the one the key lives in.
    """
    if tenant is not None and not is_home(tenant, key):
        raise TenantMismatch(
            f'the key "{key.name}" lives in the tenant {Tenant(key.vanity_domain, key.cloud)}, '
            f"and the settings name {tenant}. Nothing was changed.",
            hint="Correct zdx:vanityDomain and zdx:cloud (ZSCALER_VANITY_DOMAIN, ZSCALER_CLOUD); "
            "to move the key, declare it under a profile of zdx:tenants.",
        )
