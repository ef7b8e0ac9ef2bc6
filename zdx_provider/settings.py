"""Where a tenant's settings come from: the stack's config first, then the environment.

The names are those of the vendor's own tools (``ZSCALER_*``, zscaler-sdk-python) and of
pulumi-zia (``clientId``, ``vanityDomain``, ...). The provider and ``zdx-keys`` share this module.
"""

import json
import string
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError
from typing_extensions import Self

from zdx_provider.errors import SettingsError
from zdx_provider.stack_config import (
    KEYS,
    SECRETS,
    TENANTS,
    describe_unknown,
    format_remove,
    format_set,
    shorten,
    to_path,
    to_tenant_path,
)
from zdx_provider.zidentity import (
    ClientSecret,
    ConnectionOptions,
    Credentials,
    PrivateKey,
    Tenant,
    ZIdentity,
)
from zdx_provider.zidentity.attempts import AttemptObserver, ignore_attempts

ConfigReader = Callable[[str], str | None]

# How requests are made, not whom they reach: an entry of zdx:tenants inherits these, and nothing
# else. A tenant's credentials must never travel to the host of another.
_SHARED_BY_TENANTS = ("httpProxy", "maxRetries", "requestTimeout", "resumeInterrupted")
_ADDRESSES = ("apiUrl", "tokenUrl")
_NOT_TEXT = "not_text"
_INVISIBLE = string.whitespace + "\xa0\u200b\u200c\u200d\u2060\ufeff"
_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019"}


def _to_text(value: object) -> object:
    """Take a whole number for the text that it was typed as.

    The Pulumi CLI stores what looks like a whole number as one, digit by digit, where it is set
    by a path. What it stored as anything else has lost its spelling.
    """
    if isinstance(value, bool | float):
        raise PydanticCustomError(
            _NOT_TEXT, "it is stored as {kind}", {"kind": _describe_kind(value)}
        )
    return str(value) if isinstance(value, int) else value


def _describe_kind(value: float) -> str:
    return "true or false" if isinstance(value, bool) else "a number that is not whole"


Text = Annotated[str, BeforeValidator(_to_text)]
SecretText = Annotated[SecretStr, BeforeValidator(_to_text)]


class Settings(BaseModel):
    """The settings of one tenant.

    Attributes:
        client_id: The ID of the provider's API client.
        client_secret: The secret of the provider's API client.
        private_key: The RSA or EC P-256 private key of the provider's API client, if it
            authenticates without a secret.
        vanity_domain: The tenant's name in ``https://<vanity domain>.zslogin.net``.
        cloud: The cloud's name for tenants outside production, such as ``beta``.
        http_proxy: The URL of a proxy for every request.
        max_retries: How often a failed request is retried, 0-20. Waiting for a rate limit doesn't
            count.
        request_timeout: How many seconds to wait for a connection, for a response, and for its
            whole body: more than 0, at most 600.
        api_url: Overrides the API's origin.
        token_url: Overrides the token endpoint.
        token_audience: Overrides the audience of a token request; ``none`` leaves it out.
        assertion_audience: Overrides the audience that the private key signs.
        resume_interrupted: Take over a key that an interrupted run of this stack left behind.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )

    client_id: Text | None = None
    client_secret: SecretText | None = None
    private_key: SecretText | None = None
    vanity_domain: Text | None = None
    cloud: Text = ""
    http_proxy: Text = Field("", repr=False)
    max_retries: int = Field(5, ge=0, le=20)
    request_timeout: float = Field(60, gt=0, le=600)
    api_url: Text = ""
    token_url: Text = ""
    token_audience: Text = ""
    assertion_audience: Text = ""
    resume_interrupted: bool = False

    _tenant_name: str | None = PrivateAttr(None)
    _inherited: frozenset[str] = PrivateAttr(frozenset())
    _unused: tuple[str, ...] = PrivateAttr(())

    def read_from(
        self, tenant_name: str | None, inherited: frozenset[str], unused: tuple[str, ...]
    ) -> Self:
        """Remember where the settings were read, for messages.

        Args:
            tenant_name: The entry of ``zdx:tenants``; None for the stack's own tenant.
            inherited: The settings that may come from the environment.
            unused: Variables that hold a secret too, and are not used.
        """
        self._tenant_name = tenant_name
        self._inherited = inherited
        self._unused = unused
        return self

    @property
    def unused_credentials(self) -> tuple[str, ...]:
        """Variables that hold a secret too, and are not used because the config has one."""
        return self._unused

    def format_origin(self, key: str) -> str:
        """Return its path in the config, or the variable of the environment it was read from."""
        return ENVIRONMENT[key] if key in self._inherited else to_path(key, self._tenant_name)

    def build_tenant(self) -> Tenant:
        """Build the tenant that these settings name.

        Raises:
            SettingsError: No vanity domain is set, or only half of a tenant is on this machine.
            SettingsError: One of the values cannot be part of an address.
        """
        if self.vanity_domain is None:
            raise self._build_missing_error()
        try:
            tenant = Tenant(
                vanity_domain=self.vanity_domain,
                cloud=self.cloud,
                api_url=self.api_url,
                token_url=self.token_url,
                token_audience=self.token_audience,
                assertion_audience=self.assertion_audience,
            )
        except SettingsError as error:
            raise SettingsError(error.problem, hint=self._format_correction(error)) from None
        if tenant.is_half_on_loopback:
            raise SettingsError(
                f"{self._format_name('apiUrl')} and {self._format_name('tokenUrl')} must both "
                "point to this machine or both to Zscaler. Otherwise credentials go to the "
                "wrong tenant.",
                hint="Set both, or neither.",
            )
        return tenant

    def build_credentials(self) -> Credentials:
        """Build the credentials of the provider's API client.

        Raises:
            SettingsError: The id or the secret is missing, or both kinds of secret are set.
            SettingsError: The private key is none, or a text is damaged.
        """
        if self.client_secret is not None and self.private_key is not None:
            raise SettingsError(
                f"{self.format_origin('clientSecret')} and {self.format_origin('privateKey')} "
                "are both set, but a client authenticates with only one of them.",
                hint="Remove the one that you don't use.",
            )
        try:
            if self.client_id is not None and self.private_key is not None:
                return PrivateKey(self.client_id, self.private_key.get_secret_value())
            if self.client_id is not None and self.client_secret is not None:
                return ClientSecret(self.client_id, self.client_secret.get_secret_value())
        except SettingsError as error:
            raise SettingsError(error.problem, hint=self._format_correction(error)) from None
        raise self._build_missing_error()

    def build_connection(self) -> ConnectionOptions:
        """Build the options of the connection."""
        return ConnectionOptions(
            http_proxy=self.http_proxy,
            max_retries=self.max_retries,
            request_timeout=self.request_timeout,
        )

    def open(
        self,
        before_write: Callable[[], None] = lambda: None,
        on_attempt: AttemptObserver = ignore_attempts,
    ) -> ZIdentity:
        """Open the API of the tenant that these settings name; nothing is sent yet.

        Args:
            before_write: Called before each attempt to change anything on the tenant; what it
                raises stops the attempt.
            on_attempt: Called with each attempt at a request, and with None after the last one.

        Raises:
            SettingsError: A setting is missing, or contradicts another.
            SettingsError: A value cannot be part of an address.
            SettingsError: The private key is none.
        """
        return ZIdentity(
            self.build_tenant(),
            self.build_credentials(),
            self.build_connection(),
            before_write=before_write,
            on_attempt=on_attempt,
        )

    def _format_name(self, key: str) -> str:
        path = to_path(key, self._tenant_name)
        return path if self._tenant_name is not None else f"{path} ({ENVIRONMENT[key]})"

    def _build_missing_error(self) -> SettingsError:
        """Name all that is missing, in one message."""
        present = self.model_dump(exclude_none=True, by_alias=True)
        missing = [key for key in ("vanityDomain", "clientId") if key not in present]
        if not present.keys() & {*SECRETS}:
            missing.append("clientSecret")
        paths = [to_path(key, self._tenant_name) for key in missing]
        commands = [
            f"`{format_set(path, secret=key in SECRETS)}`"
            + (", which prompts for it" if key in SECRETS else "")
            for key, path in zip(missing, paths, strict=True)
        ]
        instead = "; or set privateKey instead of clientSecret" if "clientSecret" in missing else ""
        it = "it" if len(missing) == 1 else "them"
        if self._tenant_name is not None:
            name = shorten(self._tenant_name)
            return SettingsError(
                f'the tenant "{name}" in zdx:tenants has no {_join(missing)}.',
                hint=f"Set {it}: {_join(commands)}{instead}.",
            )
        variables = _join([ENVIRONMENT[key] for key in missing])
        return SettingsError(
            f"the setting {paths[0]} is missing."
            if len(missing) == 1
            else f"the settings {_join(paths)} are missing.",
            hint=f"Set {it} in the stack ({_join(commands)}) or as {variables} in the "
            f"environment{instead}.",
        )

    def _format_correction(self, error: SettingsError) -> str:
        """Format the next step, with the place where the value was read."""
        key = to_camel(error.field)
        path = to_path(key, self._tenant_name)
        if key not in self._inherited:
            command = (
                format_remove(path) if key == "cloud" else format_set(path, secret=key in SECRETS)
            )
            verb = "remove" if key == "cloud" else "set"
            return f"{error.hint} To {verb} it, run `{command}`."
        hint = f"{error.hint} The environment sets it as {ENVIRONMENT[key]}"
        if key == "cloud":
            return (
                f"{hint}; this command overrides it: "
                f"`{format_set(path).replace('VALUE', 'production')}`."
            )
        command = f'export {ENVIRONMENT[key]}="$(cat FILE)"'
        return f"{hint}: `{command}`." if key == "privateKey" else f"{hint}."


ENVIRONMENT = {
    to_camel(field): f"ZSCALER_{field.upper()}"
    for field in Settings.model_fields
    if field != "resume_interrupted"  # a decision about one stack
}


_PATHS = tuple(map(to_path, KEYS))


def load_settings(
    config: ConfigReader, environ: Mapping[str, str], tenant_name: str | None = None
) -> Settings:
    """Read the settings of one tenant.

    Args:
        config: Gives a key of the stack's config, such as ``zdx:clientId``, as text; None where
            it is not set.
        environ: The environment, read for what the config does not set.
        tenant_name: An entry of ``zdx:tenants``. Its tenant and credentials come from the entry
            alone; how requests are made is inherited.

    Raises:
        SettingsError: A value is malformed, there is no such entry, or credentials of one source
            would be sent to an address of another.
    """
    configured = _select_present(dict(zip(KEYS, map(config, _PATHS), strict=True)))
    inherited = _select_present({key: environ.get(name) for key, name in ENVIRONMENT.items()})
    if tenant_name is None:
        return _load_stack(configured, inherited)
    own = _get_entry(_load_entries(config), tenant_name)
    shared = {key: {**inherited, **configured}.get(key) for key in _SHARED_BY_TENANTS}
    values = _select_present({**shared, **own})
    return _validate(
        values, tenant_name, frozenset(inherited.keys() - configured.keys() - own.keys())
    )


def read_sources(config: ConfigReader, environ: Mapping[str, str]) -> tuple[str | None, ...]:
    """Return all texts that settings are read from; equal texts make equal settings."""
    configured = (config(path) for path in (*_PATHS, TENANTS))
    return (*configured, *(environ.get(name) for name in ENVIRONMENT.values()))


def list_tenant_names(config: ConfigReader) -> list[str]:
    """Return the names of the entries of ``zdx:tenants``, in order."""
    return sorted(_load_entries(config))


def list_secret_paths(config: ConfigReader) -> list[str]:
    """Return the paths of all secrets in the stack's config, of every tenant."""
    own = [to_path(key) for key in SECRETS if config(to_path(key))]
    return own + [
        to_path(key, tenant)
        for tenant, entry in _load_entries(config).items()
        if isinstance(entry, dict)
        for key in SECRETS
        if entry.get(key)
    ]


def require_known_names(names: Iterable[str]) -> None:
    """Stop at a name in the stack's config that looks like a setting and is none.

    Args:
        names: The names of all that the config holds, such as ``zdx:clientId``.

    Raises:
        SettingsError: One of them begins with ``zdx:`` and is no setting.
    """
    for name in names:
        namespace, _, key = name.partition(":")
        if namespace == "zdx" and key not in (*KEYS, "tenants"):
            raise SettingsError(describe_unknown(key))


def _load_stack(configured: Mapping[str, Any], inherited: Mapping[str, Any]) -> Settings:
    """Load the settings of the stack's own tenant: the config, completed by the environment.

    Raises:
        SettingsError: A value is malformed, or credentials of one source would be sent to an
            address of the other.
    """
    unused: tuple[str, ...] = ()
    if configured.keys() & {*SECRETS}:
        unused = tuple(ENVIRONMENT[key] for key in SECRETS if key in inherited)
        inherited = {key: value for key, value in inherited.items() if key not in SECRETS}
    _require_one_client(configured, inherited)
    inherited = {key: value for key, value in inherited.items() if key not in configured}
    _require_one_source(configured, inherited)
    return _validate({**inherited, **configured}, None, frozenset(inherited), unused)


def _require_one_client(configured: Mapping[str, Any], inherited: Mapping[str, Any]) -> None:
    """Stop before the secret of one client is sent as that of another.

    Raises:
        SettingsError: A secret of the environment stands beside the id of another client.
    """
    secrets = [ENVIRONMENT[key] for key in SECRETS if key in inherited]
    ids = {values["clientId"] for values in (configured, inherited) if "clientId" in values}
    if secrets and len(ids) > 1:
        raise SettingsError(
            f"{to_path('clientId')} in the stack and {ENVIRONMENT['clientId']} in the "
            f"environment are two different clients, and {_join(secrets)} belongs to the second.",
            hint="Set the secret of the first client in the stack "
            f"(`{format_set(to_path('clientSecret'), secret=True)}`, which prompts for it), "
            f"or unset {ENVIRONMENT['clientId']}.",
        )


def _require_one_source(configured: Mapping[str, Any], inherited: Mapping[str, Any]) -> None:
    """Stop before credentials are sent to an address that was meant for others.

    An address counts together with the client id of its own source only. A secret of the
    environment may complete an id of the config, as in a pipeline, and not the other way round.

    Raises:
        SettingsError: An address and the credentials come from different sources.
    """
    for address in _ADDRESSES:
        path, variable = to_path(address), ENVIRONMENT[address]
        if address in inherited:
            others = [to_path(key) for key in ("clientId", *SECRETS) if key in configured]
            if others:
                raise SettingsError(
                    f"{variable} in the environment would send the credentials of the stack's "
                    f"config ({_join(others)}) to an address that isn't in the stack's config.",
                    hint=f"Unset {variable}, or set the address in the stack: "
                    f"`{format_set(path)}`.",
                )
        if address in configured and "clientId" in inherited:
            raise SettingsError(
                f"{path} in the stack's config would send the credentials of the environment "
                f"({ENVIRONMENT['clientId']}) to an address that isn't in the environment.",
                hint=f"Set the client in the stack too: `{format_set(to_path('clientId'))}`.",
            )


def _load_entries(config: ConfigReader) -> dict[str, Any]:
    try:
        entries = json.loads(config(TENANTS) or "{}")
    except (ValueError, RecursionError):
        entries = None
    if not isinstance(entries, dict):
        raise SettingsError(
            "zdx:tenants is not a map of tenants.",
            hint=f"Remove it (`{format_remove(TENANTS)}`), and set each setting by its path: "
            f"`{format_set(to_path('vanityDomain', 'NAME'))}`.",
        )
    return entries


def _get_entry(entries: Mapping[str, Any], name: str) -> dict[str, Any]:
    if name not in entries:
        known = ", ".join(shorten(each) for each in sorted(entries)) or "none"
        raise SettingsError(
            f'zdx:tenants has no tenant "{shorten(name)}".', hint=f"It has: {known}."
        )
    own = entries[name]
    if not isinstance(own, dict):
        raise SettingsError(
            f'the tenant "{shorten(name)}" in zdx:tenants is not a set of settings.',
            hint=f"Remove it (`{format_remove(to_tenant_path(name))}`), and set each by its path: "
            f"`{format_set(to_path('vanityDomain', name))}`.",
        )
    for key in own:
        if key not in KEYS:
            raise SettingsError(describe_unknown(key, name))
    return _select_present(own)


def _select_present(values: Mapping[str, Any]) -> dict[str, Any]:
    """Select the values that are set, without what surrounds a text from a file or shell."""
    cleaned = {k: _clean(v) if isinstance(v, str) else v for k, v in values.items()}
    return {key: value for key, value in cleaned.items() if value is not None and value != ""}


def _clean(text: str) -> str:
    text = text.strip(_INVISIBLE)
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        return text[1:-1].strip(_INVISIBLE)
    return text


def _validate(
    values: Mapping[str, Any],
    tenant: str | None,
    inherited: frozenset[str],
    unused: tuple[str, ...] = (),
) -> Settings:
    try:
        return Settings.model_validate(values).read_from(tenant, inherited, unused)
    except ValidationError as error:
        # The values stay out of the message: one of them may be a secret.
        problem = error.errors(include_input=False, include_url=False)[0]
    key = str(problem["loc"][0])
    reason = problem["msg"][0].lower() + problem["msg"][1:]
    if key in inherited:
        raise SettingsError(
            f"{ENVIRONMENT[key]} in the environment is not valid: {reason}.", hint="Set it again."
        )
    path = to_path(key, tenant)
    command = format_set(path, secret=key in SECRETS)
    if problem["type"] == _NOT_TEXT:
        raise SettingsError(
            f"the setting {path} is not text: {problem['msg']}.",
            hint=f"Set it as text: `{command}{'' if key in SECRETS else ' --type string'}`.",
        )
    raise SettingsError(
        f"the setting {path} is not valid: {reason}.", hint=f"Correct it: `{command}`."
    )


def _join(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
