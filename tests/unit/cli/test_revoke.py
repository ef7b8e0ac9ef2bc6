from dataclasses import replace

from support.samples import a_key, a_secret

from zdx_provider.cli.revoke import Doomed


def test_the_question_warns_of_a_keys_only_secret() -> None:
    key = a_key()

    question = Doomed(key, key.secrets[0]).question

    assert question.startswith('Revoke the secret secret-1 of the key "ci" (key-1), made 2026-03')
    assert "the key's only one" in question


def test_the_question_warns_of_nothing_where_another_secret_is_left() -> None:
    key = replace(a_key(), secrets=(a_secret("secret-1"), a_secret("secret-2")))

    assert "only one" not in Doomed(key, key.secrets[0]).question


def test_what_is_left_to_do_depends_on_whether_a_stack_declares_the_key() -> None:
    key = a_key()

    assert "pulumi up --refresh" in Doomed(key, key.secrets[0]).next_step
    assert Doomed(replace(key, mark=None), key.secrets[0]).next_step == ""
