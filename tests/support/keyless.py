"""Whether a private key gets a token, as a consumer of a key without a secret asks for one."""

from support.key_pair import KeyPair
from zdx_emulator.testing import RunningEmulator
from zdx_provider.zidentity import AuthenticationError, PrivateKey, Tenant, ZIdentity


def can_authenticate(tenant: RunningEmulator, key_id: str, pair: KeyPair) -> bool:
    """Return whether a key gets a token with the private half of a pair."""
    settings, switches, client = tenant.settings(), tenant.switches(), tenant.client(key_id)
    address = Tenant(
        settings["vanityDomain"],
        api_url=settings["apiUrl"],
        token_url=settings["tokenUrl"],
        token_audience=settings.get("tokenAudience", ""),
        assertion_audience="" if switches.assertions == "sdks" else "https://emulator.zslogin.net",
    )
    credentials = PrivateKey(client.client_id or client.id, pair.private_pem)
    api = ZIdentity(address, credentials, clock=tenant.now)
    try:
        return bool(api.authenticate())
    except AuthenticationError:
        return False
    finally:
        api.close()
