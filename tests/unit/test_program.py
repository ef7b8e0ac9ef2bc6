"""The resource as a program declares it, registered with an engine that only takes note."""

import base64
import inspect
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import dill  # type: ignore[import-untyped]  # it ships no types
import pulumi
import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.mocks import test as run_to_its_end

from zdx_provider import (
    ApiKey,
    AuthenticationArgs,
    AuthenticationArgsDict,
    RotationArgs,
    RotationArgsDict,
)
from zdx_provider.api_key import get_output
from zdx_provider.keys.inputs import ARGUMENTS, KeyInputs
from zdx_provider.keys.owner import Owner
from zdx_provider.provider import ApiKeyProvider

KEY_TYPE = "pulumi-python:dynamic/zdx:ApiKey"
ROLE = "ZDX Read-only Admin"

pytestmark = pytest.mark.usefixtures("event_loop")


class Engine(Mocks):
    """Takes note of what is registered, and responds with the inputs."""

    def __init__(self) -> None:
        self.registered: list[MockResourceArgs] = []
        self.secret_outputs: list[str] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.registered.append(args)
        return args.resource_id or "key-1", args.inputs

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(args.token)

    def run(self, program: Callable[[], object]) -> None:
        run_to_its_end(program)()  # type: ignore[no-untyped-call]  # pulumi does not annotate it

    @property
    def keys(self) -> list[MockResourceArgs]:
        return [resource for resource in self.registered if resource.typ == KEY_TYPE]

    @property
    def key(self) -> dict[str, Any]:
        """The inputs of the one key."""
        (key,) = self.keys
        return {name: value for name, value in key.inputs.items() if name != "__provider"}


class Monitor(MockMonitor):
    """Makes URNs as the engine does: all ancestors' types, except the stack's."""

    mocks: Engine

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's own name
        self.mocks.secret_outputs += request.additionalSecretOutputs
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]  # not annotated

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        above = parent.split("::")[2] if parent else ""
        if above and above != "pulumi:pulumi:Stack":
            type_ = f"{above}${type_}"
        return f"urn:pulumi:prod::keys::{type_}::{name}"


class Team(pulumi.ComponentResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("x:y:Team", name, None, opts)


@pytest.fixture
def engine(event_loop: None) -> Iterator[Engine]:  # noqa: ARG001 - it comes first
    engine = Engine()
    set_mocks(engine, project="keys", stack="prod", preview=False, monitor=Monitor(engine))
    yield engine
    pulumi.runtime.settings.reset_options()


def test_register_sends_declared_inputs_and_defaults(engine: Engine) -> None:
    engine.run(lambda: ApiKey("ci", role=ROLE, name="pipeline"))

    assert engine.key == {
        "name": "pipeline",
        "role": ROLE,
        "description": "",
        "enabled": True,
        "token_lifetime_seconds": 3600,
        "adopt": False,
        "managed_by": "keys/prod/ci",
    }


def warnings_of(
    config: dict[str, str], secret: list[str], caplog: pytest.LogCaptureFixture
) -> list[str]:
    """What a program of two keys is warned of."""

    def program() -> None:
        pulumi.runtime.config.set_all_config(config, secret)
        for name in ("ci", "desk"):
            ApiKey(name, role=ROLE)

    engine = Engine()
    set_mocks(engine, project="keys", stack="prod", preview=False, monitor=Monitor(engine))
    caplog.clear()
    try:
        engine.run(program)
    finally:
        pulumi.runtime.config.set_all_config({}, [])
        pulumi.runtime.settings.reset_options()
    return [record.message for record in caplog.records if "zdx:" in record.message]


def test_config_check_warns_once_of_secrets_in_plain_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tenants = {"eu": {"privateKey": "fake", "clientId": "x"}, "us": "fake", "ap": {}}
    config = {"zdx:clientSecret": "obviously-fake", "zdx:tenants": json.dumps(tenants)}

    (warning,) = warnings_of(config, [], caplog)
    (other,) = warnings_of(config, ["zdx:tenants"], caplog)

    assert warning.startswith("zdx:clientSecret and zdx:tenants.eu.privateKey are in the stack's")
    assert "`pulumi config set --secret --path zdx:tenants.eu.privateKey < FILE`" in warning
    assert other.startswith("zdx:clientSecret is in the stack's config in plain text")
    assert "fake" not in warning + other
    assert warnings_of(config, [*config], caplog) == []


@pytest.mark.parametrize("tenants", ["{", "[]", "7", "[" * 9000, "null"])
def test_config_check_ignores_malformed_tenants(
    caplog: pytest.LogCaptureFixture, tenants: str
) -> None:
    assert warnings_of({"zdx:tenants": tenants}, [], caplog) == []


def test_config_check_warns_of_each_unknown_setting(caplog: pytest.LogCaptureFixture) -> None:
    config = {"zdx:clientID": "x", "zdx:color": "x", "keys:clientID": "x", "zdx:cloud": "beta"}

    first, second = warnings_of(config, [], caplog)

    assert first == (
        "there is no setting zdx:clientID. Did you mean zdx:clientId? "
        "To remove it, run `pulumi config rm zdx:clientID`."
    )
    assert (
        second == "there is no setting zdx:color. To remove it, run `pulumi config rm zdx:color`."
    )


def test_register_sends_every_argument(engine: Engine) -> None:
    declared: dict[str, Any] = {
        "name": "pipeline",
        "role": ROLE,
        "description": "for CI",
        "enabled": False,
        "token_lifetime_seconds": 60,
        "tenant": "eu",
        "adopt": True,
    }

    engine.run(lambda: ApiKey("ci", **declared))

    assert engine.key == {**declared, "managed_by": "keys/prod/ci"}


def test_register_has_the_arguments_and_defaults_of_the_provider() -> None:
    arguments = inspect.signature(ApiKey).parameters.values()
    declared = {a.name: a.default for a in arguments if a.name not in ("resource_name", "opts")}
    known = {name: KeyInputs.model_fields[name] for name in ARGUMENTS}

    assert known.keys() == declared.keys()
    assert {name: field.default for name, field in known.items() if not field.is_required()} == {
        name: default
        for name, default in declared.items()
        # A name is made, and so never missing; a role is always declared.
        if name not in ("name", "role")
    }


def test_register_sends_a_rotation_without_undeclared_members(engine: Engine) -> None:
    engine.run(lambda: ApiKey("ci", role=ROLE, rotation=RotationArgs(triggers={"release": "7"})))

    assert engine.key["rotation"] == {
        "secret_lifetime_days": 365,
        "keep_previous_days": 7,
        "triggers": {"release": "7"},
        "end_overlap_early": False,
    }


MEMBERS = inspect.get_annotations(RotationArgs)


def test_register_takes_a_rotation_as_a_dict(engine: Engine) -> None:
    rotation: RotationArgsDict = {
        "secret_lifetime_days": pulumi.Output.from_input(90),
        "triggers": {"release": "7"},
    }

    engine.run(lambda: ApiKey("ci", role=ROLE, rotation=rotation))

    assert engine.key["rotation"] == {
        "secret_lifetime_days": 90,
        "keep_previous_days": 7,
        "triggers": {"release": "7"},
        "end_overlap_early": False,
    }


@pytest.mark.parametrize("made", [dict, AuthenticationArgs])
def test_register_sends_an_authentication_with_outputs_in_it(
    engine: Engine, made: Callable[..., Any]
) -> None:
    keys = {"first": pulumi.Output.from_input("PEM"), "second": "PEM 2"}

    engine.run(lambda: ApiKey("ci", role=ROLE, authentication=made(public_keys=keys)))

    assert engine.key["authentication"] == {"public_keys": {"first": "PEM", "second": "PEM 2"}}


def test_all_members_of_an_authentication_of_a_wrong_type_are_named_at_once(
    engine: Engine,
) -> None:
    declared: Any = {"public_keys": "PEM", "certificates": "PEM", "jwks_url": 7, "keys": {}}

    with pytest.raises(TypeError) as refused:
        ApiKey("ci", role=ROLE, authentication=declared)

    assert str(refused.value) == (
        'ApiKey "ci": authentication.public_keys must be a dict, not str; '
        "authentication.certificates must be a list, not str; authentication.jwks_url must be str, "
        "not int; authentication.keys does not exist; authentication has: public_keys, "
        "certificates, jwks_url."
    )
    assert engine.registered == []


def test_register_warns_of_a_secret_that_the_key_does_not_have(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def program() -> ApiKey:
        key = ApiKey("ci", role=ROLE, authentication={"jwks_url": "https://acme.com/jwks"})
        pulumi.export("secret", key.key_secret)
        return key

    preview_of({"key_id": "key-1"}, program)

    (warning,) = [record.message for record in caplog.records if "is None" in record.message]
    assert "this key has no secret" in warning


@pytest.mark.parametrize(
    ("as_dict", "args"),
    [(RotationArgsDict, RotationArgs), (AuthenticationArgsDict, AuthenticationArgs)],
)
def test_dict_of_members_has_those_of_its_class(as_dict: type, args: type) -> None:
    here = inspect.get_annotations(as_dict)
    there = inspect.get_annotations(args)

    assert {name: of | None for name, of in here.items()} == {
        name: of | None for name, of in there.items()
    }


@pytest.mark.parametrize("made", [dict, RotationArgs])
def test_all_values_of_a_wrong_type_are_named_at_once(
    engine: Engine, made: Callable[..., Any]
) -> None:
    rotation = made(secret_lifetime_days="90", keep_previous_days=True, triggers=["a"])

    with pytest.raises(TypeError) as refused:
        ApiKey("ci", role=ROLE, enabled=1, rotation=rotation)  # type: ignore[arg-type]

    assert str(refused.value) == (
        'ApiKey "ci": enabled must be bool, not int; rotation.secret_lifetime_days must be int, '
        "not str; rotation.keep_previous_days must be int, not bool; rotation.triggers must be a "
        "dict, not list."
    )
    assert engine.registered == []


def preview_of(outputs: dict[str, Any], program: Callable[[], ApiKey]) -> dict[str, Any]:
    """Preview a program, and return its key's outputs that are known.

    Args:
        outputs: What the engine gives the program in addition to the inputs.
        program: Declares the key.
    """

    class Previewing(Engine):
        def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
            return "key-1", {**args.inputs, **outputs}

    known: dict[str, Any] = {}

    def run() -> None:
        key = program()
        for name in inspect.get_annotations(ApiKey):
            get_output(key, name).apply(partial(known.setdefault, name))

    engine = Previewing()
    set_mocks(engine, project="keys", stack="prod", preview=True, monitor=Monitor(engine))
    try:
        engine.run(run)
    finally:
        pulumi.runtime.settings.reset_options()
    return known


def test_preview_of_an_unchanged_key_knows_the_outputs_that_its_state_lacks() -> None:
    known = preview_of({"key_id": "key-1", "secret_id": "s1"}, lambda: ApiKey("ci", role=ROLE))

    assert known.keys() == inspect.get_annotations(ApiKey).keys()
    assert (known["secret_id"], known["previous_secret_id"], known["tenant"]) == ("s1", None, None)


def test_preview_of_a_planned_update_knows_only_the_inputs() -> None:
    known = preview_of({}, lambda: ApiKey("ci", role=ROLE))

    assert "role" in known
    assert known.keys().isdisjoint({"key_id", "key_secret", "previous_secret_id"})


@pytest.mark.parametrize("output", ["key_secret", "key_json"])
def test_register_warns_once_of_a_missing_secret_that_is_used(
    caplog: pytest.LogCaptureFixture, output: str
) -> None:
    def program() -> ApiKey:
        key = ApiKey("ci", role=ROLE)
        pulumi.export("secret", getattr(key, output))
        pulumi.export("again", key.key_secret)
        return key

    preview_of({"key_id": "key-1"}, program)

    (warning,) = [record.message for record in caplog.records if "is None" in record.message]
    assert warning.startswith(f"the program uses {output}, which is None")


@pytest.mark.parametrize(
    ("outputs", "used"), [({"key_secret": "obviously-fake"}, "key_secret"), ({}, "role")]
)
def test_register_does_not_warn_of_a_secret_that_exists_or_is_not_used(
    caplog: pytest.LogCaptureFixture, outputs: dict[str, str], used: str
) -> None:
    def program() -> ApiKey:
        key = ApiKey("ci", role=ROLE)
        pulumi.export("used", getattr(key, used))
        return key

    preview_of({"key_id": "key-1", **outputs}, program)

    assert [record for record in caplog.records if "is None" in record.message] == []


def test_register_names_secret_inputs(engine: Engine) -> None:
    engine.run(
        lambda: ApiKey(
            "ci",
            role=pulumi.Output.from_input(ROLE),
            description=pulumi.Output.secret("obviously-fake"),
        )
    )

    assert engine.key["secret_inputs"] == ["description"]


SECRET = pulumi.Output.secret


def make_secret(_: str) -> Any:
    return SECRET("obviously-fake")


@pytest.mark.parametrize(
    "make",
    [
        lambda: SECRET("obviously-fake"),
        lambda: [SECRET("obviously-fake")],
        lambda: {"a": [("b", {"c": SECRET("obviously-fake")})]},
        lambda: pulumi.Output.from_input({"a": [SECRET("obviously-fake")]}),
        lambda: pulumi.Output.from_input("x").apply(lambda _: {"a": SECRET("obviously-fake")}),
        lambda: pulumi.Output.from_input("x").apply(make_secret),
    ],
    ids=["itself", "in a list", "nested", "in an output", "made by an apply", "an apply's result"],
)
def test_register_names_a_rotation_that_contains_a_secret(
    engine: Engine, make: Callable[[], Any]
) -> None:
    engine.run(lambda: ApiKey("ci", role=ROLE, rotation=RotationArgs(triggers={"t": make()})))

    assert engine.key["secret_inputs"] == ["rotation"]


@pytest.mark.parametrize("is_secret", [True, False])
def test_outputs_of_a_secret_authentication_are_secret(engine: Engine, *, is_secret: bool) -> None:
    def declare() -> None:
        url = SECRET("https://acme.com") if is_secret else "https://acme.com"
        ApiKey("ci", role=ROLE, authentication=AuthenticationArgs(jwks_url=url))

    engine.run(declare)

    own = {"key_secret", "key_json"}
    shown = {"key_fingerprints", "certificate_expires_at"}
    assert set(engine.secret_outputs) == (own | shown if is_secret else own)


def test_register_names_no_rotation_without_a_secret(engine: Engine) -> None:
    triggers: dict[str, Any] = {"t": ["a", {"b": pulumi.Output.from_input("c")}]}

    engine.run(lambda: ApiKey("ci", role=ROLE, rotation=RotationArgs(triggers=triggers)))

    assert "secret_inputs" not in engine.key


def put(name: str, value: Callable[[Any], Any]) -> pulumi.ResourceTransformation:
    """A transformation that changes one input of every key."""

    def transform(
        args: pulumi.ResourceTransformationArgs,
    ) -> pulumi.ResourceTransformationResult | None:
        if args.type_ != KEY_TYPE:
            return None
        props = {**args.props, name: value(args.props[name])}
        return pulumi.ResourceTransformationResult(props, args.opts)

    return transform


@pytest.mark.parametrize(
    "value", [SECRET, lambda _: SECRET("obviously-fake")], ids=["marked", "replaced"]
)
@pytest.mark.parametrize("where", ["resource", "parent", "stack"])
def test_register_names_a_secret_of_a_transformation(
    engine: Engine, value: Callable[[Any], Any], where: str
) -> None:
    transformation = put("name", value)
    options = pulumi.ResourceOptions(transformations=[transformation])

    def program() -> None:
        if where == "stack":
            pulumi.runtime.register_stack_transformation(transformation)
        parent = Team("team", options if where == "parent" else None)
        own = options if where == "resource" else pulumi.ResourceOptions()
        merged = pulumi.ResourceOptions.merge(own, pulumi.ResourceOptions(parent=parent))
        ApiKey("ci", role=ROLE, opts=merged)

    engine.run(program)

    assert engine.key["secret_inputs"] == ["name"]


def test_register_does_not_name_a_secret_that_a_transformation_replaces(engine: Engine) -> None:
    reveal = pulumi.ResourceOptions(transformations=[put("name", lambda _: "plain")])

    engine.run(lambda: ApiKey("ci", role=ROLE, name=SECRET("obviously-fake"), opts=reveal))

    assert "secret_inputs" not in engine.key


def test_register_names_secrets_of_parent_and_child_separately(engine: Engine) -> None:
    def program() -> None:
        above = ApiKey("above", role=ROLE, description=SECRET("obviously-fake"))
        ApiKey("below", role=ROLE, name=SECRET("x"), opts=pulumi.ResourceOptions(parent=above))

    engine.run(program)

    assert {key.name: key.inputs["secret_inputs"] for key in engine.keys} == {
        "above": ["description"],
        "below": ["name"],
    }


def test_register_names_inputs_of_additional_secret_outputs(engine: Engine) -> None:
    secret = pulumi.ResourceOptions(additional_secret_outputs=["name", "key_id"])

    engine.run(lambda: ApiKey("ci", role=ROLE, opts=secret))

    assert engine.key["secret_inputs"] == ["name"]


@pytest.mark.parametrize("by", ["option", "transformation"])
def test_import_by_id_is_refused_and_says_what_to_do(engine: Engine, by: str) -> None:
    def transform(
        args: pulumi.ResourceTransformationArgs,
    ) -> pulumi.ResourceTransformationResult:
        opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(import_="c1"))
        return pulumi.ResourceTransformationResult(args.props, opts)

    options = {
        "option": pulumi.ResourceOptions(import_="c1"),
        "transformation": pulumi.ResourceOptions(transformations=[transform]),
    }

    refusal = r'^ApiKey "ci": Pulumi cannot import a dynamic resource by its ID\..*'
    advice = r"declare adopt=True.*zdx-keys import-file --output"
    with pytest.raises(pulumi.RunError, match=refusal + advice):
        ApiKey("ci", role=ROLE, opts=options[by])

    assert engine.registered == []


def test_register_refuses_a_rotation_that_is_an_output(engine: Engine) -> None:
    rotation: Any = pulumi.Output.from_input(RotationArgs())

    with pytest.raises(TypeError, match="rotation must be RotationArgs or a dict, not Output"):
        ApiKey("ci", role=ROLE, rotation=rotation)

    assert engine.registered == []


def test_register_builds_a_name_of_project_stack_and_logical_name(engine: Engine) -> None:
    engine.run(lambda: ApiKey("ci", role=ROLE))

    assert engine.key["name"] == "keys-prod-ci"


def test_register_keeps_an_empty_name(engine: Engine) -> None:
    engine.run(lambda: ApiKey("ci", role=ROLE, name=""))

    assert engine.key["name"] == ""


def test_register_accepts_an_output_as_an_argument(engine: Engine) -> None:
    engine.run(lambda: ApiKey("ci", role=pulumi.Output.from_input(ROLE)))

    assert engine.key["role"] == ROLE


@pytest.mark.parametrize(
    ("argument", "value", "complaint"),
    [
        ("role", 18347, "role must be str, not int"),
        ("role", None, "role must be str, not NoneType"),
        ("name", b"ci", "name must be str, not bytes"),
        ("description", None, "description must be str, not NoneType"),
        ("enabled", "false", "enabled must be bool, not str"),
        ("enabled", 1, "enabled must be bool, not int"),
        ("token_lifetime_seconds", "3600", "token_lifetime_seconds must be int, not str"),
        ("token_lifetime_seconds", 3600.0, "token_lifetime_seconds must be int, not float"),
        ("token_lifetime_seconds", True, "token_lifetime_seconds must be int, not bool"),
        ("tenant", ["eu"], "tenant must be str, not list"),
        ("adopt", "yes", "adopt must be bool, not str"),
        ("rotation", 90, "rotation must be RotationArgs or a dict, not int"),
        (
            "rotation",
            {"lifetime": 90},
            f"rotation.lifetime does not exist; rotation has: {', '.join(MEMBERS)}",
        ),
    ],
)
def test_register_refuses_a_value_of_the_wrong_type(
    engine: Engine, argument: str, value: object, complaint: str
) -> None:
    arguments: dict[str, Any] = {"role": ROLE, argument: value}

    with pytest.raises(TypeError, match=f'^ApiKey "ci": {complaint}.$'):
        ApiKey("ci", **arguments)

    assert engine.registered == []


def test_register_includes_the_parent_component_in_the_owner(engine: Engine) -> None:
    def program() -> None:
        ApiKey("ci", role=ROLE, opts=pulumi.ResourceOptions(parent=Team("backend")))

    engine.run(program)

    assert engine.key["managed_by"] == "keys/prod/x:y:Team$ci"


@pytest.mark.parametrize("name", ["x:y:Team$ci", "a::b", "a/b", "a #1]", "[pulumi a", "a%24", "\n"])
def test_register_gives_each_resource_a_unique_owner(engine: Engine, name: str) -> None:
    def program() -> None:
        ApiKey("ci", role=ROLE, opts=pulumi.ResourceOptions(parent=Team("team ::1")))
        ApiKey(name, role=ROLE, opts=pulumi.ResourceOptions(parent=Team("team ::2")))
        ApiKey(name, role=ROLE)

    engine.run(program)

    found = sorted(key.inputs["managed_by"] for key in engine.keys)
    assert found == sorted(
        str(Owner("keys", "prod", parents, each))
        for parents, each in ((("x:y:Team",), "ci"), (("x:y:Team",), name), ((), name))
    )
    assert len(set(found)) == len(found)


def test_register_includes_every_parent_component_in_the_owner(engine: Engine) -> None:
    def program() -> None:
        outer = Team("company")
        inner = Team("backend", pulumi.ResourceOptions(parent=outer))
        ApiKey("ci", role=ROLE, opts=pulumi.ResourceOptions(parent=inner))

    engine.run(program)

    assert engine.key["managed_by"] == "keys/prod/x:y:Team$x:y:Team$ci"


def test_register_ignores_the_stack_as_a_parent_in_the_owner(engine: Engine) -> None:
    def program() -> None:
        stack = pulumi.runtime.settings.get_root_resource()
        ApiKey("ci", role=ROLE, opts=pulumi.ResourceOptions(parent=stack))

    engine.run(program)

    assert engine.key["managed_by"] == "keys/prod/ci"


def test_register_declares_no_output_as_an_input(engine: Engine) -> None:
    engine.run(lambda: ApiKey("ci", role=ROLE))

    assert engine.key.keys().isdisjoint({"key_id", "key_secret", "key_json", "secret_id"})


def test_register_of_a_subclass_keeps_the_type(engine: Engine) -> None:
    class TeamKey(ApiKey):
        """What a team declares in its own way."""

    engine.run(lambda: TeamKey("ci", role=ROLE))

    assert engine.registered[-1].typ == KEY_TYPE


def test_register_without_a_tenant_gives_a_tenant_output_of_none(engine: Engine) -> None:
    seen: list[str | None] = []

    engine.run(lambda: ApiKey("ci", role=ROLE).tenant.apply(seen.append))

    assert seen == [None]


def test_get_reads_by_id_and_declares_nothing(engine: Engine) -> None:
    engine.run(lambda: ApiKey.get("found", "key-7", tenant="eu"))

    assert engine.key == {"tenant": "eu"}
    assert engine.keys[0].name == "found"


def test_serialize_provider_refers_to_the_class_without_its_code() -> None:
    blob = base64.b64decode(serialize_provider(ApiKeyProvider()))

    assert len(blob) < 60
    assert b"zdx_provider.provider" in blob
    assert b"ApiKeyProvider" in blob
    assert isinstance(dill.loads(blob), ApiKeyProvider)  # noqa: S301 - made one line above


def test_serialize_provider_always_gives_the_same_reference() -> None:
    recorded = "gASVLwAAAAAAAACMFXpkeF9wcm92aWRlci5wcm92aWRlcpSMDkFwaUtleVByb3ZpZGVylJOUKYGULg=="

    assert [serialize_provider(ApiKeyProvider()) for _ in range(2)] == [recorded, recorded]


HTTP = {"requests", "urllib3", "jwt", "tenacity", "cryptography"}


@pytest.mark.parametrize(
    ("imports", "unneeded"),
    [
        ("from zdx_provider import ApiKey, get_api_key", {*HTTP, "pydantic"}),
        ("import zdx_provider.engine.lifecycle", HTTP),
        ("import zdx_provider.cli.app", {*HTTP, "pulumi", "grpc", "pydantic"}),
    ],
    ids=["program", "plugin", "help of zdx-keys"],
)
def test_import_loads_only_necessary_libraries(imports: str, unneeded: set[str]) -> None:
    line = f"import sys, json; {imports}; print(json.dumps(sorted(sys.modules)))"

    shown = subprocess.run(
        [sys.executable, "-c", line], capture_output=True, text=True, check=True, timeout=60
    )

    loaded = {name.partition(".")[0] for name in json.loads(shown.stdout)}
    assert "zdx_provider" in loaded
    assert loaded.isdisjoint(unneeded)


def test_configure_collects_no_garbage_while_it_imports() -> None:
    program = """
import gc, sys
from pulumi.dynamic import Config, ConfigureRequest
from zdx_provider.provider import ApiKeyProvider

modules = []
gc.callbacks.append(lambda phase, info: modules.append(len(sys.modules)))
before = len(sys.modules)
ApiKeyProvider().configure(ConfigureRequest(Config({}, "keys")))
assert all(count in (before, len(sys.modules)) for count in modules)
assert gc.isenabled()
"""

    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
