"""Watches the engine that started this host."""

import threading

import grpc

_NEVER_MILLISECONDS = 2**31 - 1


def wait_until_gone(address: str) -> None:
    """Returns once no engine listens there any more.

    A killed engine stops nothing that it started, so its plugins have to notice by themselves.

    Args:
        address: The engine's host and port.
    """
    gone = threading.Event()
    connected = threading.Event()

    def on_change(state: grpc.ChannelConnectivity) -> None:
        if state is grpc.ChannelConnectivity.READY:
            connected.set()
        elif state is grpc.ChannelConnectivity.TRANSIENT_FAILURE or connected.is_set():
            gone.set()

    options = [
        (
            "grpc.client_idle_timeout_ms",
            _NEVER_MILLISECONDS,
        ),  # an idle channel looks like a lost one
        ("grpc.enable_http_proxy", 0),
    ]
    with grpc.insecure_channel(address, options=options) as channel:
        channel.subscribe(on_change, try_to_connect=True)
        gone.wait()
