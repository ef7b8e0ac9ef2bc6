"""The resource `ApiKey`, and `RotationArgs`."""

import inspect
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from zdx_provider.clock import utc_now
from zdx_provider.config_warnings import warn_of_config
from zdx_provider.keys.owner import Owner, Urn
from zdx_provider.provider import ApiKeyProvider


@dataclass(frozen=True)
class RotationArgs:
    """A key's secret is replaced before it ends; the one before goes on working for a while.

    ZIdentity ends every secret after 30 to 365 days, and a key holds two at most ("Adding API
    Clients", help.zscaler.com). The first ``pulumi up`` inside the window makes the new secret
    and hands it to all that depend on ``key_secret`` in that same update; the first one on or
    after the end of the overlap revokes the previous one.

    Args:
        secret_lifetime_days: How long each secret lives, 30-365 days.
        rotate_before_expiry_days: How many days before its end a secret is replaced; by default
            a third of its lifetime, 30 days at most. Shorter than the lifetime.
        keep_previous_days: How many days the replaced secret goes on working; 0: until the next
            ``pulumi up``. Less than ``rotate_before_expiry_days``, as the secret then ends by
            itself.
        triggers: Values whose change replaces the secret at once; so does one that is added.
    """

    secret_lifetime_days: pulumi.Input[int] = 365
    rotate_before_expiry_days: pulumi.Input[int] | None = None
    keep_previous_days: pulumi.Input[int] = 7
    triggers: Mapping[str, pulumi.Input[str]] | None = None


class FinalInputs:
    """The inputs of one resource as they are registered.

    A transformation of the stack may replace an input by a secret, or mark one as a secret, after
    the resource's own code has run. Awaited, it gives the names of those that are secrets.
    """

    def __init__(self) -> None:
        self._resource: pulumi.Resource | None = None
        self._props: Mapping[str, Any] = {}
        self._secret_outputs: Iterable[str] = ()

    def watch_transformations(self, args: pulumi.ResourceTransformationArgs) -> None:
        """See the inputs after all transformations, as the first of them.

        The SDK goes through one list of them, those of the resource before those of its parents
        and of the stack, and children inherit that list.
        """
        if self._resource is None:
            self._resource = args.resource
            args.resource._transformations.append(self._see)  # noqa: SLF001 - nothing else is last

    def __await__(self) -> Generator[Any, Any, list[str] | None]:
        """Find the secrets; no coroutine is left over where the resource is refused."""
        return self._find_secrets().__await__()

    async def _find_secrets(self) -> list[str] | None:
        """The inputs whose values no message may show.

        The engine hands a provider plain values, so this list is all that tells it.
        """
        own = ("secret_inputs", "managed_by")
        props = {k: v for k, v in self._props.items() if v is not None and k not in own}
        secret = {name for name, value in props.items() if await _holds_secret(value)}
        return sorted(secret | (props.keys() & set(self._secret_outputs))) or None

    def _see(self, args: pulumi.ResourceTransformationArgs) -> None:
        if args.resource is self._resource:
            if args.opts.import_:
                raise pulumi.RunError(
                    f'ApiKey "{args.name}": Pulumi can\'t import a dynamic resource by its ID. '
                    "Remove import_, then declare adopt=True, which gives the key a second secret; "
                    "or import the key with its secret: "
                    "zdx-keys import-file --output import.json --program keys.py."
                )
            self._props = args.props
            self._secret_outputs = args.opts.additional_secret_outputs or ()


async def _holds_secret(value: object) -> bool:
    """Whether a value is a secret or has one inside, however deep."""
    if isinstance(value, pulumi.Output):
        return await value.is_secret() or await _holds_secret(await value.future())
    if inspect.isawaitable(value):
        return True  # It can be awaited once, which the SDK does.
    if isinstance(value, str | bytes):
        return False
    return any([await _holds_secret(inner) for inner in _parts_of(value)])


def _parts_of(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return value.values()
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in fields(value)]
    return value if isinstance(value, Iterable) else ()


EXPIRY_WARNING = timedelta(days=30)

SECRET_OUTPUTS = ("key_secret", "key_json")

_TYPES: Mapping[str, type] = {
    "name": str,
    "role": str,
    "description": str,
    "enabled": bool,
    "token_lifetime_seconds": int,
    "tenant": str,
    "adopt": bool,
    "rotation": RotationArgs,
}


class ApiKey(Resource, module="zdx", name="ApiKey"):
    """A ZDX API key: one API client in ZIdentity that holds one ZDX role, with its secret.

    The key appears on the API Keys page of the ZDX portal. Its id and secret are used as a
    OneAPI client: ``ZSCALER_CLIENT_ID``, ``ZSCALER_CLIENT_SECRET`` and the vanity domain.

    Attributes:
        key_id: The key's id.
        key_secret: The key's secret; a Pulumi secret.
        key_json: ``{"key_id", "key_secret"}`` as the ZDX portal's download has it; a Pulumi secret.
        role_id: The id of the ZIdentity scope that the role is.
        vanity_domain: The tenant that the key lives in.
        cloud: The Zscaler cloud of that tenant; empty for production.
        secret_id: The id of the secret that ``key_secret`` holds.
        secret_created_at: When that secret was made: RFC 3339, UTC.
        secret_expires_at: When ZIdentity ends it: RFC 3339, UTC.
        previous_secret_id: The secret before that one, while it still works; also the one that a
            key had when it was taken over.
        previous_secret_revoke_on: The day from which on the next ``pulumi up`` revokes it: ISO.
        managed_by: The owner in the key's mark: the resource's place in its stack,
            ``zdx-keys/prod/ci``.
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
    key_secret: pulumi.Output[str]
    key_json: pulumi.Output[str]
    role_id: pulumi.Output[str]
    vanity_domain: pulumi.Output[str]
    cloud: pulumi.Output[str]
    secret_id: pulumi.Output[str]
    secret_created_at: pulumi.Output[str]
    secret_expires_at: pulumi.Output[str]
    previous_secret_id: pulumi.Output[str | None]
    previous_secret_revoke_on: pulumi.Output[str | None]

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
        rotation: RotationArgs | None = None,
        tenant: pulumi.Input[str] | None = None,
        adopt: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a key.

        Args:
            resource_name: The resource's logical name in the stack.
            role: The ZDX role's name as the ZDX portal shows it (``ZDX Read-only Admin``), in any
                case where that is unambiguous; or the id of its scope in ZIdentity. A key holds
                exactly one ZDX role ("Adding API Clients", help.zscaler.com).
            name: The key's name in the ZDX portal, 1-128 printable characters; by default
                ``<project>-<stack>-<resource_name>``.
            description: Free text, shown in ZIdentity before the mark of the key's owner.
            enabled: Whether the key can obtain tokens. Tokens that it already has live on.
            token_lifetime_seconds: How long a token obtained with the key lives, 60-86400
                seconds.
            rotation: When the secret is replaced, and how long the one before goes on working.
                Without it a warning appears from 30 days before the secret's end, and only a
                secret that has ended or is missing is replaced.
            tenant: A profile of ``zdx:tenants`` in the stack's config, for programs that
                manage keys in several tenants. A profile that names another tenant than before
                replaces the key.
            adopt: Take over the key that has this name already. It keeps its id, is brought to
                what is declared here and gets a second secret; the first goes on working for
                ``keep_previous_days``, and a later ``pulumi up`` revokes it.
            opts: Pulumi's resource options.

        Raises:
            TypeError: An argument is of the wrong type.
            pulumi.RunError: The options have ``import_``, which no dynamic resource can do.
        """
        warn_of_config()
        inputs: dict[str, object] = {
            "name": _made_name(resource_name) if name is None else name,
            "role": role,
            "description": description,
            "enabled": enabled,
            "token_lifetime_seconds": token_lifetime_seconds,
            "adopt": adopt,
        }
        if tenant is not None:
            inputs["tenant"] = tenant
        if rotation is not None:
            inputs["rotation"] = rotation
        _require_types(resource_name, inputs)
        if rotation is not None:
            inputs["rotation"] = {k: v for k, v in vars(rotation).items() if v is not None}
        final = FinalInputs()
        inputs["secret_inputs"] = final
        inputs["managed_by"] = _place(resource_name, opts)
        # A key's name is fixed, so its successor can only follow it.
        own = pulumi.ResourceOptions(
            delete_before_replace=True, transformations=[final.watch_transformations]
        )
        super().__init__(
            ApiKeyProvider(),
            resource_name,
            {**dict.fromkeys(_OUTPUTS), **inputs},
            pulumi.ResourceOptions.merge(_with_secrets(own), opts),
        )
        if rotation is None:
            self.secret_expires_at.apply(self._warn_of_expiry)

    def _warn_of_expiry(self, expires_at: str | None) -> None:
        if expires_at is None:
            return
        left = datetime.fromisoformat(expires_at.replace("Z", "+00:00")) - utc_now()
        if left <= EXPIRY_WARNING:
            pulumi.log.warn(
                f"the secret of this key {_end(expires_at[:10], left.days)}. Declare a rotation "
                "to have it replaced in time.",
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
        """Look up a key that this program does not manage; its secret cannot be read.

        Args:
            resource_name: The resource's logical name in the stack.
            id: The key's id. An id that the tenant does not have fails the preview.
            tenant: A profile of ``zdx:tenants``.
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
            pulumi.ResourceOptions.merge(_with_secrets(pulumi.ResourceOptions(id=id)), opts),
        )
        return looked_up


# Declared as None, each that no input gives is an output that a preview shows as unknown; seeded
# with "", it would be shown as a wrong value that is known.
_OUTPUTS = tuple(inspect.get_annotations(ApiKey))


def _with_secrets(opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    secret = pulumi.ResourceOptions(additional_secret_outputs=[*SECRET_OUTPUTS])
    return pulumi.ResourceOptions.merge(secret, opts)


def _end(day: str, days_left: int) -> str:
    if days_left < 0:
        return f"ended on {day}"
    return f"ends on {day}, " + (f"in {days_left} days" if days_left > 1 else "within two days")


def _made_name(resource_name: str) -> str:
    # Made, not drawn: a random name would differ between preview and update, and a run after a
    # crash would make a second key.
    return f"{pulumi.get_project()}-{pulumi.get_stack()}-{resource_name}"


def _place(resource_name: str, opts: pulumi.ResourceOptions | None) -> pulumi.Input[str]:
    """The resource's place in its stack, as unique as its URN."""
    parent = opts.parent if opts else None
    if parent is None or isinstance(parent, pulumi.runtime.stack.Stack):
        return str(Owner(pulumi.get_project(), pulumi.get_stack(), (), resource_name))

    async def below() -> str:
        # Awaited, not applied: as an output it would make the key depend on its own parent.
        urn = Urn.parse(await parent.urn.future() or "")
        return str(Owner(pulumi.get_project(), pulumi.get_stack(), urn.types, resource_name))

    return below()


def _require_types(resource_name: str, inputs: Mapping[str, object]) -> None:
    for argument, value in inputs.items():
        expected = _TYPES[argument]
        may_be_output = expected is not RotationArgs  # whose values may be
        if may_be_output and (isinstance(value, pulumi.Output) or inspect.isawaitable(value)):
            continue
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is int):
            # The value stays out of the message: it may have been meant for another argument.
            raise TypeError(
                f'ApiKey "{resource_name}": {argument} must be {expected.__name__}, '
                f"not {type(value).__name__}."
            )
