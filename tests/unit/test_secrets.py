from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples import CREATED, build_secret

from zdx_provider.keys.rotation import choose_secret_to_revoke
from zdx_provider.zidentity import ApiClientSecret

NOW = CREATED + timedelta(days=100)
OTHERS = ["a", "m", "z"]


@given(st.permutations(OTHERS), st.sampled_from([*OTHERS, None]))
def test_choose_secret_to_revoke_never_returns_the_current_secret(
    ids: list[str], known: str | None
) -> None:
    current, beside, _ = ids
    previous = beside if known is None else known
    present = (build_secret(current), build_secret(beside))

    for order in (present, present[::-1]):
        chosen = choose_secret_to_revoke(order, current, previous, NOW)
        assert chosen is not None
        assert chosen.id == beside


@pytest.mark.parametrize("others", [("unknown", "previous"), ("previous", "unknown")])
def test_choose_secret_to_revoke_prefers_an_unknown_to_the_previous_secret(
    others: tuple[str, str],
) -> None:
    present = (build_secret(others[0]), build_secret(others[1]))

    chosen = choose_secret_to_revoke(present, "current", "previous", NOW)

    assert chosen is not None
    assert chosen.id == "unknown"


def test_choice_takes_an_expired_current_secret_before_a_previous_one_that_works() -> None:
    present = (build_secret("previous"), build_secret("current", expires=NOW))

    chosen = choose_secret_to_revoke(present, "current", "previous", NOW)

    assert chosen is not None
    assert chosen.id == "current"


ALIVE, ENDED = build_secret("alive"), build_secret("ended", expires=NOW)


@pytest.mark.parametrize(
    ("present", "chosen"),
    [
        ((ALIVE, ENDED), ENDED),
        ((ENDED, ALIVE), ENDED),
        ((ALIVE, build_secret("alive-too")), None),
    ],
)
def test_choose_secret_to_revoke_without_a_current_one_needs_an_expired_one(
    present: tuple[ApiClientSecret, ...], chosen: ApiClientSecret | None
) -> None:
    assert choose_secret_to_revoke(present, None, None, NOW) == chosen
