"""Signs for others, as a key management service does: the private key stays in this process.

Usage: python signer.py PRIVATE_KEY SOCKET

A client connects to the socket, sends a message and closes its side; it receives the signature
(RSA with PKCS #1 v1.5 and SHA-256). Only your user can connect.
"""

import os
import signal
import socketserver
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

MAX_MESSAGE_BYTES = 16 * 1024
TIMEOUT_SECONDS = 10

private_pem, address = map(Path, sys.argv[1:])
private_key = load_pem_private_key(private_pem.read_bytes(), password=None)
if not isinstance(private_key, RSAPrivateKey):
    sys.exit(f"{private_pem} is not an RSA key")
signing_key: RSAPrivateKey = private_key


class Request(socketserver.StreamRequestHandler):
    """One message to sign."""

    timeout = TIMEOUT_SECONDS

    def handle(self) -> None:
        """Answer the message with its signature; a message that is too long with nothing."""
        message = self.rfile.read(MAX_MESSAGE_BYTES + 1)
        if 0 < len(message) <= MAX_MESSAGE_BYTES:
            self.wfile.write(signing_key.sign(message, PKCS1v15(), SHA256()))


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
os.umask(0o177)  # for the socket: only its owner can connect
with socketserver.UnixStreamServer(str(address), Request) as server:
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    finally:
        address.unlink()
