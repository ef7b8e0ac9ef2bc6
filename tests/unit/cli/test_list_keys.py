import hashlib
import re
from base64 import b64decode
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console
from support.key_pair import KeyPair
from support.samples import EXPIRES, build_key, build_role, build_secret, build_state_key

from zdx_provider.cli.list_keys import (
    ListedKey,
    build_credentials_table,
    build_table,
    to_json,
)
from zdx_provider.cli.options import KeyFilter, SortKey
from zdx_provider.cli.table import print_lines
from zdx_provider.keys.key import Key
from zdx_provider.keys.marker import OwnershipMarker
from zdx_provider.zidentity import ClientAuthentication, Scope, Tenant

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
        "authentication": "client secret",
        "jwks_url": None,
        "key_fingerprints": None,
        "certificate_expires_at": None,
        "certificates": [],
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


@pytest.mark.parametrize("unknown", ["secret_id", "key_secret"])
def test_list_marks_nothing_where_the_state_does_not_know_which_secret_is_in_use(
    unknown: str,
) -> None:
    key = build_key()
    listed = ListedKey(key, build_state_key(key, **{unknown: None}))

    assert to_json(listed, ACME, EXPIRES)["secrets"][0]["use"] is None
    assert "Use" not in build_table([listed], ACME, EXPIRES).format_lines(None)[1].plain


def test_list_shows_a_missing_secret_and_a_disabled_key() -> None:
    table = show_table(build_key(secrets=(), enabled=False))

    assert "no secret" in table
    assert "disabled" in table
    assert "State" not in show_table(build_key())


@pytest.fixture(scope="module")
def key_pair() -> KeyPair:
    """A key that keys without a secret authenticate with."""
    return KeyPair.make_ec()


@pytest.fixture
def signed(key_pair: KeyPair) -> ListedKey:
    """A key with a public key."""
    return build_keyless(key_pair.authentication)


@pytest.fixture
def certified(key_pair: KeyPair) -> ListedKey:
    """A key with a certificate that expires as the secrets of the other keys do."""
    not_before = int((EXPIRES - timedelta(days=90)).timestamp())
    certificate = key_pair.make_certificate(not_before=not_before, days=90)
    return build_keyless(
        {"authType": "PUBKEYCERT", "clientCertificates": [{"certContent": certificate}]}
    )


@pytest.fixture
def published() -> ListedKey:
    """A key with a JWKS URL."""
    return build_keyless({"authType": "JWKS", "clientJWKsUrl": "https://keys.example/jwks"})


def build_keyless(authentication: dict[str, Any]) -> ListedKey:
    client_authentication = ClientAuthentication.model_validate(authentication)
    return ListedKey(build_key(secrets=(), client_authentication=client_authentication))


def test_list_shows_the_kind_of_keys_without_a_secret_and_the_expiry_of_a_certificate(
    signed: ListedKey, certified: ListedKey, published: ListedKey
) -> None:
    keys = [signed, certified, published, ListedKey(build_key())]
    now = EXPIRES - timedelta(days=1)

    _, titles, *rows = build_table(keys, ACME, now).format_lines(None)

    at = titles.plain.index("Authentication")
    shown = [
        tuple(re.split(r"\s{2,}", row.plain[at:].strip())) for row in rows if row.plain[0] != "─"
    ]
    assert shown == [
        ("public key", "-", "-", "-"),
        ("certificate", "-", "-", "2027-02-28 (tomorrow)"),
        ("JWKS URL", "-", "-", "-"),
        ("secret-1", "2026-03-01 12:00", "2027-02-28 (tomorrow)"),
    ]
    assert "no secret" not in "".join(row.plain for row in rows)


def test_list_json_has_the_public_keys_and_certificates(
    signed: ListedKey, certified: ListedKey, published: ListedKey, key_pair: KeyPair
) -> None:
    now = EXPIRES - timedelta(days=20)
    spki = hashlib.sha256(b64decode(key_pair.public_der_base64)).hexdigest()
    fingerprint = f"SHA256:{spki}"

    by_key, by_certificate, by_url = (
        to_json(each, ACME, now) for each in (signed, certified, published)
    )

    assert by_key["key_fingerprints"] == {"pipeline": fingerprint}
    assert by_key["authentication"] == "public key"
    assert by_certificate["certificate_expires_at"] == "2027-02-28T12:00:00Z"
    assert by_certificate["certificates"] == [
        {
            "name": "pipeline",
            "fingerprint": fingerprint,
            "expires_at": "2027-02-28T12:00:00Z",
            "days_left": 20,
        }
    ]
    assert by_url["jwks_url"] == "https://keys.example/jwks"
    assert by_key["secrets"] == by_certificate["secrets"] == by_url["secrets"] == ()


def test_list_names_a_certificate_that_expires(
    signed: ListedKey, certified: ListedKey, published: ListedKey
) -> None:
    keys = [signed, certified, published]

    def list_kinds(days: int) -> list[str]:
        wanted = KeyFilter(expiring_days=days)
        return [each.kind for each in keys if each.matches(wanted, None, NOW)]

    assert list_kinds(39) == []
    assert list_kinds(40) == ["certificate"]
    keys.sort(key=lambda each: each.get_sort_value(SortKey.EXPIRES))
    assert keys[0] is certified


def test_show_lists_the_public_keys_and_certificates(
    signed: ListedKey, certified: ListedKey, key_pair: KeyPair
) -> None:
    spki = hashlib.sha256(b64decode(key_pair.public_der_base64)).hexdigest()

    by_key, by_certificate = (
        [line.plain for line in build_credentials_table(each, NOW).format_lines(None)]
        for each in (signed, certified)
    )

    assert by_key[0] == "Public keys"
    assert by_key[-1].split() == ["pipeline", spki]
    assert by_certificate[0] == "Certificates"
    assert by_certificate[-1].split() == ["pipeline", "2027-02-28", spki]


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
