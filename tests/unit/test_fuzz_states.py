"""Whatever a state or a program holds, the outcome is a result or an error of ours."""

from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.fuzz import fuzz_settings
from support.samples import DECLARED, PLANTED, build_key

from zdx_provider.engine.engine_client import EngineClient
from zdx_provider.engine.lifecycle import Lifecycle
from zdx_provider.engine.tenants import Tenants
from zdx_provider.errors import ZdxError
from zdx_provider.keys.state import KeyState, parse_state

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
INPUTS: dict[str, Any] = {
    **DECLARED,
    "token_lifetime_seconds": 3600.0,
    "secret_expires_on": "2027-11-25",
    "rotation": {"secret_lifetime_days": 90.0, "triggers": {"a": "1"}},
    "tenant": None,
    "secret_inputs": None,
}
OUTPUTS: dict[str, Any] = {
    **INPUTS,
    "key_id": "c1",
    "key_secret": PLANTED,
    "role_id": "zdx::1",
    "vanity_domain": "acme",
    "cloud": "",
    "api_url": "",
    "secret_id": "s1",
    "secret_created_at": "2026-11-25T12:00:00Z",
    "secret_expires_at": "2027-11-25T12:00:00Z",
    "previous_secret_id": "s0",
    "previous_secret_revoke_on": "2026-12-01",
    "ownership_id": "c0ffee",
    "schema_version": 1.0,
}
SCALARS = (
    st.none()
    | st.booleans()
    | st.floats()
    | st.text()
    | st.sampled_from(["missing", "2026-02-30", "0001-01-01", "9999-12-31", 1e300, -1.0, 2.0])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6
)


@st.composite
def changed(draw: st.DrawFn, valid: dict[str, Any]) -> dict[str, Any]:
    """The valid properties with some of them changed, removed or added."""
    changes = draw(st.dictionaries(st.sampled_from(sorted(valid)), VALUES, max_size=3))
    removed = draw(st.sets(st.sampled_from(sorted(valid)), max_size=2))
    added = draw(st.dictionaries(st.text(), VALUES, max_size=1))
    rotation = draw(
        st.just({})
        | st.fixed_dictionaries(
            {
                "rotation": st.dictionaries(
                    st.sampled_from(["triggers", "keep_previous_days", "x"]), VALUES
                )
            }
        )
    )
    everything = {**valid, **changes, **rotation, **added}
    return {name: value for name, value in everything.items() if name not in removed}


CONFIG = {"zdx:vanityDomain": "acme", "zdx:clientId": "a", "zdx:clientSecret": "obviously-fake"}


def make_lifecycle() -> Lifecycle:
    """A lifecycle whose engine is no one and whose tenant is never asked."""
    tenants = Tenants(CONFIG.get, {}, lambda: None)
    return Lifecycle(tenants, EngineClient(None), lambda: NOW)


def read(outputs: dict[str, Any]) -> KeyState | ZdxError:
    try:
        return parse_state(outputs)
    except ZdxError as error:
        return error


@fuzz_settings(share=0.2)
@given(changed(OUTPUTS), changed(INPUTS))
def test_read_of_any_state_returns_a_result_or_our_error(
    outputs: dict[str, Any], inputs: dict[str, Any]
) -> None:
    state = read(outputs)
    if isinstance(state, ZdxError):
        assert PLANTED not in str(state)
        assert str(state).isprintable()
        return
    assert parse_state(state.to_outputs()) == state
    state.with_tenant_values(build_key())
    state.is_secret_alive(NOW.date())
    state.find_displaced_secret(NOW.date())
    # On a refresh the engine passes the inputs of the state, which check has not seen.
    with suppress(ZdxError):
        make_lifecycle().diff(outputs, inputs)


@fuzz_settings(share=0.2)
@given(changed(INPUTS), changed(INPUTS))
def test_check_of_any_inputs_returns_a_result(olds: dict[str, Any], news: dict[str, Any]) -> None:
    # A role that is new is looked up: not here.
    news = {**news, "role": olds["role"]} if "role" in olds else {**news, "tenant": 7}
    olds = {**olds, "tenant": news.get("tenant")}

    checked = make_lifecycle().check(olds, news)

    assert all(failure.property == "" for failure in checked.failures)
    assert all(failure.reason.isprintable() for failure in checked.failures)
