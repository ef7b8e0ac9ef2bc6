import json
from pathlib import Path

import pytest
from support.samples import build_key
from unit.cli.conftest import PulumiAnswers
from unit.cli.test_stack import OUTPUTS, export, resource

from zdx_provider.cli.options import Selection
from zdx_provider.cli.state_keys import StateKeys, read_state_keys
from zdx_provider.zidentity import Tenant


@pytest.fixture
def selection(tmp_path: Path) -> Selection:
    (tmp_path / "Pulumi.yaml").touch()
    return Selection(tmp_path)


def test_find_state_key_returns_a_key_only_in_its_own_tenant(
    pulumi_answers: PulumiAnswers, selection: Selection
) -> None:
    managed = {**OUTPUTS, "secret_expires_on": "2027-02-28"}
    looked_up = {**OUTPUTS, "key_id": "id-3"}
    pulumi_answers(
        export(resource("ci", outputs=managed), resource("looked-up", outputs=looked_up))
    )

    keys = read_state_keys(selection)

    found = keys.find(build_key("id-1"), Tenant("acme"))
    assert found is not None
    assert found.owner == "keys/prod/ci"
    assert keys.find(build_key("id-1"), Tenant("acme", "beta")) is None
    assert keys.find(build_key("id-2"), Tenant("acme")) is None
    assert keys.find(build_key("id-3"), Tenant("acme")) is None


def test_read_state_keys_warns_in_one_line_if_the_state_cannot_be_read(
    pulumi_answers: PulumiAnswers, selection: Selection, capsys: pytest.CaptureFixture[str]
) -> None:
    pulumi_answers(stderr="error: incorrect passphrase", exits=1)

    assert read_state_keys(selection) == StateKeys()
    shown = capsys.readouterr()
    assert shown.err.startswith("The secrets that are in use aren't marked: ")
    assert (shown.err.count("\n"), shown.out) == (1, "")


@pytest.mark.parametrize("in_project", [True, False])
def test_without_a_selected_stack_no_secret_is_marked(
    pulumi_answers: PulumiAnswers,
    selection: Selection,
    capsys: pytest.CaptureFixture[str],
    *,
    in_project: bool,
) -> None:
    pulumi_answers(json.dumps({}), stderr="error: no stack selected", exits=1)
    if not in_project:
        (selection.folder / "Pulumi.yaml").unlink()

    assert read_state_keys(selection) == StateKeys()
    assert capsys.readouterr().err == ""
