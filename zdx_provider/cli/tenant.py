"""The tenant that a command is about."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pydantic import SecretStr

from zdx_provider.cli.selection import Selection
from zdx_provider.cli.stack import NoStackSelected, Stack, in_project
from zdx_provider.cli.terminal import with_progress
from zdx_provider.domain.inventory import Inventory
from zdx_provider.domain.key import Key
from zdx_provider.settings import (
    Settings,
    load_settings,
    require_known_names,
    secret_paths,
)
from zdx_provider.zidentity import ClientSecret, ConnectionOptions, Tenant, ZIdentity


@dataclass(frozen=True)
class FoundSettings:
    """Settings, and where they come from.

    Attributes:
        settings: The settings.
        source: Where from, in words.
        stack: The stack whose config was read; None for the environment alone.
        config: That stack's config as text, secrets in the clear.
    """

    settings: Settings
    source: str
    stack: Stack | None = None
    config: Mapping[str, str] = field(default_factory=dict, repr=False)

    def plain_secrets(self) -> list[str]:
        """The paths of the secrets that the stack's config holds in plain text.

        Raises:
            StackUnreadable: The CLI does not open the stack any more.
        """
        if self.stack is None:
            return []
        return [path for path in secret_paths(self.config.get) if not self.stack.is_secret(path)]


@dataclass(frozen=True)
class OpenTenant:
    """A tenant that can be asked.

    Attributes:
        zidentity: Its API.
        inventory: What it has.
    """

    zidentity: ZIdentity
    inventory: Inventory

    @property
    def name(self) -> str:
        """Its vanity domain, with the cloud if that is not production's."""
        return str(self.zidentity.tenant)

    def read_keys(self) -> list[Key]:
        """The API clients that hold a role of ZDX, with their secrets; progress is shown.

        Raises:
            ZIdentityError: The tenant could not be asked, or refused.
        """
        clients = self.inventory.clients()
        return list(with_progress(self.inventory.read(clients), len(clients), "Reading secrets"))


def find_settings(selection: Selection, environ: Mapping[str, str]) -> FoundSettings:
    """Read the stack's config, then the environment; outside a stack the environment alone.

    Raises:
        SettingsError: A value is malformed, or there is no such profile.
        StackUnreadable: The stack is there, or was named, and cannot be read.
    """
    stack, config, source = _stack_config(selection)
    require_known_names(config)
    settings = load_settings(config.get, environ, selection.profile)
    return FoundSettings(settings, source, stack, config)


def connect(settings: Settings) -> OpenTenant:
    """Prepare to ask the tenant; nothing is sent yet.

    Raises:
        SettingsError: A setting is missing.
        InvalidTenant: A value cannot be part of an address.
        InvalidCredentials: The private key is none.
    """
    zidentity = settings.open()
    return OpenTenant(zidentity, Inventory(zidentity))


def open_tenant(selection: Selection) -> OpenTenant:
    """The tenant that the settings name; see `find_settings` and `connect` for the errors."""
    return connect(find_settings(selection, os.environ).settings)


def chosen_stack(selection: Selection) -> Stack | None:
    """The stack that is named, or else the selected one of the project; None outside of one."""
    folder = selection.folder.resolve()
    if selection.stack is None and not in_project(folder):
        return None
    return Stack(folder, selection.stack)


def sign_in_as(
    tenant: Tenant, options: ConnectionOptions, client_id: str, secret: SecretStr
) -> timedelta:
    """Obtain a token as another client than the settings name.

    Args:
        tenant: Where the client lives.
        options: How the tenant is reached.
        client_id: The client.
        secret: Its secret.

    Returns:
        How long the token lives.

    Raises:
        CredentialsRefused: The secret is not, or not any more, one of the client's.
        ZIdentityError: That could not be told.
    """
    # A session of its own for each attempt: one that was refused stays refused.
    visitor = ZIdentity(tenant, ClientSecret(client_id, secret.get_secret_value()), options)
    try:
        return visitor.sign_in()
    finally:
        visitor.close()


def _stack_config(selection: Selection) -> tuple[Stack | None, Mapping[str, str], str]:
    stack = chosen_stack(selection)
    if stack is None:
        return None, {}, "the environment"
    try:
        return stack, stack.config(), f"{stack}, then the environment"
    except NoStackSelected:
        return None, {}, "the environment (the project here has no selected stack)"
