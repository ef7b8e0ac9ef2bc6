"""A private key on the command line, by mistake, is shown in no message."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm
from support.in_process import run_zdx_keys
from support.key_pair import KeyPair

PAIR = KeyPair.make_ec()
BODY = PAIR.private_pem.splitlines()[1]
JWK = ECAlgorithm.to_jwk(load_pem_private_key(PAIR.private_pem.encode(), None))  # type: ignore[arg-type]  # it is one
SPELLINGS = {
    "pem": [PAIR.private_pem],
    "words of pem": PAIR.private_pem.split(),
    "base64": ["".join(PAIR.private_pem.splitlines()[1:-1])],
    "jwk": [JWK],
    "words of a jwk": json.dumps(json.loads(JWK), indent=1).split(),
}
PLACES: dict[str, Callable[[list[str]], list[str]]] = {
    "token": lambda key: ["token", "ci", "--force", "--private-key", *key],
    "token with =": lambda key: ["token", "ci", "--force", f"--private-key={key[0]}", *key[1:]],
    "run": lambda key: ["run", "ci", "--private-key", *key, "--", "true"],
    "run as the command": lambda key: ["run", "ci", "--", *key],
    "key": lambda key: ["token", *key],
    "key after --": lambda key: ["token", "--", *key],
    "output": lambda key: ["download", "ci", "--output", *key],
    "downloaded": lambda key: ["import-file", "-o", "i", "--program", "p", "--downloaded", *key],
    "folder": lambda key: ["list", "--cwd", *key],
    "no command": lambda key: key,
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_command_line_with_a_private_key_is_refused_and_never_shown(
    place: Callable[[list[str]], list[str]],
    spelling: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    # Of a command of another program, a message can show the name only.
    key = spelling[:1] if place is PLACES["run as the command"] else spelling

    ended = run_zdx_keys(place(key), "utf-8")

    shown = (ended.stdout + ended.stderr).decode()
    assert ended.code in (2, 3)
    assert BODY[:40] not in "".join(shown.split())
    assert json.loads(JWK)["d"][:20] not in shown
    assert "contains a private key" in " ".join(shown.split()) or key != spelling


@pytest.mark.parametrize("text", [PAIR.public_pem, "{}", "a\nb", "-----"])
def test_content_in_the_place_of_a_private_key_file_is_refused(text: str) -> None:
    ended = run_zdx_keys(["token", "ci", "--force", f"--private-key={text}"], "utf-8")

    assert ended.code == 2
    assert b"it needs a file, not its content" in ended.stderr
    assert text.encode() not in ended.stderr


def test_command_of_another_program_can_have_any_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    ended = run_zdx_keys(["run", "ci", "--", "curl", "--data", '{"d": 1}'], "utf-8")

    assert b"private key" not in ended.stderr
