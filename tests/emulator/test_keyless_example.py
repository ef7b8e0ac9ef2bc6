"""The consumers of `examples/keyless`, as processes, read a tenant without a secret."""

import json
import os
import runpy
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.key_pair import KeyPair

from zdx_emulator.testing import TOKEN, RunningEmulator

EXAMPLE = Path(__file__).parents[2] / "examples" / "keyless"
DEPARTMENTS = "Engineering, Finance, Sales\n"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def key_pair() -> KeyPair:
    """The key that the consumers sign with."""
    return KeyPair.make()


@pytest.fixture
def private_pem(key_pair: KeyPair, tmp_path: Path) -> Path:
    """The file of the private key."""
    file = tmp_path / "private.pem"
    file.write_text(key_pair.private_pem)
    return file


@pytest.fixture
def key_json(key_pair: KeyPair, tenant: RunningEmulator, tmp_path: Path) -> Path:
    """What a consumer knows of the key."""
    client = tenant.create_client("reports", clientAuthentication=key_pair.authentication)
    known = {"key_id": client.id, "token_url": tenant.url + TOKEN, "api_url": tenant.url}
    file = tmp_path / "key.json"
    file.write_text(json.dumps(known))
    return file


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a consumer; its home has credentials that it must not send."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login someone password obviously-fake\n")
    netrc.chmod(0o600)
    environment = {**os.environ, "HOME": str(tmp_path), "NO_PROXY": "127.0.0.1"}

    def run(script: str, *arguments: Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, EXAMPLE / script, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@contextmanager
def running_signer(private_pem: Path, address: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run the process that has the private key."""
    command: list[str | Path] = [sys.executable, EXAMPLE / "signer.py", private_pem, address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as signer:
        assert signer.stdout
        assert signer.stdout.readline() == "READY\n"
        yield signer
        signer.terminate()


def test_consumer_reads_zdx_with_a_private_key_from_a_file(
    run: Run, key_json: Path, private_pem: Path
) -> None:
    for _ in range(2):  # each assertion is used once
        done = run("read_with_file.py", key_json, private_pem)

        assert (done.stdout, done.stderr, done.returncode) == (DEPARTMENTS, "", 0)


def test_consumer_reads_zdx_with_the_signature_of_another_process(
    run: Run, key_json: Path, private_pem: Path, tmp_path: Path
) -> None:
    address = tmp_path / "signer.sock"
    with running_signer(private_pem, address):
        mode = stat.S_IMODE(address.stat().st_mode)
        private_pem.unlink()  # only the signer has it now

        done = run("read_with_signer.py", key_json, address)

    assert (done.stdout, done.stderr, done.returncode) == (DEPARTMENTS, "", 0)
    assert mode == 0o600


def test_consumer_with_another_private_key_is_refused(
    run: Run, key_json: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    other.write_text(KeyPair.make().private_pem)

    done = run("read_with_file.py", key_json, other)

    assert "400 Client Error" in done.stderr
    assert (done.stdout, done.returncode) == ("", 1)


@pytest.mark.parametrize("path", [TOKEN, "/zdx/v1/*"])
def test_consumer_follows_no_redirect(
    path: str, run: Run, key_json: Path, private_pem: Path, tenant: RunningEmulator
) -> None:
    tenant.fault(path=path, redirect=f"{tenant.url}/elsewhere")

    done = run("read_with_file.py", key_json, private_pem)

    assert "redirects to another address" in done.stderr
    assert "/elsewhere" not in [request.path for request in tenant.requests()]


def test_consumer_sends_nothing_without_tls(key_json: Path) -> None:
    zdx = runpy.run_path(str(EXAMPLE / "zdx.py"))
    known = json.loads(key_json.read_text()) | {"token_url": "http://acme.zslogin.net/token"}
    key_json.write_text(json.dumps(known))

    with pytest.raises(ValueError, match=r"http://acme\.zslogin\.net/token is not https"):
        zdx["read_departments"](key_json, lambda _: b"")
