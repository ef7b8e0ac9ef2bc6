"""Creates a key without a secret: the program declares its public key."""

from pathlib import Path

import pulumi

from zdx_provider import ApiKey, AuthenticationArgs

public_key = Path(__file__).with_name("public.pem").read_text()

key = ApiKey(
    "reports",
    name="reports",
    role="ZDX Read-only Admin",
    authentication=AuthenticationArgs(public_keys={"first": public_key}),
)

tenant = pulumi.Config("zdx")
login_url = f"https://{tenant.require('vanityDomain')}.zslogin.net"

# What a consumer needs, except the private key. None of it is secret.
pulumi.export("key_id", key.key_id)
pulumi.export("key_fingerprints", key.key_fingerprints)
pulumi.export("token_url", tenant.get("tokenUrl") or f"{login_url}/oauth2/v1/token")
pulumi.export("api_url", tenant.get("apiUrl") or "https://api.zsapi.net")
