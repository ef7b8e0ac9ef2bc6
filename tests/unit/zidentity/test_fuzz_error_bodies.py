"""Whatever an error's body contains, the error is short, printable and without a secret."""

import json
import random
import string
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.fuzz import fuzz_settings
from support.hostile import assert_harmless

from zdx_provider.zidentity.error_body import ErrorBody, Guard

MEMBERS = ["type", "title", "status", "detail", "code", "message", "id", "reason", "error"]
ALPHABET = string.ascii_letters + string.digits + "-._~+/="
LONGEST = len(': "') + len(": ") + 2 * 200 + len('"')

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("4" * 5000),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(MEMBERS), inner),
    max_leaves=10,
)
STATUSES = st.integers(400, 599)


@st.composite
def create_secrets(draw: st.DrawFn) -> str:
    source = random.Random(draw(st.integers(0, 2**64)))  # noqa: S311 - a fake secret
    return "".join(source.choices(ALPHABET, k=draw(st.integers(32, 64))))


def quote(body: bytes, status: int, secrets: tuple[str, ...] = ()) -> str:
    guard = Guard(secrets, shown="read the API client c1", sent="")
    return ErrorBody.parse(body).quote_words(status, guard)


@fuzz_settings(share=0.05)
@given(VALUES | st.dictionaries(st.sampled_from(MEMBERS), VALUES), STATUSES)
def test_any_json_is_quoted_short_and_harmless(body: Any, status: int) -> None:
    words = quote(json.dumps(body).encode(), status)

    assert len(words) <= LONGEST
    assert_harmless(words)
    assert "\n" not in words


@fuzz_settings(share=0.02)
@given(st.binary() | st.integers(1, 100_000).map(lambda depth: b'{"detail":' * depth), STATUSES)
def test_quote_words_is_empty_for_a_body_that_is_not_json(body: bytes, status: int) -> None:
    assert quote(body, status) == "" or isinstance(json.loads(body), dict)


@fuzz_settings(share=0.05)
@given(
    secret=create_secrets(),
    before=st.text(max_size=60),
    after=st.text(max_size=60),
    known=st.booleans(),
    status=STATUSES,
)
def test_quote_words_never_shows_a_secret_between_other_words(
    secret: str, before: str, after: str, *, known: bool, status: int
) -> None:
    text = f"{before}{secret}{after}"
    body = json.dumps({"title": text, "detail": text}).encode()

    words = quote(body, status, (secret,) if known else ())

    assert secret[:12] not in words
    assert secret[-12:] not in words
