from support.samples import build_key, build_secret

from zdx_provider.cli.revoke import SecretToRevoke

SECRET = build_secret("secret-1")


def test_the_question_warns_of_a_keys_only_secret() -> None:
    key = build_key()

    question = SecretToRevoke(key, SECRET).question

    assert question.startswith(
        'Revoke the secret secret-1 of the key "ci" (key-1), created 2026-03'
    )
    assert "the key's only secret" in question


def test_the_question_warns_of_nothing_where_another_secret_is_left() -> None:
    key = build_key(secrets=(build_secret("secret-1"), build_secret("secret-2")))

    assert "only one" not in SecretToRevoke(key, SECRET).question


def test_what_is_left_to_do_depends_on_whether_a_stack_declares_the_key() -> None:
    key = build_key()

    assert "pulumi up --refresh" in SecretToRevoke(key, SECRET).next_step
    assert SecretToRevoke(build_key(marker=None), SECRET).next_step == ""
