import socket
import threading
from collections.abc import Iterator

import pytest
from sockets.loopback import Connect, LoopbackServer, Script

from zdx_provider.zidentity import ClientSecret, ConnectionOptions, Tenant, ZIdentity


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def server(script: Script) -> Iterator[LoopbackServer]:
    with LoopbackServer(script) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def connect() -> Iterator[Connect]:
    opened: list[ZIdentity] = []

    def connect(url: str, *, max_retries: int = 1, request_timeout: float = 10) -> ZIdentity:
        zidentity = ZIdentity(
            Tenant("acme", api_url=url, token_url=f"{url}/oauth2/v1/token"),
            ClientSecret("admin", "obviously-fake"),
            ConnectionOptions(max_retries=max_retries, request_timeout=request_timeout),
            sleep=lambda _seconds: None,
        )
        opened.append(zidentity)
        return zidentity

    yield connect
    for zidentity in opened:
        zidentity.close()


@pytest.fixture
def zidentity(server: LoopbackServer, connect: Connect) -> ZIdentity:
    return connect(server.url)


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
