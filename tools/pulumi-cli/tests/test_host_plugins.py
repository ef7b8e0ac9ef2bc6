"""The project's language host runs policy packs and component plugins."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from host_process import LONG_SECONDS, HostProcess, build_program_info
from pulumi.runtime.proto.language_pb2 import RunPluginRequest

HOLDS_A_CONNECTION = r"""
import os, socket, time
connection = socket.create_connection(("127.0.0.1", int(os.environ["TEST_PORT"])))
os.write(1, b"4711\n")
time.sleep(600)
"""


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LONG_SECONDS)
        yield server


def plugin_request(folder: Path, kind: str, listener: socket.socket) -> RunPluginRequest:
    environment = {**os.environ, "TEST_PORT": str(listener.getsockname()[1])}
    return RunPluginRequest(
        info=build_program_info(folder, virtualenv=sys.prefix),
        pwd=str(folder),
        kind=kind,
        args=["127.0.0.1:1"],
        env=[f"{name}={value}" for name, value in environment.items()],
    )


@pytest.mark.parametrize("kind", ["analyzer", "resource"])
def test_run_plugin_streams_output_and_stops_if_the_engine_cancels(
    host: HostProcess, project: Path, listener: socket.socket, kind: str
) -> None:
    (project / "__main__.py").write_text(HOLDS_A_CONNECTION)
    responses = host.call.RunPlugin(plugin_request(project, kind, listener))
    assert next(responses).stdout == b"4711\n"
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(LONG_SECONDS)
        responses.cancel()
        assert connection.recv(1) == b""


def test_run_plugin_sends_the_exit_code_last(
    host: HostProcess, project: Path, listener: socket.socket
) -> None:
    (project / "__main__.py").write_text("import sys; print(sys.argv[1:]); sys.exit('bad')")
    *_, last = said = list(host.call.RunPlugin(plugin_request(project, "resource", listener)))
    assert b"".join(response.stdout for response in said) == b"['127.0.0.1:1']\n"
    assert b"".join(response.stderr for response in said) == b"bad\n"
    assert last.exitcode == 1


def test_run_plugin_refuses_another_kind(
    host: HostProcess, project: Path, listener: socket.socket
) -> None:
    with pytest.raises(grpc.RpcError, match="no 'converter' plugin"):
        list(host.call.RunPlugin(plugin_request(project, "converter", listener)))
