"""Tables on terminals of several widths, with the longest and the widest names."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text
from support.samples import EXPIRES, build_key, build_secret, build_state_key

from zdx_provider.cli.list_keys import ListedKey, build_table
from zdx_provider.cli.table import Column, Table
from zdx_provider.zidentity import Tenant

SNAPSHOTS = Path(__file__).with_name("tables")
SOON = timedelta(days=20)
LATER = EXPIRES + timedelta(days=300)
TWO = (build_secret("9h7k2m4n6p8qs"), build_secret("3b5c7d9f1g2hj", expires=LATER))
KEYS = (
    build_key("hs4tigsgircje"),
    build_key("hu3jppbhnklg3", name="x" * 128, secrets=TWO),
    build_key("k1l2m3n4o5p6q", name="日本語のキー" * 21, enabled=False, marker=None),
    build_key("k2l2m3n4o5p6q", name="🔑" * 128, secrets=()),
)
REVOKE_ON = date(2026, 12, 2)
IN_STATE = build_state_key(
    KEYS[1], previous_secret_id="9h7k2m4n6p8qs", previous_secret_revoke_on=REVOKE_ON
)
LISTED = [ListedKey(key, IN_STATE if key is KEYS[1] else None) for key in KEYS]
TABLE = build_table(LISTED, Tenant("acme"), EXPIRES - SOON)

NAME, STATE = Column("Name", is_name=True), Column("Expires")
TEXTS = st.text("a日🔑", min_size=1, max_size=40)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_print_table_matches_the_snapshot(width: int) -> None:
    shown = [line.plain for line in TABLE.format_lines(width)]

    assert shown == (SNAPSHOTS / f"{width}.txt").read_text().splitlines()
    assert max(map(cell_len, shown)) <= width


def test_print_table_is_complete_without_a_terminal() -> None:
    shown = "\n".join(line.plain for line in TABLE.format_lines(None))

    assert all(key.name in shown and key.id in shown for key in KEYS)
    assert "…" not in shown


def test_print_table_cuts_no_date_and_no_state_in_a_narrow_terminal() -> None:
    table = Table("Keys", (NAME, STATE), [(Text("x" * 50), Text("2027-02-28 (in 20 days)"))])

    assert table.format_lines(10)[-1].plain == "xxxxxxxxxxx…  2027-02-28 (in 20 days)"


def test_print_table_shortens_names_in_ascii_without_an_ellipsis_in_the_locale() -> None:
    table = Table("Keys", (NAME,), [(Text("x" * 50),)])

    lines = table.format_lines(12, ellipsis="...", rule="-")

    assert [line.plain for line in lines[2:]] == ["-" * 12, "xxxxxxxxx..."]


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4), st.integers(26, 120))
def test_names_share_any_width_and_end_where_they_are_cut(
    names: list[tuple[str, str]], width: int
) -> None:
    table = Table("Keys", (NAME, NAME), [(Text(first), Text(second)) for first, second in names])

    for line, pair in zip(table.format_lines(width)[3:], names, strict=True):
        assert cell_len(line.plain) <= width
        for shown, name in zip(line.plain.split(), pair, strict=True):
            assert shown == name or (shown[-1] == "…" and name.startswith(shown[:-1]))
