"""The policy pack, run by the real engine."""

import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.key_pair import KeyPair
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import RunningEmulator, scope_id

ROOT = Path(__file__).resolve().parents[2]
SUPER_ID = scope_id("ZDX Super Admin")

FINE = """
from zdx_provider import RotationArgs

ApiKey("ci", name="ci", role="ZDX Read-only Admin", rotation=RotationArgs(secret_lifetime_days=90))
"""


@dataclass(frozen=True)
class Breach:
    """How FINE comes to break a rule, and what is then found."""

    kept: str
    broken: str
    finding: str


BREACHES = {
    "restricted-role": Breach(
        "ZDX Read-only Admin", "Role:zdx SUPER admin", 'Its role is "ZDX Super Admin".'
    ),
    "rotation-required": Breach(
        "secret_lifetime_days=90", "", "The lifetime of its secrets is too long."
    ),
    "name-pattern": Breach('name="ci"', 'name="CI"', "Its name does not match"),
}

Policed = Callable[..., tuple[str, ...]]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the pack, in the environment that runs the tests."""
    return copied("policies", tmp_path / "copy", description="PulumiPolicy.yaml")


@pytest.fixture
def policed(pack: Path, tmp_path: Path) -> Policed:
    """Makes the flags of a command that is held to the rules, each as `config` sets it."""

    def flags(**config: object) -> tuple[str, ...]:
        file = tmp_path / "policies.json"
        file.write_text(json.dumps(config))
        return ("--policy-pack", str(pack), "--policy-pack-config", str(file))

    return flags


def copied(path: str, destination: Path, *, description: str) -> Path:
    folder = destination / path
    shutil.copytree(ROOT / path, folder, ignore=shutil.ignore_patterns("__pycache__"))
    content = yaml.safe_load((folder / description).read_text())
    content["runtime"]["options"]["virtualenv"] = sys.prefix
    (folder / description).write_text(yaml.safe_dump(content))
    return folder


def breaking(*rules: str) -> str:
    program = FINE
    for breach in (BREACHES[rule] for rule in rules):
        program = program.replace(breach.kept, breach.broken)
    return program


def blocks(language: str, page: str) -> list[str]:
    """The code blocks of that language on a page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def writes(tenant: RunningEmulator) -> list[str]:
    """What was asked of the tenant, except reading and authenticating."""
    return [
        f"{request.method} {request.path}"
        for request in tenant.requests()
        if request.method != "GET" and request.path != "/oauth2/v1/token"
    ]


def strict(rule: str, **settings: object) -> dict[str, Any]:
    """That rule alone, and mandatory."""
    longest = {"maxSecretLifetimeDays": 90} if rule == "rotation-required" else {}
    return {"all": "disabled", rule: {"enforcementLevel": "mandatory", **longest, **settings}}


def test_up_creates_a_key_that_complies(
    project: PulumiProject, tenant: RunningEmulator, policed: Policed
) -> None:
    (config,) = blocks("json", (ROOT / "docs/policies.md").read_text())

    made = project.program(FINE).up(*policed(**json.loads(config)))

    assert [client.name for client in tenant.clients()] == ["ci"]
    assert "[mandatory]" not in made.text
    assert "[advisory]" not in made.text


def test_preview_refuses_a_secret_of_a_component_except_of_a_role_or_name(
    project: PulumiProject, policed: Policed
) -> None:
    public_pem = KeyPair.make_ec().public_pem
    project.program(f"""
        component = pulumi.ComponentResource("zdx:index:ApiKey", "team", {{}})
        below = pulumi.ResourceOptions(parent=component)
        ApiKey("secret", name="secret", role="ZDX Super Admin", opts=below)
        ApiKey("by-name", name="by-name", role="ZDX Super Admin")
        ApiKey("by-role", name="by-role", role="Role:ZDX READ-ONLY Admin")
        ApiKey(
            "keyless",
            name="keyless",
            role="ZDX Super Admin",
            authentication={{"public_keys": {{"one": {public_pem!r}}}}},
        )
    """)
    exceptions = {"allowedRoles": ["ZDX Read-only Admin"], "exceptions": ["by-name"]}

    failed = project.fail("preview", *policed(**strict("no-secret-in-state", **exceptions)))

    assert re.findall(r"no-secret-in-state  \(\S+zdx:ApiKey: (\S+)\)", failed.text) == ["secret"]
    assert "Its secret is in the state." in failed.text


@pytest.mark.slow
def test_preview_needs_no_rotation_of_a_key_without_a_secret(
    project: PulumiProject, policed: Policed
) -> None:
    public_pem = KeyPair.make_ec().public_pem
    project.program(f"""
        keys = {{"one": {public_pem!r}}}
        ApiKey("ci", role="ZDX Read-only Admin", authentication={{"public_keys": keys}})
    """)

    project.preview(*policed(**strict("rotation-required")))


def test_up_stops_at_the_preview_for_a_mandatory_rule(
    project: PulumiProject, tenant: RunningEmulator, policed: Policed
) -> None:
    config = {rule: strict(rule)[rule] for rule in BREACHES}

    failed = project.program(breaking(*BREACHES)).fail("up", "--yes", *policed(**config))

    for rule, breach in BREACHES.items():
        assert f"[mandatory]  {rule}  (pulumi-python:dynamic/zdx:ApiKey: ci)" in failed.text
        assert breach.finding in failed.text
    assert "Updating" not in failed.text
    assert writes(tenant) == []


def test_up_warns_for_an_advisory_rule_and_creates_the_key(
    project: PulumiProject, tenant: RunningEmulator, policed: Policed
) -> None:
    config = {rule: strict(rule, enforcementLevel="advisory")[rule] for rule in BREACHES}

    warned = project.program(breaking(*BREACHES)).up(*policed(**config))

    for rule, breach in BREACHES.items():
        assert f"[advisory]  {rule}  (pulumi-python:dynamic/zdx:ApiKey: ci)" in warned.text
        assert breach.finding in warned.text
    assert [client.name for client in tenant.clients()] == ["CI"]


@pytest.mark.slow
def test_preview_accepts_a_violation_by_an_exception_of_name_or_urn(
    project: PulumiProject, policed: Policed
) -> None:
    urn = "urn:pulumi:test::keys::pulumi-python:dynamic/zdx:ApiKey::by-urn"
    config = {rule: strict(rule, exceptions=["CI", urn])[rule] for rule in BREACHES}
    others = """
ApiKey("by-urn", name="By URN", role="ZDX Super Admin")
ApiKey("another", name="Another", role="ZDX Super Admin")
"""

    failed = project.program(breaking(*BREACHES) + others).fail("preview", *policed(**config))

    assert re.findall(r"zdx:ApiKey: (\S+)\)", failed.text) == ["another"] * len(BREACHES)


@pytest.mark.slow
def test_preview_without_config_refuses_super_admin_and_no_rotation(
    project: PulumiProject, pack: Path
) -> None:
    project.program('ApiKey("admin", name="Admin", role="ZDX Super Admin")')

    failed = project.fail("preview", "--policy-pack", str(pack))

    levels = dict(reversed(found) for found in re.findall(r"\[(\w+)\]  (\S+)", failed.text))
    assert levels == {
        "restricted-role": "mandatory",
        "rotation-required": "mandatory",
        "name-pattern": "advisory",
    }


@pytest.mark.slow
def test_preview_refuses_a_role_id_that_is_not_allowed(
    project: PulumiProject, policed: Policed
) -> None:
    project.program(FINE.replace("ZDX Read-only Admin", SUPER_ID))

    refused = project.fail("preview", *policed(**strict("restricted-role")))
    project.preview(*policed(**strict("restricted-role", allowedRoleIds=[SUPER_ID])))

    assert "Its role is declared by an ID, which hides the name." in refused.text


@pytest.mark.slow
def test_up_does_not_check_a_key_that_is_only_looked_up(
    project: PulumiProject, tenant: RunningEmulator, policed: Policed
) -> None:
    found = tenant.create_client("Manual", role="ZDX Super Admin")
    looked_up = f'ApiKey.get("shared", {found.id!r})'
    project.program(breaking("restricted-role") + looked_up)

    off = {"no-secret-in-state": "disabled"}
    warned = project.up(*policed(all="advisory", **off))
    mandatory = policed(all="mandatory", **off)
    analysed = project.fail("policy", "analyze", "--stack", "test", *mandatory)

    for run in (warned, analysed):
        assert re.findall(r"zdx:ApiKey: (\w+)\)", run.text) == ["ci"]


@pytest.mark.slow
def test_up_checks_values_that_the_preview_does_not_know(
    project: PulumiProject, tenant: RunningEmulator, policed: Policed
) -> None:
    project.program("""
        first = ApiKey("first", name="first", role="ZDX Read-only Admin")
        ApiKey("second", name="second", role=first.key_id.apply(lambda _: "ZDX Super Admin"))
    """)
    rules = policed(**strict("restricted-role"))

    assert "value at .role can't be known during preview" in project.preview(*rules).text
    project.up_fails(*rules)

    assert [client.name for client in tenant.clients()] == ["first"]


def test_preview_shows_no_secret_input_in_a_violation(
    project: PulumiProject, policed: Policed
) -> None:
    project.program("""
        planted = pulumi.Output.secret("Planted-Name")
        ApiKey("ci", name=planted, role=pulumi.Output.secret("zdx super ADMIN"))
    """)

    rules = policed(**{"all": "mandatory", "no-secret-in-state": "disabled"})
    failed = project.fail("preview", *rules)

    assert failed.text.count("[mandatory]") == len(BREACHES)
    assert "Planted-Name" not in failed.text
    assert "zdx super ADMIN" not in failed.text


@pytest.mark.slow
def test_preview_with_an_invalid_config_fails_in_one_line(
    project: PulumiProject, policed: Policed
) -> None:
    config = {"restricted-role": {"exeptions": ["ci"]}}

    failed = project.program(FINE).fail("preview", *policed(**config))

    assert (
        'restricted-role has no setting "exeptions"; it has: allowedRoleIds, exceptions, re'
    ) in failed.text
    assert "Traceback" not in failed.text


@pytest.mark.slow
def test_example_is_refused_until_its_documented_correction(
    pack: Path, tmp_path: Path, tenant: RunningEmulator
) -> None:
    folder = copied("examples/policy", pack.parent, description="Pulumi.yaml")
    project = PulumiProject(
        folder,
        name="policy",
        stack="dev",
        environment={"PULUMI_CONFIG_PASSPHRASE": "emulator-only"},
        home=tmp_path / "engine",
    )
    project.init({"zdx:apiUrl": tenant.url, "zdx:tokenUrl": f"{tenant.url}/oauth2/v1/token"})
    page = (folder / "README.md").read_text()
    (shown,) = blocks("text", page)
    (corrected,) = blocks("python", page)
    rules = ("--policy-pack", "../../policies", "--policy-pack-config", "policies.json")

    assert shown in project.fail("preview", *rules).text
    assert writes(tenant) == []
    (folder / "__main__.py").write_text(corrected)
    project.run("up", "--yes", *rules)

    assert [client.name for client in tenant.clients()] == ["reports"]
