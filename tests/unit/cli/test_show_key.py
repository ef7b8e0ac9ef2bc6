from datetime import date, timedelta
from typing import Any

import pytest
from support.samples import (
    CREATED,
    EXPIRES,
    READ_ONLY,
    build_key,
    build_secret,
    build_state_key,
)

from zdx_provider.cli.list_keys import ListedKey
from zdx_provider.cli.show_key import describe_next_up, format_attributes, to_document
from zdx_provider.keys.marker import OwnershipMarker
from zdx_provider.keys.rotation import MISSING, Rotation
from zdx_provider.zidentity import ApiResource, ClientAuthentication, Scope, Tenant

ACME = Tenant("acme")
TODAY = CREATED.date() + timedelta(days=10)
EXPIRY = EXPIRES.date()
KEY = build_key(secrets=(build_secret("old"), build_secret("secret-1")))


def describe(today: date = TODAY, key: Any = KEY, **outputs: Any) -> list[str]:
    """What the next update does to a key that is in the state."""
    return describe_next_up(ListedKey(key, build_state_key(KEY, **outputs)), today)


def test_show_names_every_attribute_and_the_scopes_of_other_services() -> None:
    other = Scope(id="zia::7", name="Role:ZIA Admin")
    resources = (ApiResource(id="api-1", selected_scopes=(READ_ONLY, other)),)
    key = build_key(client_resources=resources, enabled=False)

    lines = [line.plain for line in format_attributes(ListedKey(key), Tenant("acme", "beta"))]

    assert lines == [
        "Name            ci",
        "Key ID          key-1",
        "Tenant          acme (cloud beta)",
        "State           disabled",
        "Role            ZDX Read-only Admin (zdx::1)",
        'Other services  "Role:ZIA Admin"',
        "Description     for the pipeline",
        "Managed by      keys/prod/ci",
        "Authentication  client secret",
        "Token lifetime  3600 s",
    ]
    document = to_document(ListedKey(key), ACME, EXPIRES)
    assert document["other_scopes"] == [{"id": "zia::7", "name": "Role:ZIA Admin"}]
    assert document["authentication"] == "client secret"
    assert document["name"] == "ci"


def test_show_names_the_jwks_url_of_a_key_without_a_secret() -> None:
    url = "https://keys.example/jwks.json"
    authentication = ClientAuthentication.model_validate({"authType": "JWKS", "clientJWKsUrl": url})
    key = build_key(secrets=(), client_authentication=authentication)

    lines = [line.plain for line in format_attributes(ListedKey(key), ACME)]

    assert f"Authentication  JWKS URL {url}" in lines


@pytest.mark.parametrize(
    ("outputs", "today", "expected"),
    [
        ({}, TODAY, ["It changes nothing.", f"From {EXPIRY} on, it creates a new secret."]),
        ({}, EXPIRY, [f"It creates a new secret: its secret expired on {EXPIRY}."]),
        (
            {"rotation": Rotation(rotate_before_expiry_days=20)},
            EXPIRY - timedelta(days=20),
            [f"It creates a new secret: its secret expires on {EXPIRY}, within 20 days."],
        ),
        (
            {"rotation": Rotation(), "previous_secret_id": "old", "secret_id": "secret-1"}
            | {"previous_secret_revoke_on": TODAY + timedelta(days=1)},
            TODAY,
            [
                "It changes nothing.",
                f"From {TODAY + timedelta(days=1)} on, it revokes the previous secret old.",
                f"From {EXPIRY - timedelta(days=30)} on, it creates a new secret.",
            ],
        ),
        (
            {"previous_secret_id": "old", "previous_secret_revoke_on": TODAY},
            TODAY,
            [
                f"It revokes the previous secret old: its overlap ended on {TODAY}.",
                f"From {EXPIRY} on, it creates a new secret.",
            ],
        ),
        (
            {"previous_secret_id": "gone", "previous_secret_revoke_on": TODAY},
            TODAY,
            [
                "It removes the previous secret gone, which no longer exists, from the state.",
                f"From {EXPIRY} on, it creates a new secret.",
            ],
        ),
        (
            {"previous_secret_id": "gone"}
            | {"previous_secret_revoke_on": TODAY + timedelta(days=1)},
            TODAY,
            [
                "It changes nothing.",
                (
                    f"From {TODAY + timedelta(days=1)} on, it removes the previous secret gone, "
                    "which no longer exists, from the state."
                ),
                f"From {EXPIRY} on, it creates a new secret.",
            ],
        ),
        (
            {"key_secret": None},
            TODAY,
            [
                "It changes nothing.",
                f"From {EXPIRY} on, it creates a new secret.",
                (
                    "The state doesn't have the key's secret, so key_secret is None. To create a "
                    "new one, add or change a trigger of the key's rotation."
                ),
            ],
        ),
        (
            {"secret_expires_on": MISSING, "secret_id": None, "key_secret": None},
            TODAY,
            ["It creates a new secret: it has no secret."],
        ),
        (
            {"secret_expires_on": MISSING},
            TODAY,
            ["It creates a new secret: its secret no longer exists in the tenant."],
        ),
    ],
)
def test_show_says_what_the_next_up_does(
    outputs: dict[str, Any], today: date, expected: list[str]
) -> None:
    assert describe(today, **outputs) == expected


def test_show_says_that_an_imported_key_gets_its_owner() -> None:
    imported = build_key(marker=None, secrets=KEY.secrets)
    state_key = build_state_key(imported, secret_id=None, key_secret=None)

    assert describe_next_up(ListedKey(imported, state_key), TODAY) == [
        "It writes the owner keys/prod/ci into the key's description.",
        f"From {EXPIRY} on, it creates a new secret.",
        (
            "The state doesn't have the key's secret, so key_secret is None. To create a new one, "
            "add or change a trigger of the key's rotation."
        ),
        (
            "The state doesn't say which secret is in use. Before a rotation, revoke the unused "
            "one: zdx-keys revoke key-1 SECRET_ID."
        ),
    ]


def test_show_says_when_the_secrets_of_a_key_without_a_secret_are_revoked() -> None:
    url = "https://keys.example/jwks.json"
    authentication = ClientAuthentication.model_validate({"authType": "JWKS", "clientJWKsUrl": url})
    key = build_key(secrets=(), client_authentication=authentication)
    later = TODAY + timedelta(days=7)
    outputs: dict[str, Any] = {
        "authentication": key.authentication,
        "secret_id": None,
        "secret_expires_on": None,
        "older_secret_id": "first",
        "older_secret_revoke_on": TODAY,
        "previous_secret_id": "second",
        "previous_secret_revoke_on": later,
    }

    assert describe(key=key, **outputs) == [
        f"It revokes the previous secret first: its overlap ended on {TODAY}.",
        f"From {later} on, it revokes the previous secret second.",
    ]
    again = build_key(secrets=(build_secret("first"), build_secret("second")))
    assert describe(key=again, **outputs) == [
        f"It revokes the previous secret first: its overlap ended on {TODAY}.",
        "With --refresh, it corrects what was changed manually: authentication.",
        f"From {later} on, it revokes the previous secret second.",
    ]


def test_show_says_what_only_a_refresh_corrects() -> None:
    manual = build_key(name="ci-2", token_lifetime_seconds=60, secrets=(build_secret("other"),))

    assert describe(key=manual) == [
        "With --refresh, it corrects what was changed manually: name, token_lifetime_seconds.",
        "With --refresh, it creates a new secret: its secret no longer exists in the tenant.",
        f"From {EXPIRY} on, it creates a new secret.",
    ]


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (ListedKey(build_key(marker=None)), "no stack manages the key"),
        (ListedKey(KEY), "keys/prod/ci manages the key. Run zdx-keys show in its project"),
        (
            ListedKey(
                build_key(marker=OwnershipMarker("other/prod/ci", "0a1b")), build_state_key(KEY)
            ),
            "It refuses to change the key, which is now managed by other/prod/ci",
        ),
    ],
)
def test_show_names_who_manages_a_key_that_this_stack_does_not(
    listed: ListedKey, said: str
) -> None:
    (line,) = describe_next_up(listed, TODAY)

    assert said in line
