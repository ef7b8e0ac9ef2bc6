"""Reads the tenant's departments with a private key from a file.

Usage: python read_with_file.py KEY_JSON PRIVATE_KEY
"""

import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from zdx import read_departments

key_json, private_pem = map(Path, sys.argv[1:])
private_key = load_pem_private_key(private_pem.read_bytes(), password=None)
if not isinstance(private_key, RSAPrivateKey):
    sys.exit(f"{private_pem} is not an RSA key")

departments = read_departments(
    key_json, lambda message: private_key.sign(message, PKCS1v15(), SHA256())
)
sys.stdout.write(f"{', '.join(departments)}\n")
