"""Messages of errors are safe to show."""

from hypothesis import given
from hypothesis import strategies as st

from zdx_provider.errors import ZdxError
from zdx_provider.text import escape_text
from zdx_provider.zidentity import ZIdentityError


@given(st.text())
def test_escaped_text_is_printable_and_stays_as_it_is(text: str) -> None:
    shown = escape_text(text)

    assert shown.isprintable()
    assert "<{%" not in shown
    assert escape_text(shown) == shown


@given(st.text(st.characters(categories=["L", "N", "P", "S"])).filter(lambda t: "<{%" not in t))
def test_harmless_text_is_not_escaped(text: str) -> None:
    assert escape_text(text) == text


def test_message_of_an_error_is_escaped_and_hides_secrets() -> None:
    error = ZdxError("the key \x1b[2J is \nfake-secret.", hint="Ask <{%bogus%}>.")
    error.hide(["fake-secret", "fake", ""])

    assert str(error) == "the key \\x1b[2J is \\n[secret]. Ask \\x3c{%bogus%}>."


def test_message_of_a_zidentity_error_is_escaped() -> None:
    error = ZIdentityError("it broke", operation='create the API client "\x1b[2J"')
    error.key_name = "\u202eci"

    assert str(error).isprintable()
