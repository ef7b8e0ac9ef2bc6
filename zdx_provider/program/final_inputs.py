"""Which inputs of a resource are secrets, once every transformation has had its say."""

import inspect
from collections.abc import Generator, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import pulumi


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
