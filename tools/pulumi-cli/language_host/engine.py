"""Watches the engine that started this host."""

from collections.abc import Callable

import grpc

_NEVER_MILLISECONDS = 2**31 - 1


def watch_engine(address: str, on_gone: Callable[[], None]) -> grpc.Channel:
    """Call back once no engine listens there any more.

    A killed engine stops nothing that it started, so its plugins have to notice by themselves.

    Args:
        address: The engine's host and port.
        on_gone: Called from another thread, maybe more than once.

    Returns:
        The connection; it watches until it is closed.
    """
    connected = False

    def on_change(state: grpc.ChannelConnectivity) -> None:
        nonlocal connected
        if state is grpc.ChannelConnectivity.READY:
            connected = True
        elif connected or state is grpc.ChannelConnectivity.TRANSIENT_FAILURE:
            on_gone()

    options = [
        # gRPC drops an unused connection after 30 minutes, which looks like a lost one.
        ("grpc.client_idle_timeout_ms", _NEVER_MILLISECONDS),
        ("grpc.enable_http_proxy", 0),
    ]
    channel = grpc.insecure_channel(address, options=options)
    channel.subscribe(on_change, try_to_connect=True)
    return channel
