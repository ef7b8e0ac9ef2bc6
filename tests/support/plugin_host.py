"""Pulumi's own dynamic host as a process, spoken to as the engine speaks to it."""

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
)

from zdx_provider.provider import ApiKeyProvider

Properties = dict[str, Any]

_BLOB = serialize_provider(ApiKeyProvider())
_ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120


class PluginError(Exception):
    """A call that the host refused with an error.

    Attributes:
        shown: All that the engine shows of it.
    """

    def __init__(self, shown: str) -> None:
        super().__init__(shown)
        self.shown = shown

    @property
    def sentence(self) -> str:
        """What is meant for the user: the end of the traceback."""
        return self.shown.rstrip().splitlines()[-1]


@dataclass(frozen=True)
class Checked:
    """What check made of a program's inputs."""

    inputs: Properties
    failures: list[tuple[str, str]]


@dataclass(frozen=True)
class Difference:
    """What diff shown the engine."""

    changes: str
    replaces: list[str]
    deletes_first: bool


@dataclass(frozen=True)
class Recorded:
    """What the engine's state holds of a resource."""

    id: str
    inputs: Properties
    outputs: Properties


class PluginHost:
    """The dynamic host, configured for one stack.

    Args:
        channel: Leads to the host's process.
        blob: The provider as the state names it.
        config: The stack's config, decrypted, as the engine sends it.
        pause: How many seconds pass before each call.
    """

    def __init__(
        self, channel: grpc.Channel, blob: str, config: Mapping[str, str], pause: float
    ) -> None:
        self._stub = provider_pb2_grpc.ResourceProviderStub(channel)
        self._blob = blob
        self._pause = pause
        request = provider_pb2.ConfigureRequest(args=struct(config), acceptSecrets=True)
        self._stub.Configure(request, timeout=PATIENCE_SECONDS)
        # The host hands the config to a provider at the first call that names it.
        self.check({})

    def check(self, news: Properties, olds: Properties | None = None) -> Checked:
        request = provider_pb2.CheckRequest(olds=self._struct(olds or {}), news=self._struct(news))
        with self._call():
            answer = self._stub.Check(request, timeout=PATIENCE_SECONDS)
        failures = [(failure.property, failure.reason) for failure in answer.failures]
        return Checked(properties(answer.inputs), failures)

    def diff(self, key: Recorded, news: Properties) -> Difference:
        request = provider_pb2.DiffRequest(
            id=key.id, olds=self._struct(key.outputs), news=self._struct(news)
        )
        with self._call():
            answer = self._stub.Diff(request, timeout=PATIENCE_SECONDS)
        changes = provider_pb2.DiffResponse.DiffChanges.Name(answer.changes)
        return Difference(changes, list(answer.replaces), answer.deleteBeforeReplace)

    def create(self, inputs: Properties) -> Recorded:
        request = provider_pb2.CreateRequest(properties=self._struct(inputs))
        with self._call():
            answer = self._stub.Create(request, timeout=PATIENCE_SECONDS)
        return Recorded(answer.id, inputs, properties(answer.properties))

    def update(self, key: Recorded, inputs: Properties) -> Recorded:
        request = provider_pb2.UpdateRequest(
            id=key.id, olds=self._struct(key.outputs), news=self._struct(inputs)
        )
        with self._call():
            answer = self._stub.Update(request, timeout=PATIENCE_SECONDS)
        return Recorded(key.id, inputs, properties(answer.properties))

    def refresh(self, key: Recorded) -> Recorded:
        request = provider_pb2.ReadRequest(
            id=key.id, properties=self._struct(key.outputs), inputs=self._struct(key.inputs)
        )
        return self._read(request)

    def get(self, key_id: str, inputs: Properties) -> Recorded:
        """As for `ApiKey.get`: there is no state, only the program's inputs."""
        declared = self._struct(inputs)
        request = provider_pb2.ReadRequest(id=key_id, properties=declared, inputs=declared)
        return self._read(request)

    def delete(self, key: Recorded) -> None:
        request = provider_pb2.DeleteRequest(id=key.id, properties=self._struct(key.outputs))
        with self._call():
            self._stub.Delete(request, timeout=PATIENCE_SECONDS)

    def up(self, declared: Properties) -> Recorded:
        """As `pulumi up` does for a resource that the state does not hold."""
        return self.create(self._accepted(declared))

    def up_again(self, key: Recorded, declared: Properties) -> Recorded:
        """As `pulumi up` does for a resource that the state holds and that may differ."""
        return self.update(key, self._accepted(declared, key.inputs))

    def _struct(self, values: Properties) -> Struct:
        return struct({**values, "__provider": self._blob})

    @contextmanager
    def _call(self) -> Iterator[None]:
        time.sleep(self._pause)
        try:
            yield
        except grpc.RpcError as error:
            raise PluginError(error.details() or "") from None

    def _accepted(self, declared: Properties, olds: Properties | None = None) -> Properties:
        checked = self.check(declared, olds)
        assert checked.failures == []
        return checked.inputs

    def _read(self, request: provider_pb2.ReadRequest) -> Recorded:
        with self._call():
            answer = self._stub.Read(request, timeout=PATIENCE_SECONDS)
        return Recorded(answer.id, properties(answer.inputs), properties(answer.properties))


class Engine(engine_pb2_grpc.EngineServicer):
    """As much of the engine as a plugin speaks to."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warnings: list[str] = []

    def Log(  # noqa: N802 - the protocol's own name
        self, request: engine_pb2.LogRequest, _context: grpc.ServicerContext
    ) -> Empty:
        self.said.append(request.message)
        if request.severity == engine_pb2.WARNING:
            self.warnings.append(request.message)
        return Empty()

    def GetRootResource(  # noqa: N802 - the protocol's own name
        self, _request: engine_pb2.GetRootResourceRequest, _context: grpc.ServicerContext
    ) -> engine_pb2.GetRootResourceResponse:
        return engine_pb2.GetRootResourceResponse()


@contextmanager
def running_engine(engine: Engine) -> Iterator[str]:
    """Serve the engine, and give its address."""
    server = grpc.server(ThreadPoolExecutor(4))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


class PluginProcess:
    """The process of a dynamic host, for many stacks one after the other.

    The host configures a provider once for each blob that names it. A blob that is padded with
    white space is another one that means the same, and so as good as a process of its own.
    """

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self._paddings = itertools.count()

    def host(self, config: Mapping[str, str], pause: float = 0.0) -> PluginHost:
        return PluginHost(self._channel, _BLOB + " " * next(self._paddings), config, pause)


@contextmanager
def running_plugin(engine_address: str, printed: Path) -> Iterator[PluginProcess]:
    """Run the dynamic host in a process of its own, and end it.

    Args:
        engine_address: Where the engine listens.
        printed: The file that gets what the process writes on stderr.
    """
    command = [sys.executable, "-u", "-m", "pulumi.dynamic", engine_address]
    with printed.open("w") as complaints:
        process = subprocess.Popen(
            command,
            cwd=printed.parent,
            # The tree that is tested, whatever the virtual environment has installed.
            env={"PATH": os.environ["PATH"], "PULUMI_PROJECT": "keys", "PYTHONPATH": str(_ROOT)},
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
        )
    try:
        assert process.stdout
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield PluginProcess(channel)
    finally:
        process.kill()
        process.communicate()


def struct(values: Mapping[str, Any]) -> Struct:
    """Return properties as they are sent."""
    packed = Struct()
    packed.update(dict(values))
    return packed


def properties(packed: Struct) -> Properties:
    """Return properties as they were received, except the blob; every number is a float."""
    unpacked: Properties = MessageToDict(packed)
    unpacked.pop("__provider", None)
    return unpacked
