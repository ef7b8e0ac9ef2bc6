"""A client of the Pulumi engine's gRPC service: is it alive, show a diagnostic."""

import logging
import re
import sys
from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import cached_property

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from zdx_provider.errors import ZdxError
from zdx_provider.text import escape_text, hide_secrets

_ADDRESS = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\]):\d+")
_ANSWER_SECONDS = 10.0


class EngineClient:
    """The engine that started this plugin.

    Args:
        address: Where it listens; None where no engine started this process.
    """

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._secrets: set[str] = set()

    @classmethod
    def from_process(cls) -> "EngineClient":
        """Create a client for the engine whose address is the last argument of this process."""
        last = sys.argv[-1]
        return cls(last if _ADDRESS.fullmatch(last) else None)

    def require_alive(self) -> None:
        """Stop before a change that no state would record.

        A plugin outlives an engine that is killed, and would create keys that no state contains.
        The engine itself is asked: a parent process says nothing, as a shell may be between the
        two.

        Raises:
            ZdxError: The engine does not respond at its address any more.
        """
        if self._address is None:
            return
        try:
            self._engine.GetRootResource(
                engine_pb2.GetRootResourceRequest(), timeout=_ANSWER_SECONDS
            )
        except grpc.RpcError as error:
            # Any other status is a response, so the engine is alive.
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                raise ZdxError(
                    "the Pulumi engine stopped, so the provider stopped too. Nothing else was "
                    "changed.",
                    hint="Run pulumi up again. If the stack is locked, run pulumi cancel first.",
                ) from None

    @property
    def secrets(self) -> Collection[str]:
        """The values of inputs that are secrets, as far as this process has met any."""
        return frozenset(self._secrets)

    def hide(self, secrets: Iterable[str]) -> None:
        """Keep values out of every line from now on."""
        self._secrets.update(secrets)

    def log(self, level: int, message: str) -> None:
        """Show a line in the user's diagnostics.

        It appears under the stack: the dynamic host passes no URN to a provider, so the message
        itself must name the key. A line that cannot be shown fails nothing: the key that it is
        about was made or changed already, and must be recorded.

        Args:
            level: A level of `logging`. Errors are shown as warnings: the engine would mark a
                resource as failed that was not.
            message: One line.
        """
        if self._address is None:
            return
        shown = escape_text(hide_secrets(message, self.secrets))
        request = engine_pb2.LogRequest(severity=_to_severity(level), message=shown)
        with suppress(grpc.RpcError):
            self._engine.Log(request, timeout=_ANSWER_SECONDS)

    def forward_log(self, name: str) -> None:
        """Show the lines of one of this package's loggers in the user's diagnostics.

        Args:
            name: The logger's name. Lines below INFO appear with ``pulumi up --debug``.
        """
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.addHandler(_EngineHandler(self))

    @cached_property
    def _engine(self) -> engine_pb2_grpc.EngineStub:
        return engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._address or ""))


class _EngineHandler(logging.Handler):
    """Passes log lines on to the engine."""

    def __init__(self, engine: EngineClient) -> None:
        super().__init__()
        self._engine = engine

    def emit(self, record: logging.LogRecord) -> None:
        self._engine.log(record.levelno, record.getMessage())


def _to_severity(level: int) -> engine_pb2.LogSeverity.ValueType:
    if level >= logging.WARNING:
        return engine_pb2.WARNING
    return engine_pb2.INFO if level >= logging.INFO else engine_pb2.DEBUG
