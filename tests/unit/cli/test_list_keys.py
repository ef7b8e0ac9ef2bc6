from datetime import timedelta

import pytest
from rich.console import Console
from support.samples import EXPIRES, build_key, build_secret

from zdx_provider.cli.list_keys import build_table, to_json
from zdx_provider.keys.key import Key
from zdx_provider.zidentity import Tenant

ACME = Tenant("acme")


def show_table(*keys: Key, left: timedelta = timedelta(0)) -> str:
    console = Console(width=200, force_terminal=True, color_system="standard")
    with console.capture() as capture:
        console.print(build_table(keys, ACME, EXPIRES - left))
    return capture.get()


def test_list_json_is_the_result_of_a_lookup_with_the_days_left() -> None:
    assert to_json(build_key(), ACME, EXPIRES - timedelta(days=20)) == {
        "key_id": "key-1",
        "name": "ci",
        "role": "ZDX Read-only Admin",
        "role_id": "zdx::1",
        "description": "for the pipeline",
        "enabled": True,
        "token_lifetime_seconds": 3600,
        "managed_by": "keys/prod/ci",
        "vanity_domain": "acme",
        "cloud": "",
        "secrets": (
            {
                "id": "secret-1",
                "created_at": "2026-03-01T12:00:00Z",
                "expires_at": "2027-02-28T12:00:00Z",
                "days_left": 20,
            },
        ),
    }


def test_list_shows_no_owner_of_a_key_that_no_resource_manages() -> None:
    assert to_json(build_key(marker=None), ACME, EXPIRES)["managed_by"] == ""


@pytest.mark.parametrize(
    ("left", "text", "color"),
    [
        (timedelta(days=30, hours=13), "2027-02-28", ""),
        (timedelta(days=29, hours=23), "2027-02-28 (in 30 days)", "\x1b[33m"),
        (timedelta(hours=13), "2027-02-28 (tomorrow)", "\x1b[33m"),
        (timedelta(hours=1), "2027-02-28 (today)", "\x1b[33m"),
        (timedelta(seconds=-1), "2027-02-28 (expired)", "\x1b[31m"),
    ],
)
def test_list_shows_in_words_and_color_when_a_secret_expires(
    left: timedelta, text: str, color: str
) -> None:
    assert f"{color}{text}" in show_table(build_key(), left=left)


def test_list_shows_both_secrets_of_a_key() -> None:
    table = show_table(build_key(secrets=(build_secret("first"), build_secret("second"))))

    assert "first" in table
    assert "second" in table


def test_list_shows_a_missing_secret_and_a_disabled_key() -> None:
    table = show_table(build_key(secrets=(), enabled=False))

    assert "no secret" in table
    assert "ci (disabled)" in table


def test_list_escapes_a_name_that_would_command_the_terminal() -> None:
    assert "[red]ci\\x1b[2J" in show_table(build_key(name="[red]ci\x1b[2J"))
