import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr
from support.samples import CLAIM, ENDS, MADE, PLANTED, WHO, a_key, a_secret

from zdx_provider.keys.key import Key
from zdx_provider.keys.rotation import MISSING
from zdx_provider.keys.state import HeldSecret, Importable, held_secret, importable, recorded
from zdx_provider.zidentity import ApiClientSecret, Tenant

NOW = MADE + timedelta(days=100)
EARLIER, LATER = NOW + timedelta(days=10), NOW + timedelta(days=200)
FIRST, SECOND = a_secret("first", ends=EARLIER), a_secret("second", ends=LATER)
GONE = a_secret("gone", ends=NOW - timedelta(days=1))
LONG_GONE = a_secret("long-gone", ends=NOW - timedelta(days=30))


def prepared(key: Key, value: str | None = None) -> Importable:
    return importable(
        key,
        role="ZDX Read-only Admin",
        tenant=Tenant("acme"),
        profile=None,
        value=SecretStr(value) if value else None,
        now=NOW,
    )


@pytest.mark.parametrize("value_known", [True, False])
@pytest.mark.parametrize(
    ("present", "held"),
    [
        ((), HeldSecret(None, None)),
        ((FIRST,), HeldSecret(FIRST, EARLIER)),
        ((GONE,), HeldSecret(GONE, GONE.expires_at)),
        ((GONE, FIRST), HeldSecret(FIRST, EARLIER)),
        ((FIRST, GONE), HeldSecret(FIRST, EARLIER)),
        ((GONE, LONG_GONE), HeldSecret(GONE, GONE.expires_at)),
    ],
)
def test_a_secret_that_works_alone_is_the_one_that_is_held(
    present: tuple[ApiClientSecret, ...], held: HeldSecret, *, value_known: bool
) -> None:
    assert held_secret(replace(a_key(), secrets=present), NOW, value_known=value_known) == held


@pytest.mark.parametrize(("value_known", "ends"), [(True, EARLIER), (False, LATER)])
def test_which_of_two_is_held_is_not_known(ends: datetime, *, value_known: bool) -> None:
    key = replace(a_key(), secrets=(FIRST, SECOND))

    assert held_secret(key, NOW, value_known=value_known) == HeldSecret(None, ends)


def test_a_key_without_a_secret_is_recorded_as_one_whose_secret_is_missing() -> None:
    state = prepared(replace(a_key(), secrets=())).state

    assert (state.secret_expires_on, state.secret_id, state.secret_expires_at) == (
        MISSING,
        None,
        None,
    )


def test_a_key_made_by_hand_is_recorded_as_nobodys() -> None:
    by_hand, ours = prepared(replace(a_key(), mark=None)).state, prepared(a_key()).state

    assert (by_hand.managed_by, by_hand.claim) == ("", "")
    assert (ours.managed_by, ours.claim) == (WHO, CLAIM)


def test_a_secret_is_wrapped_for_the_engine_to_encrypt() -> None:
    outputs = prepared(a_key(), PLANTED).properties("blob").outputs

    signature = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    assert outputs["key_secret"] == {**signature, "plaintext": json.dumps(PLANTED)}
    assert json.loads(json.loads(outputs["key_json"]["plaintext"]))["key_secret"] == PLANTED


def test_a_secret_that_is_not_known_is_not_there() -> None:
    outputs = prepared(a_key()).properties("blob").outputs

    assert outputs.keys().isdisjoint({"key_secret", "key_json"})
    assert outputs["secret_id"] == "secret-1"


def test_an_entry_is_a_state_with_the_provider_and_every_input_of_check() -> None:
    entry = prepared(a_key())

    properties = entry.properties("blob")

    assert properties.inputs == {**entry.state.inputs(), "__provider": "blob"}
    assert properties.inputs["secret_expires_on"] == ENDS.date().isoformat()
    assert recorded(properties.outputs) == entry.state
    assert properties.outputs["__provider"] == "blob"


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        (a_key(), None),
        (replace(a_key(), name=" ci"), "its name must be 1 to 128 printable characters"),
        (replace(a_key(), token_lifetime_seconds=1), "its token_lifetime_seconds must be"),
    ],
)
def test_what_check_would_refuse_is_said_beforehand(key: Key, rule: str | None) -> None:
    assert str(prepared(key).broken_rule()).startswith(str(rule))


def test_a_program_declares_what_is_not_the_default_in_the_order_of_the_resource() -> None:
    key = replace(a_key(), enabled=False, token_lifetime_seconds=60)

    assert [*prepared(key).arguments().items()] == [
        ("name", "ci"),
        ("role", "ZDX Read-only Admin"),
        ("description", "for the pipeline"),
        ("enabled", False),
        ("token_lifetime_seconds", 60),
    ]
