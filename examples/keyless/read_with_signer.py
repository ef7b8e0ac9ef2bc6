"""Reads the tenant's departments; `signer.py` signs, and this process never has the private key.

Usage: python read_with_signer.py KEY_JSON SOCKET
"""

import socket
import sys
from pathlib import Path

from zdx import read_departments

TIMEOUT_SECONDS = 10


def ask_signer(message: bytes) -> bytes:
    """Return the signature of a message."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT_SECONDS)
        connection.connect(str(address))
        connection.sendall(message)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answer:
            return answer.read()


key_json, address = map(Path, sys.argv[1:])
departments = read_departments(key_json, ask_signer)
sys.stdout.write(f"{', '.join(departments)}\n")
