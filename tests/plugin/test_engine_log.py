import logging
import socket

from zdx_provider.engine.engine_client import EngineClient


def test_log_to_a_stopped_engine_does_not_fail() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    EngineClient(f"127.0.0.1:{port}").log(logging.WARNING, "the key was taken over")
