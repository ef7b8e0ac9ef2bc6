"""What the engine does to a key, and the requests that each operation sends, in order."""

from collections.abc import Callable
from dataclasses import dataclass

from support.key_pair import KeyPair
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import (
    API_CLIENT,
    API_CLIENTS,
    RESOURCE_SERVERS,
    SECRET,
    SECRETS,
    TOKEN,
    RunningEmulator,
)

UP = ("up", "--yes", "--skip-preview")
UP_REFRESH = (*UP, "--refresh")
DESTROY = ("destroy", "--yes", "--skip-preview")
REPLACE = (*UP, "--replace", "urn:pulumi:test::keys::pulumi-python:dynamic/zdx:ApiKey::ci")

PAIR, NEXT_PAIR = KeyPair.make_ec(), KeyPair.make_ec()

NOTHING = ""
ONE_KEY = 'ApiKey("ci", name="ci", role="ZDX Read-only Admin")'
RENAMED = 'ApiKey("ci", name="ci-renamed", role="ZDX Read-only Admin")'
_ADOPTED = 'ApiKey("ci", name="ci", role="ZDX Read-only Admin", adopt=True)'
_OTHER_ROLE = 'ApiKey("ci", name="ci", role="ZDX Service Desk Tier 1")'
_DESCRIBED = 'ApiKey("ci", name="ci", role="ZDX Read-only Admin", description="changed")'
_OTHER_ROLE_REPLACES = """
options = pulumi.ResourceOptions(replace_on_changes=["role"])
ApiKey("ci", name="ci", role="ZDX Service Desk Tier 1", opts=options)
"""
_OTHER_NAME_REPLACES = """
options = pulumi.ResourceOptions(delete_before_replace=False, replace_on_changes=["name"])
ApiKey("ci", name="ci-2", role="ZDX Read-only Admin", opts=options)
"""
_ROTATED = """
from zdx_provider import RotationArgs

rotation = RotationArgs(
    keep_previous_days={keep}, triggers={{"round": "{round}"}}, end_overlap_early=True
)
ApiKey("ci", name="ci", role="ZDX Read-only Admin", rotation=rotation)
"""
_KEYLESS = """
ApiKey(
    "ci",
    name="ci",
    role="ZDX Read-only Admin",
    adopt={adopt},
    authentication={{"public_keys": {keys!r}}},
)
"""


def _declare_keyless(*pairs: KeyPair, adopt: bool = False) -> str:
    keys = {f"key-{number}": pair.public_pem for number, pair in enumerate(pairs)}
    return _KEYLESS.format(keys=keys, adopt=adopt)


@dataclass(frozen=True)
class Step:
    """One request of an operation.

    Attributes:
        name: What it is for.
        method: Its HTTP method.
        path: Its path, as a fault names it.
        after: How many requests like it come first.
    """

    name: str
    method: str
    path: str
    after: int = 0

    @property
    def changes(self) -> bool:
        """Whether it changes a key."""
        return self.method != "GET" and self.path != TOKEN


AUTHENTICATE = Step("authenticate", "POST", TOKEN)
LIST_ROLES = Step("list roles", "GET", RESOURCE_SERVERS)
LIST_KEYS = Step("list keys", "GET", API_CLIENTS)
READ = Step("read", "GET", API_CLIENT)
READ_AGAIN = Step("read again", "GET", API_CLIENT, after=1)
READ_LAST = Step("read last", "GET", API_CLIENT, after=2)
LIST_KEYS_AGAIN = Step("list keys again", "GET", API_CLIENTS, after=1)
LIST_SECRETS = Step("list secrets", "GET", SECRETS)
LIST_SECRETS_AGAIN = Step("list secrets again", "GET", SECRETS, after=1)
LIST_SECRETS_LAST = Step("list secrets last", "GET", SECRETS, after=2)
MAKE = Step("make", "POST", API_CLIENTS)
CHANGE = Step("change", "PUT", API_CLIENT)
CREATE_SECRET = Step("create", "POST", SECRETS)
REMOVE = Step("remove", "DELETE", API_CLIENT)
REVOKE = Step("revoke", "DELETE", SECRET)


@dataclass(frozen=True)
class Credential:
    """A secret that someone uses."""

    key_id: str
    secret: str


@dataclass(frozen=True)
class Operation:
    """Something that the engine does to a key.

    Attributes:
        name: What that is called.
        steps: The requests that it sends, in order; a create lists keys again beside its last one.
        prepare: Brings a fresh project to where the operation begins. Gives the credentials,
            beside the state's, that must work throughout.
        program: What is declared from then on.
        command: The command that carries it out.
        then: The command that goes on where that was cut short; None: the same one.
        leaves: The name of the key that is there afterwards; None: no key.
        makes: Whether the engine's create is a part of it, so that what an interrupted run left
            may be refused.
        removes: Whether the state's key may be gone before the state says so.
        corrects: Whether the state's secret does not work when it begins.
        pair: Whose public key the key has afterwards; None: it has a secret.
    """

    name: str
    steps: tuple[Step, ...]
    prepare: Callable[[PulumiProject, RunningEmulator], tuple[Credential, ...]]
    program: str
    command: tuple[str, ...] = UP
    then: tuple[str, ...] | None = None
    leaves: str | None = "ci"
    makes: bool = False
    removes: bool = False
    corrects: bool = False
    pair: KeyPair | None = None


def _with_nothing(
    project: PulumiProject,  # noqa: ARG001 - one signature for all
    tenant: RunningEmulator,  # noqa: ARG001
) -> tuple[Credential, ...]:
    return ()


def _with_a_key(
    project: PulumiProject,
    tenant: RunningEmulator,  # noqa: ARG001 - one signature for all
) -> tuple[Credential, ...]:
    project.program(ONE_KEY).up()
    return ()


def _with_a_key_created_manually(
    project: PulumiProject,  # noqa: ARG001 - one signature for all
    tenant: RunningEmulator,
) -> tuple[Credential, ...]:
    client = tenant.create_client("ci")
    secret = tenant.add_secret(client.id)
    return (Credential(client.id, secret.value),)


def _with_a_key_whose_secret_is_gone(
    project: PulumiProject, tenant: RunningEmulator
) -> tuple[Credential, ...]:
    project.program(ONE_KEY).up()
    key = project.key()
    tenant.delete_secret(key["key_id"], key["secret_id"])
    project.refresh()
    return ()


def _with_a_rotating_key(
    project: PulumiProject,
    tenant: RunningEmulator,  # noqa: ARG001 - one signature for all
) -> tuple[Credential, ...]:
    return (_after_rounds(project, 1),)


def _with_a_key_inside_its_overlap(
    project: PulumiProject,
    tenant: RunningEmulator,  # noqa: ARG001 - one signature for all
) -> tuple[Credential, ...]:
    return (_after_rounds(project, 2),)


def _with_a_previous_secret_past_its_day(
    project: PulumiProject,
    tenant: RunningEmulator,  # noqa: ARG001 - one signature for all
) -> tuple[Credential, ...]:
    return (_after_rounds(project, 2, keep=0),)


def _with_a_key_whose_secret_is_in_use(
    project: PulumiProject,
    tenant: RunningEmulator,  # noqa: ARG001 - one signature for all
) -> tuple[Credential, ...]:
    project.program(ONE_KEY).up()
    key = project.key()
    return (Credential(key["key_id"], key["key_secret"]),)


def _with_a_public_key(
    project: PulumiProject,
    tenant: RunningEmulator,  # noqa: ARG001 - one signature for all
) -> tuple[Credential, ...]:
    project.program(_declare_keyless(PAIR)).up()
    return ()


def _with_a_public_key_and_a_secret_past_its_day(
    project: PulumiProject,
    tenant: RunningEmulator,  # noqa: ARG001 - one signature for all
) -> tuple[Credential, ...]:
    _after_rounds(project, 1, keep=0)
    project.program(_declare_keyless(PAIR)).up()
    return ()


def _after_rounds(project: PulumiProject, rounds: int, keep: int = 7) -> Credential:
    """Give the credential that the state holds after so many secrets in a row."""
    for number in range(1, rounds + 1):
        project.program(_ROTATED.format(keep=keep, round=number)).up()
    key = project.key()
    return Credential(key["key_id"], key["key_secret"])


OPERATIONS = (
    Operation(
        "create",
        steps=(AUTHENTICATE, LIST_ROLES, LIST_KEYS, MAKE, CREATE_SECRET, LIST_KEYS_AGAIN),
        prepare=_with_nothing,
        program=ONE_KEY,
        makes=True,
    ),
    Operation(
        "take over",
        steps=(
            AUTHENTICATE,
            LIST_ROLES,
            LIST_KEYS,
            READ,
            LIST_SECRETS,
            CHANGE,
            LIST_SECRETS_AGAIN,
            CREATE_SECRET,
            READ_AGAIN,
            LIST_SECRETS_LAST,
        ),
        prepare=_with_a_key_created_manually,
        program=_ADOPTED,
        makes=True,
    ),
    Operation(
        "replace",
        steps=(
            AUTHENTICATE,
            LIST_ROLES,
            READ,
            REMOVE,
            LIST_KEYS,
            MAKE,
            CREATE_SECRET,
            LIST_KEYS_AGAIN,
        ),
        prepare=_with_a_key,
        program=_OTHER_ROLE_REPLACES,
        makes=True,
        removes=True,
    ),
    # No plain `up` asks the tenant about a key that the program has not changed.
    Operation(
        "replace on request",
        steps=(
            AUTHENTICATE,
            LIST_ROLES,
            READ,
            REMOVE,
            LIST_KEYS,
            MAKE,
            CREATE_SECRET,
            LIST_KEYS_AGAIN,
        ),
        prepare=_with_a_key,
        program=ONE_KEY,
        command=REPLACE,
        then=UP_REFRESH,
        makes=True,
        removes=True,
    ),
    Operation(
        "replace, new key first",
        steps=(
            AUTHENTICATE,
            LIST_ROLES,
            LIST_KEYS,
            MAKE,
            CREATE_SECRET,
            LIST_KEYS_AGAIN,
            READ,
            REMOVE,
        ),
        prepare=_with_a_key,
        program=_OTHER_NAME_REPLACES,
        leaves="ci-2",
        makes=True,
        removes=True,
    ),
    Operation(
        "update",
        steps=(AUTHENTICATE, LIST_ROLES, READ, CHANGE),
        prepare=_with_a_key,
        program=_OTHER_ROLE,
    ),
    Operation(
        "correct",
        steps=(AUTHENTICATE, READ, CHANGE, LIST_SECRETS, CREATE_SECRET),
        prepare=_with_a_key_whose_secret_is_gone,
        program=_DESCRIBED,
        corrects=True,
    ),
    Operation(
        "rotate",
        steps=(AUTHENTICATE, READ, LIST_SECRETS, CREATE_SECRET),
        prepare=_with_a_rotating_key,
        program=_ROTATED.format(keep=7, round="next"),
    ),
    Operation(
        "rotate inside an overlap",
        steps=(AUTHENTICATE, READ, LIST_SECRETS, REVOKE, CREATE_SECRET),
        prepare=_with_a_key_inside_its_overlap,
        program=_ROTATED.format(keep=7, round="next"),
    ),
    Operation(
        "revoke",
        steps=(AUTHENTICATE, READ, REVOKE),
        prepare=_with_a_previous_secret_past_its_day,
        program=_ROTATED.format(keep=0, round=2),
    ),
    Operation(
        "create without a secret",
        steps=(AUTHENTICATE, LIST_ROLES, LIST_KEYS, MAKE, LIST_KEYS_AGAIN),
        prepare=_with_nothing,
        program=_declare_keyless(PAIR),
        makes=True,
        pair=PAIR,
    ),
    Operation(
        "take over without a secret",
        steps=(
            AUTHENTICATE,
            LIST_ROLES,
            LIST_KEYS,
            READ,
            LIST_SECRETS,
            CHANGE,
            READ_AGAIN,
            READ_LAST,
        ),
        prepare=_with_a_key_created_manually,
        program=_declare_keyless(PAIR, adopt=True),
        makes=True,
        pair=PAIR,
    ),
    Operation(
        "add a public key",
        steps=(AUTHENTICATE, READ, CHANGE),
        prepare=_with_a_public_key,
        program=_declare_keyless(PAIR, NEXT_PAIR),
        pair=PAIR,
    ),
    Operation(
        "convert to a public key",
        steps=(AUTHENTICATE, READ, CHANGE, READ_AGAIN),
        prepare=_with_a_key_whose_secret_is_in_use,
        program=_declare_keyless(PAIR),
        pair=PAIR,
    ),
    Operation(
        "convert to a secret",
        steps=(AUTHENTICATE, READ, CHANGE, READ_AGAIN, LIST_SECRETS, CREATE_SECRET),
        prepare=_with_a_public_key,
        program=ONE_KEY,
        corrects=True,
    ),
    Operation(
        "revoke after a conversion",
        steps=(AUTHENTICATE, READ, REVOKE),
        prepare=_with_a_public_key_and_a_secret_past_its_day,
        program=_declare_keyless(PAIR),
        pair=PAIR,
    ),
    Operation(
        "delete",
        steps=(AUTHENTICATE, READ, REMOVE),
        prepare=_with_a_key,
        program=NOTHING,
        leaves=None,
        removes=True,
    ),
    Operation(
        "destroy",
        steps=(AUTHENTICATE, READ, REMOVE),
        prepare=_with_a_key,
        program=ONE_KEY,
        command=DESTROY,
        leaves=None,
        removes=True,
    ),
    Operation(
        "destroy, then want it again",
        steps=(AUTHENTICATE, READ, REMOVE),
        prepare=_with_a_key,
        program=ONE_KEY,
        command=DESTROY,
        then=UP_REFRESH,
        removes=True,
    ),
)


def operation(name: str) -> Operation:
    """Return the operation of that name."""
    return next(known for known in OPERATIONS if known.name == name)
