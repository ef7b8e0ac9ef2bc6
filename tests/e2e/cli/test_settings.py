"""Settings as people type them, and every command that a message about them prints."""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.key_pair import KeyPair
from support.pulumi_project import PulumiProject, Run, run_program
from support.zdx_keys import ZdxKeys

from zdx_emulator.testing import ADMIN_ID, ADMIN_SECRET, RunningEmulator

COMMAND = re.compile(r"`(pulumi [^`]+|export [^`]+)`")


@dataclass(frozen=True)
class Mistake:
    """A mistake in the settings.

    Attributes:
        message: A part of the message about it, as a regular expression.
        config: What the stack's config holds instead of the right values; None for nothing.
        tenant: What an entry of `zdx:tenants` holds instead of the right values.
        name: The entry's name; None for the stack's own tenant.
        environment: What the environment holds.
    """

    message: str
    config: dict[str, Any] = field(default_factory=dict)
    tenant: Any = None
    name: str | None = None
    environment: dict[str, str] = field(default_factory=dict)


NOTHING = dict.fromkeys(["zdx:vanityDomain", "zdx:clientId", "zdx:clientSecret"])
# The cloud's own addresses, behind a proxy that lets nothing leave this machine.
OWN_ADDRESSES = {
    "zdx:apiUrl": None,
    "zdx:tokenUrl": None,
    "zdx:httpProxy": "http://127.0.0.1:1",
    "zdx:maxRetries": "0",
}
PUBLIC_KEY = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"
ODD = 'it\'s "a" b.c'
BARE = dict.fromkeys(["vanityDomain", "clientId", "clientSecret"])
BY_KEY = {"clientSecret": None, "privateKey": PUBLIC_KEY}
MISTAKES = {
    "nothing is set": Mistake("settings zdx:vanityDomain, zdx:clientId and .* missing", NOTHING),
    "no secret": Mistake("setting zdx:clientSecret is missing", {"zdx:clientSecret": None}),
    "mistyped": Mistake("no setting zdx:clientID. Did you mean", {"zdx:clientID": "x"}),
    "mistyped with a blank": Mistake("no setting zdx:a b'", {"zdx:a b'": "x"}),
    "no number": Mistake("zdx:maxRetries is not valid", {"zdx:maxRetries": "many"}),
    "ZIA cloud": Mistake("name of a ZIA cloud", {"zdx:cloud": "zscalertwo", **OWN_ADDRESSES}),
    "cloud from elsewhere": Mistake(
        "name of a ZIA cloud", OWN_ADDRESSES, environment={"ZSCALER_CLOUD": "zscloud"}
    ),
    "host as vanity domain": Mistake("one DNS label", {"zdx:vanityDomain": "acme.zslogin.net"}),
    "damaged id": Mistake("client id contains a space", {"zdx:clientId": "ad min"}),
    "damaged secret": Mistake("client secret contains a space", {"zdx:clientSecret": "fa ke"}),
    "placeholder": Mistake("which Pulumi shows", {"zdx:clientSecret": "[secret]"}),
    "public key": Mistake("is a public key", {f"zdx:{key}": BY_KEY[key] for key in BY_KEY}),
    "public key in the environment": Mistake(
        "is a public key",
        {"zdx:clientSecret": None},
        environment={"ZSCALER_PRIVATE_KEY": PUBLIC_KEY},
    ),
    "address from elsewhere": Mistake(
        "ZSCALER_API_URL in the environment would",
        {"zdx:apiUrl": None},
        environment={"ZSCALER_API_URL": "http://127.0.0.1:1"},
    ),
    "client from elsewhere": Mistake(
        "zdx:apiUrl in the stack's config would",
        {"zdx:clientId": None},
        environment={"ZSCALER_CLIENT_ID": "another"},
    ),
    "secret of another client": Mistake(
        "are two different clients",
        {"zdx:clientSecret": None},
        environment={"ZSCALER_CLIENT_ID": "another", "ZSCALER_CLIENT_SECRET": "obviously-fake"},
    ),
    "tenants are no map": Mistake("zdx:tenants is not a map", {"zdx:tenants": "x"}, name="NAME"),
    "tenants are a list": Mistake("zdx:tenants is not a map", {"zdx:tenants": ["x"]}, name="NAME"),
    "a tenant is no map": Mistake('tenant "eu" in zdx:tenants is not a set', tenant="x", name="eu"),
    "nothing is set in a tenant": Mistake("has no vanityDomain, ", tenant=BARE, name=ODD),
    "no id in a tenant": Mistake("has no clientId", tenant={"clientId": None}, name="eu.west"),
    "mistyped in a tenant": Mistake("no setting zdx:tenants", tenant={"clientid": "x"}, name=ODD),
    "truth value": Mistake("stored as true or false", tenant={"vanityDomain": True}, name=ODD),
    "soon": Mistake("is not valid", tenant={"requestTimeout": "soon"}, name="emea"),
    "public key in a tenant": Mistake("is a public key", tenant=BY_KEY, name=ODD),
    "URL as vanity domain": Mistake("DNS label", tenant={"vanityDomain": "https://a.b"}, name=ODD),
    "half a number": Mistake("a number that is not whole", tenant={"clientId": 1.5}, name="emea"),
}


@dataclass
class Session:
    """A person at a shell in a project, who knows the right value of each setting."""

    project: PulumiProject
    values: dict[str, str]
    file: Path

    def verify(self, *arguments: str) -> str:
        """What `zdx-keys verify` prints."""
        zdx_keys = ZdxKeys(self.project.folder, self.project.variables())
        done = zdx_keys.run_unchecked("verify", *arguments)
        assert "Traceback" not in done.text
        return done.text

    def paste(self, command: str) -> None:
        """Run a command as it was printed, with the right value in it."""
        script = command.replace("FILE", shlex.quote(str(self.file)))
        if exported := re.match(r"export (\w+)=", command):
            name = exported[1]
            self.project.environment[name] = self._run(f'{script}; printf %s "${name}"').stdout
            return
        if "VALUE" in command or ("--secret" in command and "FILE" not in command):
            value = self.values[max(self.values, key=command.rfind)]
            script = script.replace("VALUE", shlex.quote(value))
            script = f"printf %s {shlex.quote(value)} | {script}"
        done = self._run(script)
        assert done.returncode == 0, f"{command}: {done}"

    def _run(self, script: str) -> Run:
        return run_program(["/bin/sh", "-c", script], self.project.folder, self.project.variables())


@pytest.fixture
def session(project: PulumiProject, tenant: RunningEmulator, tmp_path: Path) -> Session:
    file = tmp_path / "it's a key.pem"
    file.write_text(KeyPair.make().private_pem)
    values = {"maxRetries": "3", "requestTimeout": "7", **tenant.settings()}
    return Session(project, values, file)


SAMPLE = {
    *("nothing is set", "no number", "client from elsewhere", "tenants are a list"),
    *("public key in the environment", "public key in a tenant", "mistyped in a tenant"),
    "half a number",
}


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(mistake, id=name, marks=[] if name in SAMPLE else pytest.mark.slow)
        for name, mistake in MISTAKES.items()
    ],
)
def test_verify_prints_commands_that_correct_the_settings(
    session: Session, tenant: RunningEmulator, mistake: Mistake
) -> None:
    session.project.configure(mistake.config)
    if mistake.tenant is not None:
        entry = mistake.tenant
        if isinstance(entry, dict):
            merged = {**tenant.settings(), **entry}
            entry = {key: value for key, value in merged.items() if value is not None}
        session.project.configure({"zdx:tenants": {mistake.name: entry}})
    session.project.environment.update(mistake.environment)
    arguments = () if mistake.name is None else (f"--tenant={mistake.name}",)

    before = session.verify(*arguments)
    commands = COMMAND.findall(before.partition("stack config")[0])
    for command in commands:
        session.paste(command)
    after = session.verify(*arguments)

    assert re.search(mistake.message, before), before
    assert commands, before
    assert not re.search(mistake.message, after), after


def test_verify_prints_commands_that_encrypt_plain_secrets(
    session: Session, tenant: RunningEmulator
) -> None:
    session.project.configure(
        {
            "zdx:tenants": {"emea": tenant.settings(), "eu.west": tenant.settings()},
            "zdx:privateKey": session.file.read_text(),
        }
    )

    warned = session.verify("--tenant", "emea")
    for command in COMMAND.findall(warned):
        session.paste(command)
    after = session.verify("--tenant", "emea")

    assert ADMIN_SECRET not in warned
    assert warned.count("? stack config: zdx:clientSecret and zdx:privateKey and") == 1
    assert len(COMMAND.findall(warned)) == 4
    assert "stack config" not in after


def test_verify_finds_a_plain_secret_next_to_an_encrypted_one(
    session: Session, tenant: RunningEmulator
) -> None:
    entries = {name: tenant.settings() for name in ("emea", "apac")}
    session.project.configure({"zdx:tenants": entries, "zdx:clientSecret": None})
    session.paste("pulumi config set --secret --path zdx:tenants.emea.clientSecret")

    warned = session.verify("--tenant", "apac")

    assert "zdx:tenants.apac.clientSecret is in the stack's config in plain text" in warned
    assert "emea" not in warned.partition("stack config")[2].partition("\n")[0]


def test_verify_reads_a_whole_number_as_its_text(session: Session, tenant: RunningEmulator) -> None:
    session.project.configure({"zdx:tenants": {"emea": tenant.settings("99")}})
    session.values["clientId"] = "98765432109876543"
    session.paste("pulumi config set --path zdx:tenants.emea.clientId VALUE")

    assert "tenant 99 (zdx:tenants.emea.vanityDomain), client 98765432109876543 (" in (
        session.verify("--tenant", "emea")
    )


def test_verify_says_which_of_two_ways_to_authenticate_was_used(session: Session) -> None:
    session.project.environment["ZSCALER_PRIVATE_KEY"] = session.file.read_text()

    shown = session.verify()

    assert f"client {ADMIN_ID} (zdx:clientId) with its secret (zdx:clientSecret)" in shown
    assert "; ZSCALER_PRIVATE_KEY is also set and not used" in shown
    assert "✓ ZDX roles" in shown
