"""``zdx-keys token``: print an access token of a key."""

import os
import stat
import sys
from pathlib import Path

from zdx_provider.cli.key_files import require_secret
from zdx_provider.cli.key_tenant import build_tenant_of, find_settings_of
from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import print_json
from zdx_provider.cli.private_key import read_private_key
from zdx_provider.cli.progress import show_attempt
from zdx_provider.cli.stack import Stack
from zdx_provider.cli.state_keys import find_key
from zdx_provider.keys.state import KeyState
from zdx_provider.settings import Settings
from zdx_provider.text import quote_shell
from zdx_provider.zidentity import AuthenticationError, ClientSecret, ZIdentity


def is_pipe() -> bool:
    """Whether standard output is read by another program, and neither by a person nor a file."""
    try:
        mode = os.fstat(sys.stdout.fileno()).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def run(selection: Selection, wanted: str, private_key: Path | None, *, as_json: bool) -> None:
    """Print an access token of a key of a stack."""
    key = find_key(Stack(selection.folder.resolve(), selection.stack), wanted)
    zidentity = open_as(key, find_settings_of(selection, key), private_key)
    try:
        lifetime = zidentity.authenticate()
        token = zidentity.get_access_token().get_secret_value()
    except AuthenticationError as error:
        cause = "keys were changed" if private_key else "secret was revoked"
        check = (
            f"Check the key: zdx-keys show {quote_shell(key.key_id)}. If its {cause}, "
            "run pulumi up --refresh."
        )
        # An assertion can also be refused because of the clock or its audience.
        is_signed = private_key is not None
        error.hint = error.hint.replace(error.next_step, check) if is_signed else check
        raise
    finally:
        zidentity.close()
    if as_json:  # as RFC 6749 names the members
        seconds = int(lifetime.total_seconds())
        print_json({"access_token": token, "token_type": "Bearer", "expires_in": seconds})
    else:
        sys.stdout.write(f"{token}\n")


def open_as(key: KeyState, settings: Settings, private_key: Path | None = None) -> ZIdentity:
    """Return the tenant of a key, with the key's own credentials; nothing is sent yet.

    Args:
        key: The key.
        settings: How its tenant is reached.
        private_key: The file of the key's private key; None for a key with a secret.

    Raises:
        SettingsError: The settings name another tenant, which must not get the key's secret.
        ZdxError: The state has no secret of the key, or the file has no private key of it.
    """
    tenant = build_tenant_of(settings, key)
    credentials = (
        read_private_key(private_key, key)
        if private_key
        else ClientSecret(key.key_id, require_secret(key).get_secret_value())
    )
    return ZIdentity(tenant, credentials, settings.build_connection(), on_attempt=show_attempt)
