import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zdx_provider.zidentity.messages import parse_retry_after

NOW = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("13", 13),
        ("13s", 13),
        (" 1.5 ", 1.5),
        ("0", 0),
        ("1, 1", 1),
        ("2, 7", 7),
        ("7s,2s", 7),
        ("5;w=60", 5),
        ("1800000030", 30),
        ("1800000030000", 30),
        ("1700000000", 0),
        ("Fri, 15 Jan 2027 08:00:20 GMT", 20),
        ("Fri, 15 Jan 2027 08:00:20 GMT, Fri, 15 Jan 2027 08:00:40 GMT", 40),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0),
    ],
)
@pytest.mark.parametrize("header", ["Retry-After", "x-ratelimit-reset", "RateLimit-Reset"])
def test_parse_retry_after_reads_every_format_in_every_header(
    header: str, value: str, seconds: float
) -> None:
    assert parse_retry_after({header: value}, NOW) == seconds


@pytest.mark.parametrize("value", ["", "soon", "-1", "1e9", "nan", "inf", "Fri, 99 Jan 2027"])
def test_parse_retry_after_returns_none_for_an_invalid_value(value: str) -> None:
    assert parse_retry_after({"Retry-After": value}, NOW) is None


def test_parse_retry_after_prefers_retry_after() -> None:
    assert parse_retry_after({"Retry-After": "3", "x-ratelimit-reset": "50"}, NOW) == 3


def test_parse_retry_after_skips_an_unreadable_header() -> None:
    assert parse_retry_after({"Retry-After": "soon", "RateLimit-Reset": "4"}, NOW) == 4


@given(st.text(max_size=60), st.text(max_size=60))
@example("9" * 400, "Fri, 15 Jan 9999 08:00:20 GMT")
@example("Fri, 00 Abc 2027 08:00:20 GMT", "²")
@settings(deadline=None, database=None)
def test_parse_retry_after_returns_no_negative_or_infinite_wait(first: str, second: str) -> None:
    wait = parse_retry_after({"Retry-After": first, "x-ratelimit-reset": second}, NOW)

    assert wait is None or (wait >= 0 and math.isfinite(wait))
