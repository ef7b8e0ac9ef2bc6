"""The class that every recorded key names, by reference: its module and name are frozen."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from zdx_provider.errors import ZdxError
from zdx_provider.shadowing import require_no_shadowing

if TYPE_CHECKING:
    from zdx_provider.engine.lifecycle import Lifecycle

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def _shorten_traceback(
    method: "Callable[Concatenate[ApiKeyProvider, Arguments], Result]",
) -> "Callable[Concatenate[ApiKeyProvider, Arguments], Result]":
    """Spare the user the inner frames of an error that he can act on; a bug keeps all of them.

    What looks like a bug may come of a file in the project that hides a module.

    The host prints the traceback of whatever is raised here, and the sentence last.
    """

    @wraps(method)
    def call(self: "ApiKeyProvider", *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return method(self, *args, **kwargs)
        except ZdxError as error:
            error.hide(self._lifecycle.secrets)
            raise error.with_traceback(None) from None
        except Exception:
            require_no_shadowing()
            raise

    return cast("Callable[Concatenate[ApiKeyProvider, Arguments], Result]", call)


@contextmanager
def _hint_at_old_settings() -> Iterator[None]:
    """Say where refused credentials may come from, in the calls of a refresh or a destroy.

    Neither runs the program, so the engine gives the provider the settings of the last update.
    """
    from zdx_provider.zidentity import AuthenticationError  # noqa: PLC0415 - see configure

    try:
        yield
    except AuthenticationError as error:
        error.hint += (
            " If the stack's config changed after the last pulumi up, run pulumi refresh or "
            "pulumi destroy with --run-program. Without it, they use the settings of that "
            "pulumi up."
        )
        raise


@contextmanager
def _pause_garbage_collection() -> Iterator[None]:
    """Import without garbage collections: they take a quarter of the time, and find nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class ApiKeyProvider(ResourceProvider):
    """What Pulumi's dynamic host calls.

    The state of every key holds a reference to this class and nothing of it by value: it has no
    instance state until ``configure``, which runs in the plugin's process only, where one
    instance serves all keys on four threads.
    """

    serialize_as_secret_always = False

    _lifecycle: "Lifecycle"

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's config for the calls that follow."""
        # Imported here because programs import this module to name the provider, and should not
        # pay for pydantic and requests, which only the plugin needs.
        try:
            with _pause_garbage_collection():
                from zdx_provider.engine.lifecycle import Lifecycle  # noqa: PLC0415

            self._lifecycle = Lifecycle.from_process(req.config.get)
        except Exception:
            require_no_shadowing()
            raise

    @_shorten_traceback
    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """See `Lifecycle.check`."""
        return self._lifecycle.check(olds, news)

    @_shorten_traceback
    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """See `Lifecycle.diff`."""
        return self._lifecycle.diff(olds, news)

    @_shorten_traceback
    def create(self, props: dict[str, Any]) -> CreateResult:
        """See `Lifecycle.create`."""
        return self._lifecycle.create(props)

    @_shorten_traceback
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """See `Lifecycle.read`."""
        with _hint_at_old_settings():
            return self._lifecycle.read(id_, props)

    @_shorten_traceback
    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """See `Lifecycle.update`."""
        return self._lifecycle.update(id_, olds, news)

    @_shorten_traceback
    def delete(self, id_: str, props: dict[str, Any]) -> None:
        """See `Lifecycle.delete`."""
        with _hint_at_old_settings():
            self._lifecycle.delete(id_, props)
