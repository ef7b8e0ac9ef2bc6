from datetime import date, datetime, timedelta

import pytest
from rich.console import Console
from support.samples import EXPIRES, build_key, build_role, build_secret, build_state_key

from zdx_provider.cli.list_keys import ListedKey, build_table, to_json
from zdx_provider.cli.options import KeyFilter, SortKey
from zdx_provider.cli.table import print_lines
from zdx_provider.keys.key import Key
from zdx_provider.keys.marker import OwnershipMarker
from zdx_provider.zidentity import Scope, Tenant

ACME = Tenant("acme")
NOW = EXPIRES - timedelta(days=40)
ROTATED = build_key(
    secrets=(build_secret("old"), build_secret("new", expires=EXPIRES + timedelta(days=300)))
)
EVERY = (
    ListedKey(ROTATED, build_state_key(ROTATED, secret_id="new", previous_secret_id="old")),
    ListedKey(
        build_key(
            name="super",
            marker=OwnershipMarker("keys/production/super", "0a1b"),
            scopes=(Scope(id="zdx::2", name="Role:ZDX Super Admin"),),
        )
    ),
    ListedKey(build_key(name="alone", marker=None)),
    ListedKey(build_key(name="empty", secrets=())),
)


def show_table(*keys: Key, left: timedelta = timedelta(0)) -> str:
    console = Console(force_terminal=True, color_system="standard")
    with console.capture() as capture:
        print_lines(
            console, build_table(map(ListedKey, keys), ACME, EXPIRES - left).format_lines(None)
        )
    return capture.get()


def test_list_json_has_the_fields_of_a_lookup_and_the_days_left() -> None:
    assert to_json(ListedKey(build_key()), ACME, EXPIRES - timedelta(days=20)) == {
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
                "use": None,
                "revoke_on": None,
            },
        ),
    }


def test_list_shows_no_owner_of_an_unmanaged_key() -> None:
    assert to_json(ListedKey(build_key(marker=None)), ACME, EXPIRES)["managed_by"] == ""


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


def test_list_marks_the_secrets_as_the_state_knows_them() -> None:
    names = ("current", "previous", "manual")
    key = build_key(secrets=tuple(map(build_secret, names)))
    revoke_on = date(2026, 12, 2)
    previous = {"previous_secret_id": "previous", "previous_secret_revoke_on": revoke_on}
    listed = ListedKey(key, build_state_key(key, secret_id="current", **previous))

    document = to_json(listed, ACME, EXPIRES)
    table = [line.plain for line in build_table([listed], ACME, EXPIRES).format_lines(None)]

    assert [(each["use"], each["revoke_on"]) for each in document["secrets"]] == [
        ("in use", None),
        ("previous", revoke_on),
        ("unknown", None),
    ]
    assert "current    in use" in table[3]
    assert "previous   previous, until 2026-12-02" in table[4]
    assert "manual     unknown" in table[5]


def test_list_marks_nothing_where_the_state_does_not_know_which_secret_is_in_use() -> None:
    key = build_key()
    listed = ListedKey(key, build_state_key(key, secret_id=None))

    assert to_json(listed, ACME, EXPIRES)["secrets"][0]["use"] is None
    assert "Use" not in build_table([listed], ACME, EXPIRES).format_lines(None)[1].plain


def test_list_shows_a_missing_secret_and_a_disabled_key() -> None:
    table = show_table(build_key(secrets=(), enabled=False))

    assert "no secret" in table
    assert "disabled" in table
    assert "State" not in show_table(build_key())


def test_list_escapes_a_name_with_control_characters() -> None:
    assert "[red]ci\\x1b[2J" in show_table(build_key(name="[red]ci\x1b[2J"))


def list_names(wanted: KeyFilter, sort_key: SortKey = SortKey.NAME, now: datetime = NOW) -> str:
    """The names of the keys that a list shows."""
    role = build_role("ZDX Super Admin", "zdx::2") if wanted.role else None
    listed = [each for each in EVERY if each.matches(wanted, role, now)]
    return " ".join(k.key.name for k in sorted(listed, key=lambda k: k.get_sort_value(sort_key)))


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (KeyFilter(), "alone ci empty super"),
        (KeyFilter(unmanaged=True), "alone"),
        (KeyFilter(role="ZDX Super Admin"), "super"),
        (KeyFilter(owner="keys/prod"), "ci empty"),
        (KeyFilter(owner="keys/prod/ci"), "ci empty"),
        (KeyFilter(owner="keys/production"), "super"),
        (KeyFilter(owner="keys"), "ci empty super"),
        (KeyFilter(expiring_days=39), ""),
        (KeyFilter(expiring_days=40), "alone super"),
        (KeyFilter(expiring_days=400), "alone ci super"),
        (KeyFilter(expiring_days=40, unmanaged=True), "alone"),
    ],
)
def test_list_shows_the_keys_that_the_options_name(wanted: KeyFilter, names: str) -> None:
    assert list_names(wanted) == names


def test_list_names_an_expired_secret_at_any_number_of_days() -> None:
    assert list_names(KeyFilter(expiring_days=0), now=EXPIRES) == "alone super"


@pytest.mark.parametrize(
    ("sort_key", "names"),
    [
        (SortKey.NAME, "alone ci empty super"),
        (SortKey.ROLE, "alone ci empty super"),
        (SortKey.OWNER, "ci empty super alone"),
        (SortKey.EXPIRES, "alone super ci empty"),
    ],
)
def test_list_is_ordered_as_the_option_says(sort_key: SortKey, names: str) -> None:
    assert list_names(KeyFilter(), sort_key) == names
