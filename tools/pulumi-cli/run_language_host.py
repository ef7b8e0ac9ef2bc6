"""Run in place of `pulumi-language-python`, for a CLI that was built without one.

Usage: run_language_host.py EXECUTOR [FLAGS] ENGINE_ADDRESS

EXECUTOR is the SDK's `pulumi-language-python-exec`; the engine adds the rest. Prints the port it
serves on as its first line, as the engine expects of a plugin.
"""

# ruff: noqa: E402

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from language_host.protocol_alone import import_protocol_alone

import_protocol_alone()

import grpc
from language_host.ending import Ending, end_process_group, lead_process_group
from language_host.engine import watch_engine
from language_host.service import LanguageHost
from pulumi.runtime.proto.language_pb2_grpc import add_LanguageRuntimeServicer_to_server

# As the vendor's host; gRPC's own 4 MB are too few for the configuration of a large stack.
_MAX_MESSAGE_BYTES = 400 * 1024 * 1024
# The program and every policy pack and plugin hold one for as long as they run.
_MAX_THREADS = 64


def main() -> None:
    """Serve until the engine says so by SIGINT, or is gone."""
    if len(sys.argv) < 3:  # noqa: PLR2004 - see the usage
        sys.exit("usage: run_language_host.py EXECUTOR [FLAGS] ENGINE_ADDRESS")
    executor, engine_address = Path(sys.argv[1]), sys.argv[-1]
    lead_process_group()
    ending = Ending()
    server = _server(LanguageHost(executor, engine_address))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    with watch_engine(engine_address, on_gone=ending.announce):
        ending.wait()
        end_process_group()


def _server(host: LanguageHost) -> grpc.Server:
    server = grpc.server(
        ThreadPoolExecutor(_MAX_THREADS),
        options=[
            ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
        ],
    )
    add_LanguageRuntimeServicer_to_server(host, server)
    return server


if __name__ == "__main__":
    main()
