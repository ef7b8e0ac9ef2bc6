"""The engine, as far as a plugin can speak to it."""

import re
import sys
from functools import cached_property

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

_ADDRESS = re.compile(r"127\.0\.0\.1:\d+|localhost:\d+|\[::1\]:\d+")


class EngineHost:
    """The engine that started this plugin.

    Args:
        address: Where it listens; None where the process was not started by an engine.
    """

    def __init__(self, address: str | None) -> None:
        self._address = address

    @classmethod
    def of_this_process(cls) -> "EngineHost":
        """The engine whose address is the last argument of a plugin's command line."""
        last = sys.argv[-1]
        return cls(last if _ADDRESS.fullmatch(last) else None)

    def warn(self, message: str) -> None:
        """Show a line in the user's diagnostics.

        It appears under the stack: the dynamic host tells a provider no URN, so the message
        itself must name the key.
        """
        if self._address is None:
            return
        request = engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=message)
        engine_pb2_grpc.EngineStub(self._channel).Log(request)

    @cached_property
    def _channel(self) -> grpc.Channel:
        return grpc.insecure_channel(self._address or "")
