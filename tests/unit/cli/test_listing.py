from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console
from support.samples import ENDS, a_key, a_role, a_secret

from zdx_provider.cli.list_keys import ListedSecret, expiry, key_table, listed
from zdx_provider.keys.key import Key

ROLES = [a_role("ZDX Read-only Admin", "zdx::1")]


def shown(*keys: Key) -> str:
    console = Console(width=200, no_color=True)
    with console.capture() as capture:
        console.print(key_table([listed(key, ENDS) for key in keys], "acme"))
    return capture.get()


def secret_with(left: timedelta) -> ListedSecret:
    (secret,) = listed(a_key(), ENDS - left).secrets
    return secret


def test_a_role_is_named_as_the_portal_does_even_if_it_is_not_offered_any_more() -> None:
    assert listed(a_key(), ENDS).role == "ZDX Read-only Admin"


def test_a_key_made_by_hand_has_no_owner() -> None:
    assert listed(replace(a_key(), mark=None), ENDS).owner is None


@pytest.mark.parametrize(
    ("left", "text", "style"),
    [
        (timedelta(days=30), "2027-02-28", ""),
        (timedelta(days=29, hours=23), "2027-02-28 (in 29 days)", "yellow"),
        (timedelta(hours=1), "2027-02-28 (within two days)", "yellow"),
        (timedelta(seconds=-1), "2027-02-28 (expired)", "red"),
    ],
)
def test_a_secret_that_is_due_says_so_in_words_and_in_colour(
    left: timedelta, text: str, style: str
) -> None:
    rendered = expiry(secret_with(left))

    assert (rendered.plain, rendered.style) == (text, style)


def test_both_secrets_of_a_key_are_listed_by_their_ids() -> None:
    key = replace(a_key(), secrets=(a_secret("first"), a_secret("second")))

    assert "first" in shown(key)
    assert "second" in shown(key)


def test_a_key_without_a_secret_and_one_that_is_disabled_say_so() -> None:
    text = shown(replace(a_key(), secrets=(), enabled=False))

    assert "no secret" in text
    assert "ci (disabled)" in text


def test_a_name_that_would_command_the_terminal_is_shown_as_text() -> None:
    text = shown(replace(a_key(), name="[red]ci\x1b[2J"))

    assert "[red]ci\\x1b[2J" in text
