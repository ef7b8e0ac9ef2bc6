from datetime import date
from typing import Any

import pytest
from support.samples import CREATED, EXPIRES, build_key, build_secret, build_state_key

from zdx_provider.cli.revoke import SecretToRevoke, build_missing_error
from zdx_provider.zidentity import ClientAuthentication

SECRET = build_secret("secret-1")


def test_revoke_warns_of_the_only_secret_of_a_key() -> None:
    key = build_key()

    question = SecretToRevoke(key, SECRET).build_question(CREATED)

    assert question.startswith(
        'Revoke the secret secret-1 of the key "ci" (key-1), created 2026-03'
    )
    assert "the key's only secret" in question


def test_revoke_says_until_when_a_secret_is_valid_only_before() -> None:
    chosen = SecretToRevoke(build_key(), SECRET)

    assert "created 2026-03-01, valid until 2027-02-28?" in chosen.build_question(CREATED)
    assert "created 2026-03-01, expired on 2027-02-28?" in chosen.build_question(EXPIRES)
    assert str(chosen) == 'the secret secret-1 of the key "ci" (key-1)'


def test_revoke_does_not_warn_if_another_secret_remains() -> None:
    key = build_key(secrets=(build_secret("secret-1"), build_secret("secret-2")))

    assert "only one" not in SecretToRevoke(key, SECRET).build_question(CREATED)


def test_revoke_shows_a_next_step_only_for_a_managed_key() -> None:
    key, imported = build_key(), build_key(marker=None)
    in_state = build_state_key(imported, key_secret=None)

    for managed in (SecretToRevoke(key, SECRET), SecretToRevoke(imported, SECRET, in_state)):
        assert managed.next_step.startswith(" If keys/prod/ci uses it, run pulumi up --refresh")
    assert SecretToRevoke(imported, SECRET).next_step == ""


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ({"secret_id": "secret-1"}, "It is the current secret of keys/prod/ci."),
        ({"secret_id": "secret-2"}, "keys/prod/ci doesn't know it and has another one."),
        (
            {
                "secret_id": "secret-2",
                "previous_secret_id": "secret-1",
                "previous_secret_revoke_on": date(2026, 12, 2),
            },
            "It is the previous secret of keys/prod/ci, which revokes it on or after 2026-12-02.",
        ),
        (
            {"secret_id": None, "previous_secret_id": "secret-1"},
            "It is the previous secret of keys/prod/ci.",
        ),
    ],
)
def test_revoke_asks_with_what_the_state_knows_of_the_secret(
    outputs: dict[str, Any], said: str
) -> None:
    key = build_key(secrets=(SECRET, build_secret("secret-2")))
    chosen = SecretToRevoke(key, SECRET, build_state_key(key, **outputs))

    assert f"? {said} This cannot be undone" in chosen.build_question(CREATED)
    assert ("pulumi up" in chosen.next_step) is (outputs["secret_id"] == SECRET.id)


def test_revoke_lists_the_secrets_of_a_key_that_has_another() -> None:
    assert str(build_missing_error(build_key(), "x")) == (
        'the key "ci" (key-1) has no secret x. Its secrets: secret-1.'
    )


def test_revoke_says_that_the_secrets_of_a_key_without_a_secret_are_not_listed() -> None:
    url = ClientAuthentication(auth_type="JWKS", client_jwks_url="https://acme.example/jwks")
    key = build_key(secrets=(), client_authentication=url)

    assert str(build_missing_error(key, "x")).endswith(
        "It authenticates with the keys of a JWKS URL, and ZIdentity lists no secrets of such a "
        "key."
    )
