"""What `zdx-keys verify` reads at a JWKS URL."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from zdx_provider.keys.jwks import PrivateKeyPublishedError, parse_jwks
from zdx_provider.zidentity import ZIdentityError
from zdx_provider.zidentity.connection import ConnectionOptions
from zdx_provider.zidentity.jwks import fetch_jwks

PRIVATE = json.dumps({"keys": [{"kty": "EC", "d": "obviously-fake"}]})


@contextmanager
def serving(status: int, body: bytes) -> Iterator[str]:
    """Serve one response, and give its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "http://169.254.169.254/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Write no log."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/jwks"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_fetch_finds_a_published_private_key_in_every_encoding(encoding: str) -> None:
    with serving(200, PRIVATE.encode(encoding)) as url:
        text = fetch_jwks(url, ConnectionOptions())

    with pytest.raises(PrivateKeyPublishedError):
        parse_jwks(text)


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (302, "the URL redirects to another one"),
        (404, "the server refuses to send it"),
        (500, "the server refuses to send it"),
    ],
)
def test_fetch_says_what_the_server_of_the_client_does(status: int, problem: str) -> None:
    with serving(status, b"obviously-fake") as url, pytest.raises(ZIdentityError) as failed:
        fetch_jwks(url, ConnectionOptions())

    assert str(failed.value).startswith(f"could not read the JWKS: {problem}")
    assert f"(status {status})" in str(failed.value)
    for wrong in ("ZIdentity failed", "token", "obviously-fake"):
        assert wrong not in str(failed.value)
