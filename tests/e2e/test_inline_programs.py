"""Programs that are functions: the Automation API, several in one process."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi import automation

from zdx_emulator.testing import RunningEmulator
from zdx_provider import ApiKey

OpenStack = Callable[[str], automation.Stack]


def one_key(name: str) -> Callable[[], None]:
    def program() -> None:
        key = ApiKey("ci", name=name, role="ZDX Read-only Admin")
        pulumi.export("key_id", key.key_id)
        pulumi.export("key_secret", key.key_secret)

    return program


@pytest.fixture
def open_stack(tmp_path: Path, settings: dict[str, Any]) -> OpenStack:
    """Makes a stack whose program is a function that declares one key, named as the stack is."""
    state = tmp_path / "state"
    state.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "test-passphrase",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_PYTHON_CMD": sys.executable,
    }

    def opened(name: str) -> automation.Stack:
        folder = tmp_path / name
        folder.mkdir()
        stack = automation.create_stack(
            name,
            project_name="keys",
            program=one_key(name),
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(folder), pulumi_home=str(tmp_path / "home"), env_vars=environment
            ),
        )
        values = {key: automation.ConfigValue(value) for key, value in settings.items()}
        stack.set_all_config(values)
        return stack

    return opened


@pytest.mark.slow
def test_inline_programs_in_one_process_manage_separate_keys(
    open_stack: OpenStack, tenant: RunningEmulator
) -> None:
    stacks = {name: open_stack(name) for name in ("north", "south")}

    outputs = {name: stack.up().outputs for name, stack in stacks.items()}

    for name, made in outputs.items():
        assert made["key_id"].value == tenant.client_named(name).id
        assert made["key_secret"].secret
        assert tenant.token_for(made["key_id"].value, made["key_secret"].value)
    for stack in stacks.values():
        stack.preview(expect_no_changes=True)
    stacks["north"].destroy()
    assert [client.name for client in tenant.clients()] == ["south"]
