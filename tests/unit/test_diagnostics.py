"""What the messages say of a new secret, a due revoke, a take-over and a key that is kept."""

from datetime import date

import pytest
from pydantic import SecretStr
from support.samples import API, OWNER, PLANTED, build_key

from zdx_provider.engine.diagnostics import (
    describe_authentication,
    describe_kept_key,
    describe_new_secret,
    describe_revoke_due,
    describe_take_over,
)
from zdx_provider.keys.authentication import Authentication
from zdx_provider.keys.marker import OwnershipMarker
from zdx_provider.keys.rotation import MISSING, Rotation
from zdx_provider.keys.state import KeyState, PendingRevoke
from zdx_provider.zidentity import ApiResource, Scope

TODAY, REVOKE_ON = date(2026, 3, 1), date(2026, 3, 8)
ROTATION = Rotation(secret_lifetime_days=90, rotate_before_expiry_days=14, keep_previous_days=3)


@pytest.fixture
def state() -> KeyState:
    return KeyState(
        name="ci",
        role="ZDX Read-only Admin",
        managed_by=OWNER,
        secret_expires_on="2026-03-10",
        key_id="key-1",
        secret_id="secret-1",
        role_id="zdx::1",
        vanity_domain="acme",
    )


def test_new_secret_of_a_key_names_the_day_from_which_the_previous_one_is_revoked(
    state: KeyState,
) -> None:
    assert describe_new_secret(state, ROTATION, TODAY) == (
        'the key "ci" (key-1) gets a new secret: its secret expires on 2026-03-10, within 14 '
        "days. The first pulumi up on or after 2026-03-04 revokes the current secret secret-1."
    )


def test_new_secret_of_a_key_that_was_imported_with_two_names_neither(state: KeyState) -> None:
    imported = state.model_copy(update={"secret_id": None, "key_secret": SecretStr(PLANTED)})

    assert describe_new_secret(imported, ROTATION, TODAY).endswith("revokes the current one.")


@pytest.mark.parametrize(
    ("expires_on", "reason"),
    [
        ("2026-03-01", "its secret expired on 2026-03-01"),
        (MISSING, "its secret no longer exists in the tenant"),
        (None, "its secret no longer exists in the tenant"),
    ],
)
def test_new_secret_in_place_of_one_that_does_not_work_announces_no_revoke(
    state: KeyState, expires_on: str | None, reason: str
) -> None:
    expired = state.model_copy(update={"secret_expires_on": expires_on})

    assert describe_new_secret(expired, None, TODAY) == (
        f'the key "ci" (key-1) gets a new secret: {reason}.'
    )


def test_revoke_that_is_due_names_the_secret_and_the_end_of_its_overlap(state: KeyState) -> None:
    assert describe_revoke_due(state, PendingRevoke("secret-0", REVOKE_ON)) == (
        'the key "ci" (key-1): the previous secret secret-0 is revoked if it still exists. Its '
        "overlap ended on 2026-03-08."
    )


KEYS = Authentication(jwks_url="https://acme.com/jwks")
INSTEAD = 'the key "ci" (key-1) authenticates with the keys of a JWKS URL instead of its secret.'


@pytest.mark.parametrize(
    ("known", "line"),
    [
        (
            {"secret_expires_on": "2026-03-10", "rotation": ROTATION},
            f"{INSTEAD} The first pulumi up on or after 2026-03-04 revokes the secret secret-1.",
        ),
        (
            {"authentication": Authentication(), "secret_expires_on": MISSING},
            f"{INSTEAD} The first pulumi up on or after 2026-03-08 revokes the secret secret-1.",
        ),
        (
            {"authentication": KEYS, "secret_expires_on": MISSING},
            f"{INSTEAD} The first pulumi up on or after 2026-03-08 revokes the secret secret-1.",
        ),
        ({"secret_expires_on": MISSING}, INSTEAD),
        ({"secret_expires_on": "2026-03-01"}, INSTEAD),
    ],
    ids=[
        "with a secret",
        "found without secrets",
        "found as declared",
        "secret gone",
        "secret expired",
    ],
)
def test_conversion_names_the_day_on_which_a_secret_that_works_is_revoked(
    state: KeyState, known: dict[str, object], line: str
) -> None:
    before = state.model_copy(update=known)

    assert describe_authentication(before, KEYS, TODAY, has_secret=False) == [line]


def test_conversion_to_a_secret_names_what_no_longer_authenticates(state: KeyState) -> None:
    before = state.model_copy(update={"authentication": KEYS, "secret_id": None})

    (line,) = describe_authentication(before, None, TODAY, has_secret=True)

    assert line.endswith("gets a secret, and no longer authenticates with the keys of a JWKS URL.")
    assert describe_authentication(before, KEYS, TODAY, has_secret=False) == []


TAKEN_OVER = 'the key "ci" (key-1) already existed and was taken over. It has a new secret.'


def test_take_over_names_the_day_from_which_the_previous_secret_is_revoked(
    state: KeyState,
) -> None:
    assert describe_take_over(state.with_previous("secret-0", REVOKE_ON), build_key()) == (
        f"{TAKEN_OVER} The first pulumi up on or after 2026-03-08 revokes the previous one, "
        "secret-0."
    )


def test_take_over_of_a_key_without_a_secret_names_what_it_keeps_of_other_services(
    state: KeyState,
) -> None:
    resource = ApiResource(id=API, selected_scopes=(Scope(id="zia::1", name="ZIA Reader"),))

    assert describe_take_over(state, build_key(client_resources=(resource,))) == (
        f'{TAKEN_OVER} It keeps "ZIA Reader" of other services.'
    )


@pytest.mark.parametrize(
    ("owner", "taker"),
    [("other/prod/ci", "other/prod/ci"), (OWNER, "another run of this resource")],
)
def test_key_that_is_kept_names_who_took_it_over(state: KeyState, owner: str, taker: str) -> None:
    assert f"was kept because {taker} took it over" in describe_kept_key(
        state, OwnershipMarker(owner, "d00d")
    )
