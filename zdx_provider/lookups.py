"""Keys and roles that a program looks up and does not manage.

Each lookup runs in the program, a preview included, with the settings of the provider. The plain
form answers at once; the form that ends in ``_output`` takes outputs of other resources, and stays
unknown in a preview as long as they are.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import pulumi

from zdx_provider.config_warnings import warn_of_config
from zdx_provider.errors import ZdxError
from zdx_provider.results import ApiKeyResult, ApiKeySummary, RoleResult, SecretResult
from zdx_provider.shadowing import require_no_shadowing
from zdx_provider.text import hide_secrets

if TYPE_CHECKING:
    from zdx_provider.engine.lookups import LookedUpKey

T = TypeVar("T")


def get_api_key(
    *,
    name: str | None = None,
    id: str | None = None,  # noqa: A002 - the name that every Pulumi lookup uses
    tenant: str | None = None,
) -> ApiKeyResult:
    """Look up one key, by its name or by its id; its secrets' values cannot be read.

    Args:
        name: The key's exact name.
        id: The key's id. Exactly one of name and id is given.
        tenant: A profile of ``zdx:tenants``.

    Raises:
        pulumi.RunError: No key or several answer to it, or the tenant could not be asked.
    """
    _require_one("get_api_key", name, id)
    with _told_in_a_line("get_api_key", name=name, id=id, tenant=tenant):
        # Imported here because a program that looks nothing up should not pay for pydantic and
        # requests.
        from zdx_provider.engine import lookups  # noqa: PLC0415

        if name is not None:
            return _result(lookups.key_named(name, tenant))
        return _result(lookups.key_identified(id or "", tenant))


def get_api_key_output(
    *,
    name: pulumi.Input[str] | None = None,
    id: pulumi.Input[str] | None = None,  # noqa: A002 - as get_api_key has it
    tenant: pulumi.Input[str] | None = None,
) -> pulumi.Output[ApiKeyResult]:
    """Look up one key as `get_api_key` does, by what other resources give.

    Args:
        name: The key's exact name.
        id: The key's id. Exactly one of name and id is given.
        tenant: A profile of ``zdx:tenants``.

    Raises:
        pulumi.RunError: Both or neither of name and id are given.
    """
    _require_one("get_api_key_output", name, id)
    return _once_known(get_api_key, name=name, id=id, tenant=tenant)


def get_api_keys(*, tenant: str | None = None) -> list[ApiKeySummary]:
    """List every ZDX key of the tenant by name, whoever made it.

    Args:
        tenant: A profile of ``zdx:tenants``.

    Raises:
        pulumi.RunError: The tenant could not be asked.
    """
    with _told_in_a_line("get_api_keys", tenant=tenant):
        from zdx_provider.engine import lookups  # noqa: PLC0415 - see get_api_key

        return [ApiKeySummary(**_facts(found)) for found in lookups.keys(tenant)]


def get_api_keys_output(
    *, tenant: pulumi.Input[str] | None = None
) -> pulumi.Output[list[ApiKeySummary]]:
    """List every ZDX key as `get_api_keys` does, of a tenant that another resource names.

    Args:
        tenant: A profile of ``zdx:tenants``.
    """
    return _once_known(get_api_keys, tenant=tenant)


def get_roles(*, tenant: str | None = None) -> list[RoleResult]:
    """List the ZDX roles that the tenant offers, in the tenant's order.

    Args:
        tenant: A profile of ``zdx:tenants``.

    Raises:
        pulumi.RunError: The tenant could not be asked.
    """
    with _told_in_a_line("get_roles", tenant=tenant):
        from zdx_provider.engine import lookups  # noqa: PLC0415 - see get_api_key

        return [RoleResult(role.id, role.name) for role in lookups.roles(tenant)]


def get_roles_output(*, tenant: pulumi.Input[str] | None = None) -> pulumi.Output[list[RoleResult]]:
    """List the ZDX roles as `get_roles` does, of a tenant that another resource names.

    Args:
        tenant: A profile of ``zdx:tenants``.
    """
    return _once_known(get_roles, tenant=tenant)


def _result(found: "LookedUpKey") -> ApiKeyResult:
    secrets = tuple(
        SecretResult(secret.id, _rfc_3339(secret.created_at), _rfc_3339(secret.expires_at))
        for secret in found.secrets
    )
    return ApiKeyResult(**_facts(found), secrets=secrets)


def _facts(found: "LookedUpKey") -> dict[str, Any]:
    recorded = found.state.rendered()
    return {field.name: recorded.get(field.name) for field in fields(ApiKeySummary)}


def _rfc_3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _require_one(function: str, name: object, id_: object) -> None:
    if (name is None) == (id_ is None):
        raise pulumi.RunError(f"{function} takes either the name= or the id= of a key.")


@contextmanager
def _told_in_a_line(function: str, **arguments: object) -> Iterator[None]:
    """Let what a user can mend end the program with one line, where a bug keeps its traceback."""
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


def _once_known(look_up: Callable[..., T], **arguments: Any) -> pulumi.Output[T]:
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
