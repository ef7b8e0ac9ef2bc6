"""The resource `ApiKey`, `RotationArgs` and `AuthenticationArgs`."""

import inspect
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

import pulumi
from pulumi.dynamic import Resource
from pulumi.output import Unknown

from zdx_provider.clock import describe_expiry, utc_now
from zdx_provider.config_warnings import warn_of_config
from zdx_provider.keys.owner import Owner, Urn
from zdx_provider.provider import ApiKeyProvider


@dataclass(frozen=True)
class RotationArgs:
    """Rotates a key's secret before it expires, with an overlap in which both secrets work.

    A secret in ZIdentity expires after 30 to 365 days, and a key has at most two secrets ("Adding
    API Clients", help.zscaler.com). The first ``pulumi up`` in the rotation window creates the new
    secret and passes it to everything that depends on ``key_secret``. The first ``pulumi up`` after
    the overlap revokes the previous secret.

    Args:
        secret_lifetime_days: The lifetime of each secret, 30-365 days.
        rotate_before_expiry_days: The rotation window: the number of days before expiry in which
            the secret is rotated. Less than the lifetime. Default: a third of the lifetime, at most
            30 days.
        keep_previous_days: The overlap: the number of days in which the previous secret works. Less
            than ``rotate_before_expiry_days``, because the previous secret expires by then. At most
            ``secret_lifetime_days`` minus ``rotate_before_expiry_days``, because the next rotation
            needs its secret slot. With 0, the next ``pulumi up`` revokes it.
        triggers: A map of values. If one is added or changes, the secret is rotated at once.
        end_overlap_early: Whether a rotation in an overlap may revoke the previous secret at once.
            A key has two secrets at most, so without it such a rotation is refused until the
            overlap ends.
    """

    secret_lifetime_days: pulumi.Input[int] = 365
    rotate_before_expiry_days: pulumi.Input[int] | None = None
    keep_previous_days: pulumi.Input[int] = 7
    triggers: Mapping[str, pulumi.Input[str]] | None = None
    end_overlap_early: pulumi.Input[bool] = False


class RotationArgsDict(TypedDict, total=False):
    """What `RotationArgs` takes, as a dict."""

    secret_lifetime_days: pulumi.Input[int]
    rotate_before_expiry_days: pulumi.Input[int]
    keep_previous_days: pulumi.Input[int]
    triggers: Mapping[str, pulumi.Input[str]]
    end_overlap_early: pulumi.Input[bool]


@dataclass(frozen=True)
class AuthenticationArgs:
    """How a key authenticates without a secret. Declare exactly one of the three.

    Pulumi and ZIdentity never receive the private key. A public key is RSA with 2048 to 8192 bits,
    or EC with the curve P-256. PEM can have any line breaks, and comments around it.

    Args:
        public_keys: The public keys, by names of your choice: PEM (``BEGIN PUBLIC KEY`` or
            ``BEGIN RSA PUBLIC KEY``), or a JWK. At most 10, which is a bound of this provider. With
            two of them, the consumer can move from one to the other.
        certificates: The certificates in PEM, each without its issuers. At most 10. A warning
            appears from 30 days before one expires.
        jwks_url: The URL of a JWK set (RFC 7517) that ZIdentity reads: https, at a public address.
    """

    public_keys: Mapping[str, pulumi.Input[str]] | None = None
    certificates: Sequence[pulumi.Input[str]] | None = None
    jwks_url: pulumi.Input[str] | None = None


class AuthenticationArgsDict(TypedDict, total=False):
    """What `AuthenticationArgs` takes, as a dict."""

    public_keys: Mapping[str, pulumi.Input[str]]
    certificates: Sequence[pulumi.Input[str]]
    jwks_url: pulumi.Input[str]


_OF_AUTHENTICATION = ("key_fingerprints", "certificate_expires_at")
"""The outputs that show a part of the authentication: secrets if it is one."""


class FinalInputs:
    """The inputs of one resource as they are registered.

    A transformation of the stack may replace an input by a secret, or mark one as a secret, after
    the resource's own code has run. Awaited, it gives the names of those that are secrets.
    """

    def __init__(self) -> None:
        self._resource: pulumi.Resource | None = None
        self._props: Mapping[str, Any] = {}
        self._secret_outputs: list[str] = []

    def watch_transformations(self, args: pulumi.ResourceTransformationArgs) -> None:
        """See the inputs after all transformations, as the first of them.

        The SDK goes through one list of them, those of the resource before those of its parents
        and of the stack, and children inherit that list.
        """
        if self._resource is None:
            self._resource = args.resource
            args.resource._transformations.append(self._record)  # noqa: SLF001 - nothing else is last

    def __await__(self) -> Generator[Any, Any, list[str] | None]:
        """Find the secrets; no coroutine is left over where the resource is refused."""
        return self._find_secrets().__await__()

    async def _find_secrets(self) -> list[str] | None:
        """The inputs whose values no message may show.

        The engine passes plain values to a provider, so only this list marks the secrets.
        """
        own = ("secret_inputs", "managed_by")
        props = {k: v for k, v in self._props.items() if v is not None and k not in own}
        secret = {name for name, value in props.items() if await _has_secret(value)}
        secret |= props.keys() & set(self._secret_outputs)
        if "authentication" in secret:
            # The SDK reads this list after it has awaited the inputs, so also after this line.
            self._secret_outputs += _OF_AUTHENTICATION
        return sorted(secret) or None

    def _record(self, args: pulumi.ResourceTransformationArgs) -> None:
        if args.resource is self._resource:
            if args.opts.import_:
                raise pulumi.RunError(
                    f'ApiKey "{args.name}": Pulumi cannot import a dynamic resource by its ID. '
                    "Remove import_. Then declare adopt=True, which gives the key a second "
                    "secret, or import the key with its secret: zdx-keys import-file --output "
                    "import.json --program keys.py."
                )
            self._props = args.props
            self._secret_outputs = [*(args.opts.additional_secret_outputs or ())]
            args.opts.additional_secret_outputs = self._secret_outputs


async def _has_secret(value: object) -> bool:
    """Whether a value is a secret or has one inside, however deep."""
    if isinstance(value, pulumi.Output):
        return await value.is_secret() or await _has_secret(await value.future())
    if inspect.isawaitable(value):
        return True  # It can be awaited once, which the SDK does.
    if isinstance(value, str | bytes):
        return False
    return any([await _has_secret(inner) for inner in _list_parts(value)])


def _list_parts(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return value.values()
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in fields(value)]
    return value if isinstance(value, Iterable) else ()


SECRET_OUTPUTS = ("key_secret", "key_json")

_TYPES: Mapping[str, type] = {
    "name": str,
    "role": str,
    "description": str,
    "enabled": bool,
    "token_lifetime_seconds": int,
    "tenant": str,
    "adopt": bool,
}

_ROTATION_TYPES: Mapping[str, type] = {
    "secret_lifetime_days": int,
    "rotate_before_expiry_days": int,
    "keep_previous_days": int,
    "triggers": Mapping,
    "end_overlap_early": bool,
}


_AUTHENTICATION_TYPES: Mapping[str, type] = {
    "public_keys": Mapping,
    "certificates": Sequence,
    "jwks_url": str,
}
_TYPE_NAMES: Mapping[type, str] = {Mapping: "a dict", Sequence: "a list"}


class _RequiredArgs(TypedDict):
    role: pulumi.Input[str]


class PlainArgsDict(_RequiredArgs, total=False):
    """What `ApiKey` takes without a rotation or an authentication, as a dict."""

    name: pulumi.Input[str]
    description: pulumi.Input[str]
    enabled: pulumi.Input[bool]
    token_lifetime_seconds: pulumi.Input[int]
    tenant: pulumi.Input[str]
    adopt: pulumi.Input[bool]


class ApiKey(Resource, module="zdx", name="ApiKey"):
    """A ZDX API key: an API client in ZIdentity with one ZDX role, and its secret.

    The key appears on the API Keys page of the ZDX portal. Use its ID and secret as a OneAPI
    client: ``ZSCALER_CLIENT_ID``, ``ZSCALER_CLIENT_SECRET`` and the vanity domain.

    Attributes:
        key_id: The key's ID.
        key_secret: The key's current secret. A Pulumi secret. None for a key that authenticates
            without one, and if the state doesn't have it, because the key was looked up or imported
            without its secret: a program that uses it is warned.
        key_json: ``{"key_id", "key_secret"}``, as in the ZDX portal's download. A Pulumi secret.
            None like ``key_secret``.
        role_id: The role's ID: the ID of its scope in ZIdentity.
        vanity_domain: The key's tenant.
        cloud: The Zscaler cloud of that tenant. Empty for production.
        secret_id: The ID of the current secret. None for a key that authenticates without one.
        secret_created_at: When the current secret was created: RFC 3339, UTC. None like
            ``secret_id``.
        secret_expires_at: When the current secret expires: RFC 3339, UTC. None like ``secret_id``.
        previous_secret_id: The ID of the previous secret while it works. After a take-over, the
            secret that the key had before. Of a key that no longer uses secrets, its last one.
        previous_secret_revoke_on: The first ``pulumi up`` on or after this ISO date revokes the
            previous secret.
        key_fingerprints: The fingerprint of each public key by its name, or of each certificate's
            public key by the common name of the certificate: ``SHA256:`` and the SHA-256 of the
            SubjectPublicKeyInfo in hex. None for a key with a secret or a JWKS URL.
        certificate_expires_at: When the first certificate expires: RFC 3339, UTC. None without
            certificates.
        managed_by: The key's owner, ``<project>/<stack>/<name>``, as in its ownership marker.
    """

    name: pulumi.Output[str]
    role: pulumi.Output[str]
    description: pulumi.Output[str]
    enabled: pulumi.Output[bool]
    token_lifetime_seconds: pulumi.Output[int]
    tenant: pulumi.Output[str | None]
    adopt: pulumi.Output[bool]
    managed_by: pulumi.Output[str]
    key_id: pulumi.Output[str]
    key_secret: pulumi.Output[str | None]
    key_json: pulumi.Output[str | None]
    role_id: pulumi.Output[str]
    vanity_domain: pulumi.Output[str]
    cloud: pulumi.Output[str]
    secret_id: pulumi.Output[str | None]
    secret_created_at: pulumi.Output[str | None]
    secret_expires_at: pulumi.Output[str | None]
    previous_secret_id: pulumi.Output[str | None]
    previous_secret_revoke_on: pulumi.Output[str | None]
    key_fingerprints: pulumi.Output[Mapping[str, str] | None]
    certificate_expires_at: pulumi.Output[str | None]

    def __init_subclass__(cls) -> None:
        """Keep the type: a program's own kind of key is the same resource to all that look at it.

        Policies, ``zdx-keys`` and the state go by it, and the SDK would take it for another.
        """
        super().__init_subclass__(module="zdx", name="ApiKey")

    def __init__(
        self,
        resource_name: str,
        *,
        role: pulumi.Input[str],
        name: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] = "",
        enabled: pulumi.Input[bool] = True,
        token_lifetime_seconds: pulumi.Input[int] = 3600,
        rotation: RotationArgs | RotationArgsDict | None = None,
        authentication: AuthenticationArgs | AuthenticationArgsDict | None = None,
        tenant: pulumi.Input[str] | None = None,
        adopt: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a key.

        Args:
            resource_name: The resource's logical name in the stack.
            role: The ZDX role: its name as the ZDX portal shows it (``ZDX Read-only Admin``), in
                any case if that is unambiguous, or its role ID. A key has exactly one ZDX role
                ("Adding API Clients", help.zscaler.com).
            name: The key's name in the ZDX portal, 1-128 printable characters. Default:
                ``<project>-<stack>-<resource_name>``.
            description: Free text. ZIdentity shows it before the ownership marker, and stores at
                most 256 characters of both together.
            enabled: Whether the key can obtain tokens. Disabling it invalidates its tokens,
                according to Zscaler's help page "About Access Tokens".
            token_lifetime_seconds: The lifetime of the key's access tokens, 60-86400 seconds.
            rotation: When the secret is rotated, and for how long the previous secret works.
                Without it, a warning appears from 30 days before the secret expires, and a secret
                is replaced only after it has expired or if it is missing.
            authentication: How the key authenticates without a secret: public keys, certificates
                or a JWKS URL. Without it, the key has a secret. Not together with ``rotation``.
            tenant: A tenant name in ``zdx:tenants``, for programs that manage keys in several
                tenants. If the name points to another tenant than before, the key is replaced.
            adopt: Take over a key that already has this name. It keeps its ID, is updated to this
                declaration and gets a second secret. The previous secret works for
                ``keep_previous_days``, then a ``pulumi up`` revokes it.
            opts: Pulumi's resource options.

        Raises:
            TypeError: An argument, or a member of the rotation or the authentication, has the wrong
                type or name.
            pulumi.RunError: The options have ``import_``, which dynamic resources don't support.
        """
        warn_of_config()
        inputs: dict[str, object] = {
            "name": _build_name(resource_name) if name is None else name,
            "role": role,
            "description": description,
            "enabled": enabled,
            "token_lifetime_seconds": token_lifetime_seconds,
            "adopt": adopt,
        }
        if tenant is not None:
            inputs["tenant"] = tenant
        _require_types(resource_name, inputs, rotation, authentication)
        if rotation is not None:
            inputs["rotation"] = _to_members(rotation, RotationArgs)
        if authentication is not None:
            inputs["authentication"] = _to_members(authentication, AuthenticationArgs)
        final = FinalInputs()
        inputs["secret_inputs"] = final
        inputs["managed_by"] = _build_owner(resource_name, opts)
        # A key's name is fixed, so its successor can only follow it.
        own = pulumi.ResourceOptions(
            additional_secret_outputs=[*SECRET_OUTPUTS],
            delete_before_replace=True,
            transformations=[final.watch_transformations],
        )
        super().__init__(
            ApiKeyProvider(),
            resource_name,
            {**dict.fromkeys(_OUTPUTS), **inputs},
            pulumi.ResourceOptions.merge(own, opts) if opts else own,
        )
        self._has_secret = authentication is None
        if rotation is None:
            vars(self)["secret_expires_at"].apply(self._warn_of_expiry)

    if not TYPE_CHECKING:  # a type checker would take every attribute for one that exists

        def __getattribute__(self, name: str) -> object:
            """Return an attribute; a secret that the state doesn't have is warned of once."""
            value = super().__getattribute__(name)
            if name in _OUTPUT_NAMES:
                value = get_output(self, name)
            if name in SECRET_OUTPUTS and "_used_secret" not in vars(self):
                self._used_secret = name
                value.apply(self._warn_of_no_secret)
            return value

    def _warn_of_no_secret(self, secret: str | None) -> None:
        if secret is not None:
            return
        name = vars(self)["_used_secret"]
        reason = (
            "the state doesn't have the secret of this key. If another stack manages the key, use "
            "the outputs of that stack. If the key was imported without its secret, change a "
            "trigger of its rotation to create a new one."
            if vars(self).get("_has_secret", True)
            else "this key has no secret, because it authenticates as its authentication declares."
        )
        pulumi.log.warn(f"the program uses {name}, which is None: {reason}", resource=self)

    def _warn_of_expiry(self, expires_at: str | None) -> None:
        if expires_at is None:
            return
        moment = datetime.fromisoformat(expires_at.replace("Z", "+00:00"))
        expiry = describe_expiry(moment, utc_now())
        if expiry:
            pulumi.log.warn(
                f"the secret of this key {expiry}. Declare a rotation to replace it before it "
                "expires.",
                resource=self,
            )

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],  # noqa: A002 - the name that every Pulumi resource's get uses
        *,
        tenant: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> "ApiKey":
        """Look up a key that this program doesn't manage. Its secret cannot be read.

        Args:
            resource_name: The resource's logical name in the stack.
            id: The key's ID. If the tenant has no such key, the preview fails.
            tenant: A tenant name in ``zdx:tenants``.
            opts: Pulumi's resource options.
        """
        warn_of_config()
        looked_up = object.__new__(cls)
        inputs = {} if tenant is None else {"tenant": tenant}
        Resource.__init__(
            looked_up,
            ApiKeyProvider(),
            resource_name,
            {**dict.fromkeys(_OUTPUTS), **inputs},
            pulumi.ResourceOptions.merge(
                pulumi.ResourceOptions(id=id, additional_secret_outputs=[*SECRET_OUTPUTS]), opts
            ),
        )
        return looked_up


# Declared as None, each that no input gives is an output that a preview shows as unknown; seeded
# with "", it would be shown as a wrong value that is known.
_OUTPUTS = tuple(inspect.get_annotations(ApiKey))


_OUTPUT_NAMES = frozenset(_OUTPUTS)


def get_output(key: ApiKey, name: str) -> pulumi.Output[Any]:
    """Return an output; one that the state lacks is None where a preview would show it as unknown.

    A state with an ID has every output that its key has. While an update is planned, the engine
    gives a program only the inputs, so that the ID is unknown like the other outputs.

    Made at its first use: the SDK needs a tenth of a millisecond for each output, and a program
    uses few of them.
    """
    members = vars(key)
    output: pulumi.Output[Any] = members[name]
    if name == "key_id" or not pulumi.runtime.is_dry_run():
        return output
    resolved: dict[str, pulumi.Output[Any]] = members.setdefault("_resolved", {})
    if name not in resolved:
        key_id = members["key_id"]

        def resolve(value: object) -> object:
            return key_id.apply(lambda _: None) if isinstance(value, Unknown) else value

        resolved[name] = output.apply(resolve, run_with_unknowns=True)
    return resolved[name]


def _build_name(resource_name: str) -> str:
    # Made, not drawn: a random name would differ between preview and update, and a run after a
    # crash would create a second key.
    return f"{pulumi.get_project()}-{pulumi.get_stack()}-{resource_name}"


def _build_owner(resource_name: str, opts: pulumi.ResourceOptions | None) -> pulumi.Input[str]:
    """Return the owner of the key: its resource in the stack, as unique as its URN."""
    parent = opts.parent if opts else None
    if parent is None or isinstance(parent, pulumi.runtime.stack.Stack):
        return str(Owner(pulumi.get_project(), pulumi.get_stack(), (), resource_name))

    async def build_owner_below_parent() -> str:
        # Awaited, not applied: with an output, the key would depend on its own parent.
        urn = Urn.parse(await parent.urn.future() or "")
        return str(Owner(pulumi.get_project(), pulumi.get_stack(), urn.types, resource_name))

    return build_owner_below_parent()


def _to_members(given: object, args: type) -> dict[str, object]:
    """The members of an input, with the defaults of those that a dict lacks."""
    if isinstance(given, Mapping):
        # None means the default, as in every Pulumi resource's arguments.
        given = args(**{k: v for k, v in given.items() if v is not None})
    return {k: v for k, v in vars(given).items() if v is not None}


def _require_types(
    resource_name: str, inputs: Mapping[str, object], rotation: object, authentication: object
) -> None:
    problems = [
        problem
        for argument, value in inputs.items()
        if (problem := _find_type_problem(argument, value, _TYPES[argument]))
    ]
    problems += _find_member_problems("rotation", rotation, RotationArgs, _ROTATION_TYPES)
    problems += _find_member_problems(
        "authentication", authentication, AuthenticationArgs, _AUTHENTICATION_TYPES
    )
    if problems:
        raise TypeError(f'ApiKey "{resource_name}": {"; ".join(problems)}.')


def _find_member_problems(
    argument: str, given: object, args: type, types: Mapping[str, type]
) -> list[str]:
    if given is None:
        return []
    members = vars(given) if isinstance(given, args) else given
    if not isinstance(members, Mapping):
        return [f"{argument} must be {args.__name__} or a dict, not {type(given).__name__}"]
    known = ", ".join(types)
    problems = (
        _find_type_problem(f"{argument}.{name}", value, types[name])
        if name in types
        # Another name stays out of the message: it may be a key in the wrong place.
        else f"{argument}.{name if str(name).isidentifier() else '[...]'} does not exist; "
        f"{argument} has: {known}"
        for name, value in members.items()
        if value is not None or name not in types
    )
    return [problem for problem in problems if problem]


def _find_type_problem(argument: str, value: object, expected: type) -> str | None:
    if isinstance(value, pulumi.Output) or inspect.isawaitable(value):
        return None
    is_other = (isinstance(value, bool) and expected is int) or (
        isinstance(value, str | bytes) and expected is Sequence
    )
    if isinstance(value, expected) and not is_other:
        return None
    # The value stays out of the message: it may have been meant for another argument.
    name = _TYPE_NAMES.get(expected, expected.__name__)
    return f"{argument} must be {name}, not {type(value).__name__}"
