"""Messages of errors are safe to show."""

from hypothesis import given
from hypothesis import strategies as st

from zdx_provider.errors import ZdxError
from zdx_provider.text import escape_text
from zdx_provider.zidentity import ZIdentityError


@given(st.text())
def test_escape_text_returns_printable_text_and_is_idempotent(text: str) -> None:
    shown = escape_text(text)

    assert shown.isprintable()
    assert "<{%" not in shown
    assert escape_text(shown) == shown


@given(st.text(st.characters(categories=["L", "N", "P", "S"])).filter(lambda t: "<{%" not in t))
def test_escape_text_keeps_harmless_text(text: str) -> None:
    assert escape_text(text) == text


def test_error_message_is_escaped_and_hides_secrets() -> None:
    error = ZdxError("the key \x1b[2J is \nfake-secret.", hint="Ask <{%bogus%}>.")
    error.hide(["fake-secret", "fake", ""])

    assert str(error) == "the key \\x1b[2J is \\n[secret]. Ask \\x3c{%bogus%}>."


def test_zidentity_error_message_is_escaped() -> None:
    error = ZIdentityError("it broke", operation='create the API client "\x1b[2J"')
    error.key_name = "\u202eci"

    assert str(error).isprintable()
