"""The program in the root of the repository, which declares the keys of its config."""

import json
import runpy
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import Mocks, set_mocks

PROGRAM = Path(__file__).parents[2] / "__main__.py"

pytestmark = pytest.mark.usefixtures("event_loop")


class NoEngine(Mocks):
    """Fails if the program declares a resource."""

    def new_resource(self, args: Any) -> Any:
        raise AssertionError(args.name)

    def call(self, args: Any) -> Any:
        raise AssertionError(args.token)


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"name": "ci", "role": "ZDX Super Admin"}, "must be a list of entries"),
        ([{"name": "ci"}], "zdx-keys:keys[0] must have a name and a role"),
        ([{"name": "ci", "role": "ZDX Super Admin"}] * 2, 'declares "ci" more than once'),
        ([{"name": "", "role": "r"}], "zdx-keys:keys[0].name must be text: put it in quotes"),
        (
            [{"name": "ci", "role": "ZDX Super Admin", "authentication": {"keys": {}}}],
            "zdx-keys:keys[0].authentication must have one of publicKeys, certificates, jwksUrl",
        ),
    ],
)
def test_root_project_names_a_malformed_entry_of_its_config(
    monkeypatch: pytest.MonkeyPatch, keys: object, complaint: str
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    set_mocks(NoEngine(), project="zdx-keys", stack="dev")
    pulumi.runtime.config.set_all_config({"zdx-keys:keys": json.dumps(keys)}, [])

    try:
        with pytest.raises(pulumi.RunError) as refused:
            runpy.run_path(str(PROGRAM))
    finally:
        pulumi.runtime.config.set_all_config({}, [])
        pulumi.runtime.settings.reset_options()

    assert complaint in str(refused.value)
