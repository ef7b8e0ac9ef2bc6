import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.key_pair import KeyPair
from support.samples import PLANTED

from zdx_provider.cli.print_token import open_as
from zdx_provider.cli.private_key import read_private_key
from zdx_provider.errors import SettingsError, ZdxError
from zdx_provider.keys.authentication import Authentication
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


@pytest.fixture(scope="module")
def key_pair() -> KeyPair:
    """A key that the state's key authenticates with."""
    return KeyPair.make_ec()


@pytest.fixture
def keyless(key_pair: KeyPair) -> KeyState:
    """A key without a secret."""
    declared = Authentication(public_keys={"one": key_pair.public_pem})
    return KEY.model_copy(update={"key_secret": None, "authentication": declared})


def write_key(folder: Path, content: str | bytes) -> Path:
    file = folder / "private.pem"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_token_signs_with_the_private_key_of_a_file(
    tmp_path: Path, keyless: KeyState, key_pair: KeyPair, encoding: str
) -> None:
    file = write_key(tmp_path, key_pair.private_pem.replace("\n", "\r\n").encode(encoding))

    credentials = read_private_key(file, keyless)

    assert (credentials.client_id, credentials.algorithm) == ("id-1", "ES256")
    open_as(keyless, Settings(vanity_domain="acme"), file).close()


def test_token_reads_a_private_key_from_a_pipe(keyless: KeyState, key_pair: KeyPair) -> None:
    reader, writer = os.pipe()
    os.write(writer, key_pair.private_pem.encode())
    os.close(writer)

    credentials = read_private_key(Path(f"/dev/fd/{reader}"), keyless)

    os.close(reader)
    assert credentials.client_id == "id-1"


def test_token_refuses_a_private_key_that_is_not_the_keys(
    tmp_path: Path, keyless: KeyState
) -> None:
    for other in (KeyPair.make_ec(), KeyPair.make()):
        file = write_key(tmp_path, other.private_pem)

        with pytest.raises(ZdxError, match=r'not a private key of the key "ci".*key "one"'):
            read_private_key(file, keyless)


def test_token_takes_any_private_key_for_a_jwks_url(tmp_path: Path, keyless: KeyState) -> None:
    declared = Authentication(jwks_url="https://keys.example/jwks.json")
    key = keyless.model_copy(update={"authentication": declared})

    credentials = read_private_key(write_key(tmp_path, KeyPair.make_ec().private_pem), key)

    assert credentials.algorithm == "ES256"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is not an RSA or EC P-256 key"),
        ("{public}", "is a public key"),
        ("{cut}", "is cut off"),
        ("x" * 70_000, "is too large for a private key"),
        (b"\xff\xfe\x00", "is not an RSA or EC P-256 key"),
    ],
    ids=["empty", "public", "cut off", "too large", "no text"],
)
def test_token_says_what_is_wrong_with_a_private_key_and_never_shows_it(
    tmp_path: Path, keyless: KeyState, key_pair: KeyPair, content: str | bytes, problem: str
) -> None:
    if isinstance(content, str):
        cut = key_pair.private_pem[:-30]
        content = content.format(public=key_pair.public_pem, cut=cut)
    file = write_key(tmp_path, content)

    with pytest.raises(ZdxError, match=problem) as failed:
        read_private_key(file, keyless)

    assert "the file of --private-key" in str(failed.value)
    assert "BEGIN" not in str(failed.value)


def test_token_never_shows_a_path_that_cannot_be_read(keyless: KeyState, key_pair: KeyPair) -> None:
    line = key_pair.private_pem.splitlines()[1]
    for pasted in (line, key_pair.private_pem, f"{line}\0", f"{line}/{line}"):
        with pytest.raises(ZdxError, match=r"^the file of --private-key cannot be") as failed:
            read_private_key(Path(pasted), keyless)

        assert line not in str(failed.value)


def test_token_of_a_key_with_a_secret_refuses_a_private_key(tmp_path: Path) -> None:
    file = write_key(tmp_path, "unread")

    with pytest.raises(ZdxError, match=r"authenticates with a client secret\. Omit --private-key"):
        read_private_key(file, KEY)


def test_token_of_a_key_without_a_secret_asks_for_its_private_key(keyless: KeyState) -> None:
    with pytest.raises(ZdxError, match=r'with the public key "one", .* Use --private-key'):
        open_as(keyless, Settings(vanity_domain="acme"))


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
