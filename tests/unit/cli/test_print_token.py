import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.samples import PLANTED

from zdx_provider.cli.print_token import open_as
from zdx_provider.errors import SettingsError
from zdx_provider.keys.state import KeyState
from zdx_provider.settings import Settings

KEY = KeyState(
    name="ci",
    role="ZDX Read-only Admin",
    role_id="zdx::1",
    key_id="id-1",
    key_secret=SecretStr(PLANTED),
    vanity_domain="acme",
)


def test_token_authenticates_as_the_key_and_needs_no_other_credentials() -> None:
    zidentity = open_as(KEY, Settings(vanity_domain="acme"))

    assert zidentity.tenant.token_url == "https://acme.zslogin.net/oauth2/v1/token"


@pytest.mark.parametrize(
    "settings", [Settings(vanity_domain="globex"), Settings(vanity_domain="acme", cloud="beta")]
)
def test_token_never_sends_a_secret_to_another_tenant(settings: Settings) -> None:
    with pytest.raises(SettingsError, match=r"belongs to the tenant acme, .* Nothing was"):
        open_as(KEY, settings)


@pytest.mark.parametrize("target", ["file", "/dev/null"])
def test_token_is_for_a_pipe_only(tmp_path: Path, target: str) -> None:
    with (tmp_path / target).open("w") as output:
        done = subprocess.run(
            [Path(sys.executable).with_name("zdx-keys"), "token", "ci"],
            cwd=tmp_path,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 2
    assert "standard output is not a pipe" in done.stderr
