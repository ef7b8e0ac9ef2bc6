"""Another project's tests use the tenant as a fixture."""

import os
import subprocess
import sys
from pathlib import Path

THEIR_TESTS = """
pytest_plugins = ["zdx_emulator.pytest_plugin"]

def test_a(zdx_tenant):
    client = zdx_tenant.create_client("ci")
    assert zdx_tenant.token_for(client.id, zdx_tenant.add_secret(client.id).value)

def test_b(zdx_tenant):
    assert zdx_tenant.clients() == []
"""


def test_fixture_gives_each_test_of_another_project_a_new_tenant(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(THEIR_TESTS)

    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path],
        cwd=tmp_path,
        # What else is installed here takes longer to load than their tests to run.
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert "2 passed" in ended.stdout, ended.stdout + ended.stderr
