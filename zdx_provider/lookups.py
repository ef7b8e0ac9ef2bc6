"""Keys and roles that a program looks up and does not manage.

A lookup runs in the program, also in a preview, with the settings of the provider. The plain
form returns the result at once. The form that ends in ``_output`` takes outputs of other
resources, and its result is unknown in a preview while they are.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import pulumi

from zdx_provider.config_warnings import warn_of_config
from zdx_provider.errors import ZdxError
from zdx_provider.results import ApiKeyResult, ApiKeySummary, RoleResult, SecretResult
from zdx_provider.shadowing import require_no_shadowing
from zdx_provider.text import hide_secrets

if TYPE_CHECKING:
    from zdx_provider.engine.tenants import Tenants
    from zdx_provider.keys.key import Key
    from zdx_provider.keys.repository import KeyRepository

T = TypeVar("T")


def get_api_key(
    *,
    name: str | None = None,
    id: str | None = None,  # noqa: A002 - the name that every Pulumi lookup uses
    tenant: str | None = None,
) -> ApiKeyResult:
    """Look up one key by its name or its ID. The values of its secrets cannot be read.

    Args:
        name: The key's exact name. Give either `name` or `id`.
        id: The key's ID.
        tenant: A tenant name in ``zdx:tenants``.

    Raises:
        pulumi.RunError: No key matches, several keys match, or the request to the tenant failed.
    """
    _require_one("get_api_key", name, id)
    with _raise_in_one_line("get_api_key", name=name, id=id, tenant=tenant):
        repository = _open_repository(tenant)
        key = repository.get_key_by_name(name) if name is not None else repository.get_key(id or "")
        secrets = tuple(
            SecretResult.from_moments(secret.id, secret.created_at, secret.expires_at)
            for secret in key.secrets or ()
        )
        return ApiKeyResult(**_to_fields(key, repository), secrets=secrets)


def get_api_key_output(
    *,
    name: pulumi.Input[str] | None = None,
    id: pulumi.Input[str] | None = None,  # noqa: A002 - as get_api_key has it
    tenant: pulumi.Input[str] | None = None,
) -> pulumi.Output[ApiKeyResult]:
    """Look up one key like `get_api_key`, with outputs of other resources as arguments.

    Args:
        name: The key's exact name. Give either `name` or `id`.
        id: The key's ID.
        tenant: A tenant name in ``zdx:tenants``.

    Raises:
        pulumi.RunError: Both or neither of `name` and `id` are given.
    """
    _require_one("get_api_key_output", name, id)
    return _apply(get_api_key, name=name, id=id, tenant=tenant)


def get_api_keys(*, tenant: str | None = None) -> list[ApiKeySummary]:
    """List the tenant's ZDX keys by name, including keys that Pulumi doesn't manage.

    Args:
        tenant: A tenant name in ``zdx:tenants``.

    Raises:
        pulumi.RunError: The request to the tenant failed.
    """
    with _raise_in_one_line("get_api_keys", tenant=tenant):
        repository = _open_repository(tenant)
        keys = sorted(repository.list_keys(), key=lambda key: (key.name.casefold(), key.id))
        return [ApiKeySummary(**_to_fields(key, repository)) for key in keys]


def get_api_keys_output(
    *, tenant: pulumi.Input[str] | None = None
) -> pulumi.Output[list[ApiKeySummary]]:
    """List the ZDX keys like `get_api_keys`, with an output as the tenant name.

    Args:
        tenant: A tenant name in ``zdx:tenants``.
    """
    return _apply(get_api_keys, tenant=tenant)


def get_roles(*, tenant: str | None = None) -> list[RoleResult]:
    """List the ZDX roles of the tenant, in the tenant's order.

    Args:
        tenant: A tenant name in ``zdx:tenants``.

    Raises:
        pulumi.RunError: The request to the tenant failed.
    """
    with _raise_in_one_line("get_roles", tenant=tenant):
        return [RoleResult(role.id, role.name) for role in _open_repository(tenant).list_roles()]


def get_roles_output(*, tenant: pulumi.Input[str] | None = None) -> pulumi.Output[list[RoleResult]]:
    """List the ZDX roles like `get_roles`, with an output as the tenant name.

    Args:
        tenant: A tenant name in ``zdx:tenants``.
    """
    return _apply(get_roles, tenant=tenant)


def _open_repository(tenant_name: str | None) -> "KeyRepository":
    return _get_tenants().open_repository(tenant_name)


@cache
def _get_tenants() -> "Tenants":
    # Imported here because a program without lookups should not pay for pydantic and requests.
    from zdx_provider.engine.tenants import Tenants  # noqa: PLC0415

    return Tenants(_read_config, os.environ)


def _read_config(key: str) -> str | None:
    namespace, _, name = key.partition(":")
    return pulumi.Config(namespace).get(name)


def _to_fields(key: "Key", repository: "KeyRepository") -> dict[str, Any]:
    from zdx_provider.keys.state import KeyState  # noqa: PLC0415 - see _get_tenants

    state = KeyState.from_key(key, repository.tenant, tenant_name=None)
    outputs = state.to_outputs()
    if state.authentication is not None:
        outputs["jwks_url"] = state.authentication.jwks_url
    return {field.name: outputs.get(field.name) for field in fields(ApiKeySummary)}


def _require_one(function: str, name: object, id_: object) -> None:
    if (name is None) == (id_ is None):
        raise pulumi.RunError(f"{function} needs either name= or id=.")


@contextmanager
def _raise_in_one_line(function: str, **arguments: object) -> Iterator[None]:
    """Turn expected errors into a one-line `RunError`; a bug keeps its traceback."""
    for argument, value in arguments.items():
        if isinstance(value, pulumi.Output):
            raise pulumi.RunError(
                f"{function}: {argument} is an output, which may not be known yet. "
                f"Use {function}_output."
            )
        if not isinstance(value, str | None):
            raise pulumi.RunError(
                f"{function}: {argument} must be str, not {type(value).__name__}."
            )
    warn_of_config()
    try:
        try:
            yield
        except ZdxError:
            raise
        except Exception:
            require_no_shadowing()
            raise
    except ZdxError as error:
        raise pulumi.RunError(f"{function}: {error}") from None


def _apply(look_up: Callable[..., T], **arguments: Any) -> pulumi.Output[T]:
    given = pulumi.Output.all(**arguments)

    async def look(known: dict[str, Any]) -> T:
        try:
            # In a thread: the program's other resources go on meanwhile.
            return await asyncio.to_thread(look_up, **known)
        except pulumi.RunError as error:
            if not await given.is_secret():
                raise
            raise pulumi.RunError(hide_secrets(str(error), known.values())) from None

    return given.apply(look)
