"""Where a tenant's settings come from: the stack's config first, then the environment.

The names are those of the vendor's own tools (``ZSCALER_*``, zscaler-sdk-python) and of
pulumi-zia (``clientId``, ``vanityDomain``, ...). The provider and ``zdx-keys`` share this module.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.alias_generators import to_camel

from zdx_provider.errors import SettingsError
from zdx_provider.zidentity import (
    ClientSecret,
    ConnectionOptions,
    Credentials,
    PrivateKey,
    Tenant,
    ZIdentity,
)

ConfigReader = Callable[[str], str | None]

# How calls are made, not whom they reach: a profile inherits these, and nothing else. A tenant's
# credentials must never travel to the host of another.
_SHARED_BY_PROFILES = ("httpProxy", "maxRetries", "requestTimeout", "resumeInterrupted")


class Settings(BaseModel):
    """What is needed to reach one tenant.

    Attributes:
        client_id: Id of the API client that the provider itself signs in as.
        client_secret: Its secret; or
        private_key: the PEM of its RSA key, for a client that authenticates by assertion.
        vanity_domain: The tenant's name in ``https://<vanity domain>.zslogin.net``.
        cloud: The cloud's name for tenants outside production, such as ``beta``.
        http_proxy: URL of a proxy for every call.
        max_retries: How often a call that failed is repeated; a rate limit is waited out besides.
        request_timeout: Seconds to wait for a connection, for an answer, and for its whole body.
        api_url: Overrides the API's origin.
        token_url: Overrides the token endpoint.
        resume_interrupted: Take over a key that an interrupted run of this stack left behind.
        profile: The profile of ``zdx:tenants`` that these were read from; empty for none.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True
    )

    client_id: str | None = None
    client_secret: SecretStr | None = None
    private_key: SecretStr | None = None
    vanity_domain: str | None = None
    cloud: str = ""
    http_proxy: str = Field("", repr=False)
    max_retries: int = Field(5, ge=0, le=20)
    request_timeout: float = Field(60, gt=0, le=600)
    api_url: str = ""
    token_url: str = ""
    resume_interrupted: bool = False
    profile: str = ""

    def tenant(self) -> Tenant:
        """The tenant that these settings name.

        Raises:
            SettingsError: No vanity domain is set, or only half of a tenant is on this machine.
            InvalidTenant: One of the values cannot be part of an address.
        """
        if self.vanity_domain is None:
            raise self._missing("vanityDomain")
        tenant = Tenant(
            vanity_domain=self.vanity_domain,
            cloud=self.cloud,
            api_url=self.api_url,
            token_url=self.token_url,
        )
        if tenant.is_half_on_loopback:
            raise SettingsError(
                f"only one of {self._spelling('apiUrl')} and {self._spelling('tokenUrl')} leads to "
                "this machine, so credentials of one tenant would be sent to another.",
                hint="Set both, or neither; for zdx:tokenUrl the Pulumi CLI asks for --plaintext.",
            )
        return tenant

    def credentials(self) -> Credentials:
        """What the provider signs in with.

        Raises:
            SettingsError: The id or the secret is missing, or both kinds of secret are set.
        """
        if self.client_id is None:
            raise self._missing("clientId")
        if self.client_secret is not None and self.private_key is not None:
            raise SettingsError(
                f"both {self._spelling('clientSecret')} and {self._spelling('privateKey')} are "
                "set, and a client signs in with one of them.",
                hint="Remove the one that is not meant.",
            )
        if self.private_key is not None:
            return PrivateKey(self.client_id, self.private_key.get_secret_value())
        if self.client_secret is not None:
            return ClientSecret(self.client_id, self.client_secret.get_secret_value())
        raise self._missing("clientSecret")

    def connection(self) -> ConnectionOptions:
        """How calls are made."""
        return ConnectionOptions(
            http_proxy=self.http_proxy,
            max_retries=self.max_retries,
            request_timeout=self.request_timeout,
        )

    def open(self, before_change: Callable[[], None] = lambda: None) -> ZIdentity:
        """The API of the tenant that these settings name; nothing is sent yet.

        Args:
            before_change: Called before each attempt to change anything on the tenant; what it
                raises stops the attempt.

        Raises:
            SettingsError: A setting is missing, or contradicts another.
            InvalidTenant: A value cannot be part of an address.
            InvalidCredentials: The private key is none.
        """
        return ZIdentity(
            self.tenant(), self.credentials(), self.connection(), before_change=before_change
        )

    def _spelling(self, key: str) -> str:
        if self.profile:
            return f"zdx:tenants.{self.profile}.{key}"
        return f"zdx:{key} ({ENVIRONMENT[key]})"

    def _missing(self, key: str) -> SettingsError:
        instead = "; or set privateKey in its place" if key in _SECRETS else ""
        if self.profile:
            path = f"zdx:tenants.{self.profile}.{key}"
            return SettingsError(
                f'the profile "{self.profile}" of zdx:tenants has no {key}.',
                hint=f"Set it: {_setting(path)}{instead}.",
            )
        return SettingsError(
            f"the setting zdx:{key} is missing.",
            hint=f"Set it in the stack ({_setting(f'zdx:{key}')}) or as {ENVIRONMENT[key]} in the "
            f"environment{instead}.",
        )


# The vendor's own tools have no variable for these.
_CONFIG_ONLY = {"max_retries", "request_timeout", "resume_interrupted", "profile"}
ENVIRONMENT = {
    to_camel(field): f"ZSCALER_{field.upper()}"
    for field in Settings.model_fields
    if field not in _CONFIG_ONLY
}
_SECRETS = tuple(
    to_camel(name)
    for name, field in Settings.model_fields.items()
    if SecretStr in get_args(field.annotation)
)


def load_settings(
    config: ConfigReader, environ: Mapping[str, str], profile: str | None = None
) -> Settings:
    """Read the settings of one tenant.

    Args:
        config: Gives a key of the stack's config, such as ``zdx:clientId``, as text; None where
            it is not set.
        environ: The environment, read for what the config does not set.
        profile: A profile of ``zdx:tenants``. Its tenant and credentials come from the profile
            alone; how calls are made is inherited.

    Raises:
        SettingsError: A value is malformed, or there is no such profile.
    """
    if profile is None:
        keys = (to_camel(field) for field in Settings.model_fields if field != "profile")
        values = {key: config(f"zdx:{key}") or _from_environment(environ, key) for key in keys}
        return _validated(values, "zdx:")
    profiles = _profiles(config)
    if profile not in profiles:
        known = ", ".join(sorted(profiles)) or "none"
        raise SettingsError(
            f'zdx:tenants has no profile "{profile}".', hint=f"Its profiles are: {known}."
        )
    own = profiles[profile]
    if not isinstance(own, dict):
        raise SettingsError(
            f"zdx:tenants.{profile} is not a set of settings.",
            hint=f"Set each by its path: pulumi config set --path 'zdx:tenants.{profile}"
            ".vanityDomain' VALUE.",
        )
    shared = {
        key: config(f"zdx:{key}") or _from_environment(environ, key) for key in _SHARED_BY_PROFILES
    }
    return _validated({**shared, **own, "profile": profile}, f"zdx:tenants.{profile}.")


def profile_names(config: ConfigReader) -> list[str]:
    """The names of the profiles of ``zdx:tenants``, in order."""
    return sorted(_profiles(config))


def _from_environment(environ: Mapping[str, str], key: str) -> str | None:
    return environ.get(ENVIRONMENT[key]) if key in ENVIRONMENT else None


def _profiles(config: ConfigReader) -> dict[str, Any]:
    try:
        profiles = json.loads(config("zdx:tenants") or "{}")
    except json.JSONDecodeError:
        profiles = None
    if not isinstance(profiles, dict):
        raise SettingsError(
            "zdx:tenants is not a map of profiles.",
            hint="Set one by its path: pulumi config set --path 'zdx:tenants.NAME.vanityDomain' "
            "VALUE.",
        )
    return profiles


def _validated(values: Mapping[str, Any], prefix: str) -> Settings:
    try:
        return Settings.model_validate({k: v for k, v in values.items() if v not in (None, "")})
    except ValidationError as error:
        # The values stay out of the message: one of them may be a secret.
        problem = error.errors(include_input=False, include_url=False)[0]
    path = prefix + ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        raise SettingsError(
            f"there is no setting {path}.",
            hint=f"Correct its name, or remove it: pulumi config rm --path '{path}'.",
        )
    reason = problem["msg"][0].lower() + problem["msg"][1:]
    raise SettingsError(
        f"the setting {path} is not valid: {reason}.", hint=f"Correct it: {_setting(path)}."
    )


def _setting(path: str) -> str:
    """The command that sets a setting; one that is a secret is asked for, and never an argument."""
    argument = f"--path '{path}'" if "." in path else path
    if path.endswith(_SECRETS):
        return f"pulumi config set --secret {argument}, which asks for it"
    return f"pulumi config set {argument} VALUE"
