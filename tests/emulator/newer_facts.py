"""What the vendor publishes and the service description of its SDK lacks or has otherwise.

Sources: the API reference at automate.zscaler.com (OpenAPI, 2026-07-20), the OneAPI Postman
collection, zscaler-sdk-go 3.8.49, and the help page "Ranges & Limitations". A fact has the shape
that the description gives it.
"""

from typing import Any

# Each operation with two documented success codes: the API reference's, and that of the Postman
# collection or of the description.
SUCCESS_CODES = {
    "CreateApiClient": {"published": 201, "alternative": 202},
    "AddSecret": {"published": 201, "alternative": 202},
    "DeleteSecret": {"published": 204, "alternative": 200},
}

SHAPES: dict[str, Any] = {
    "Error": {
        "type": "structure",
        "members": {
            "type": {"shape": "string"},
            "title": {"shape": "string"},
            "status": {"shape": "integer"},  # text in the Postman collection
            "detail": {"shape": "string"},
        },
        "required": ["type", "title", "status", "detail"],
    }
}

SERVICE_MEMBERS = {"externalName", "zapsOnboarded"}
SERVICES_WITHOUT_CLOUD = {"ZIAM", "ZINSIGHTS"}

# Members of a POST and a PUT; the description leaves the id of a scope out of a PUT.
REQUIRED_MEMBERS = [
    ("clientResources", 0, "selectedScopes", 0, "id"),
    ("clientResources", 0, "selectedScopes"),
    ("clientResources", 0, "id"),
    ("clientAuthentication", "authType"),
    ("clientAuthentication", "publicKeys", 0, "keyName"),
    ("clientAuthentication", "publicKeys", 0, "keyValue"),
    ("clientAuthentication", "clientCertificates", 0, "certContent"),
]

# zscaler-sdk-go: the types are "mutually exclusive and each one determines which of the other
# fields the API expects". Each entry is one shape, the same in a POST, a PUT, a GET and a list.
AUTHENTICATION_MEMBERS = [
    ("SECRET", None),
    ("PUBKEYCERT", "publicKeys"),
    ("PUBKEYCERT", "clientCertificates"),
    ("JWKS", "clientJWKsUrl"),
]

# How a public key can be encoded: the portal takes a .pem, a test of zscaler-sdk-go has bare DER.
KEY_VALUE_PREFIXES = {"pem": "-----BEGIN PUBLIC KEY-----", "der_base64": "MIIBIjANBg"}

CLIENTS_OF_A_TENANT = 256
