"""What is not there is asked for under any name, and the tenant is not changed by it."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.fuzz import fuzz_settings
from support.in_process import run_zdx_keys

from zdx_emulator.testing import RunningEmulator

CHARACTERS = st.characters(exclude_characters="\0") | st.sampled_from(
    ["\udcff", "/", ".", "%", "?", "#", "\r", "\n", "\x1b", "{%", "&", "+", "*"]
)
TEXTS = st.lists(CHARACTERS, max_size=6).map("".join) | st.integers(1, 20_000).map("x".__mul__)


@fuzz_settings(0.02)
@given(TEXTS, TEXTS)
@example("\udcff", "x")
@example("..", "x")
@example(".", "x")
@example("../../oauth2/v1/token", "x")
@example("%2e%2e", "x")
@example("x" * 120_000, "x")
def test_revoke_and_import_file_of_any_name_exit_without_a_traceback(
    shared_tenant: RunningEmulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    secret_id: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in shared_tenant.environment().items():
        monkeypatch.setenv(name, value)
    written = ("--output", "import.json", "--program", "keys.py")

    ended = [
        run_zdx_keys(["revoke", "--yes", "--", key, secret_id], "utf-8"),
        run_zdx_keys(["import-file", *written, "--", key], "utf-8"),
    ]

    assert {each.code for each in ended} <= {1, 2}
    assert not [each for each in ended if b"Traceback" in each.stderr or not each.stderr]
    assert list(tmp_path.iterdir()) == []
