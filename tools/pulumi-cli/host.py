"""A stand-in for `pulumi-language-python`, for a CLI that was built without one.

Usage: host.py EXECUTOR [FLAGS] ENGINE_ADDRESS

EXECUTOR is the SDK's `pulumi-language-python-exec`; the engine adds the rest. Prints the port it
serves on as its first line, as the engine expects of a plugin.
"""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from language_host.engine import wait_until_gone
from language_host.service import LanguageHost
from pulumi.runtime.proto.language_pb2_grpc import add_LanguageRuntimeServicer_to_server

# As the vendor's host; gRPC's own 4 MB are too few for the configuration of a large stack.
_MAX_MESSAGE_BYTES = 400 * 1024 * 1024
# The program and every policy pack and plugin hold one for as long as they run.
_MAX_THREADS = 64


def main() -> None:
    """Serves until the engine says so by SIGINT, or is gone."""
    if len(sys.argv) < 3:  # noqa: PLR2004 - see the usage
        sys.exit("usage: host.py EXECUTOR [FLAGS] ENGINE_ADDRESS")
    executor, engine_address = Path(sys.argv[1]), sys.argv[-1]
    _lead_own_process_group()
    # The engine sends SIGINT when all is recorded, and waits 5 s for every process to end.
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)
    server = _server(LanguageHost(executor, engine_address))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    wait_until_gone(engine_address)
    _end()


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


def _lead_own_process_group() -> None:
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)


def _end(*_: object) -> None:
    """Ends the program, policy packs and plugins that still run, and this process."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    os._exit(0)


if __name__ == "__main__":
    main()
