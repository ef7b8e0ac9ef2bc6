import logging
import socket

from zdx_provider.engine.engine_client import EngineClient


def test_a_line_that_no_one_can_show_fails_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    EngineClient(f"127.0.0.1:{port}").log(logging.WARNING, "the key was taken over")
