"""Tables that fit a terminal: columns are dropped, names are shortened, nothing is folded."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from zdx_provider.cli.output import create_console

_GAP = "  "
_LEAST_NAME = 12  # cells; a shorter start of a name says too little


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: Its title.
        rank: 0 if it is always shown; of the others, the highest is dropped first.
        is_name: Whether its texts may be shortened: names, but neither dates nor IDs nor states.
    """

    title: str
    rank: int = 0
    is_name: bool = False


@dataclass(frozen=True)
class Table:
    """A table for people.

    Attributes:
        title: Its title.
        columns: Its columns.
        rows: Its rows, with one cell for each column. Each cell is safe to show.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Text]]

    def format_lines(
        self, width: int | None, *, ellipsis: str = "…", rule: str = "─"
    ) -> list[Text]:
        """Return the lines of the table.

        A line is wider than the terminal only if the columns that are always shown are.

        Args:
            width: The cells of a line; None for as many as the table needs.
            ellipsis: What stands for the rest of a shortened text.
            rule: What the line below the titles consists of.
        """
        titles = [Text(column.title, "bold") for column in self.columns]
        widths = _compute_widths(self.columns, [titles, *self.rows], width)
        lines = [_format_line(row, widths, ellipsis) for row in (titles, *self.rows)]
        total = sum(widths.values()) + len(_GAP) * (len(widths) - 1)
        return [Text(self.title, "bold"), lines[0], Text(rule * total), *lines[1:]]


def print_table(table: Table) -> None:
    """Print a table on standard output: as wide as the terminal, or complete without one."""
    console = create_console()
    width = console.width if sys.stdout.isatty() else None
    signs = {"ellipsis": "...", "rule": "-"} if console.options.ascii_only else {}
    print_lines(console, table.format_lines(width, **signs))


def print_lines(console: Console, lines: Sequence[Text]) -> None:
    """Print lines as they are, without a fold."""
    for line in lines:
        console.print(line, soft_wrap=True)


def _compute_widths(
    columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int | None
) -> dict[int, int]:
    """Return the width of each column that is shown, by its place."""
    needed = {at: max(cell_len(row[at].plain) for row in rows) for at in range(len(columns))}
    if width is None:
        return needed
    least = {
        at: min(cells, _LEAST_NAME) if columns[at].is_name else cells
        for at, cells in needed.items()
    }
    by_rank = sorted(needed, key=lambda at: columns[at].rank)
    while _sum(least) > width and columns[by_rank[-1]].rank:
        del least[by_rank.pop()]
    spare = max(width - _sum(least), 0)
    # The narrowest first, so that each name gets an equal part of what the shorter ones leave.
    growing = sorted(least, key=lambda at: needed[at] - least[at])
    for number, at in enumerate(growing):
        more = min(needed[at] - least[at], spare // (len(growing) - number))
        least[at] += more
        spare -= more
    return least


def _sum(widths: dict[int, int]) -> int:
    return sum(widths.values()) + len(_GAP) * (len(widths) - 1)


def _format_line(row: Sequence[Text], widths: dict[int, int], ellipsis: str) -> Text:
    cells = [_fit(row[at], cells, ellipsis) for at, cells in widths.items()]
    line = Text(_GAP).join(cells)
    line.rstrip()
    return line


def _fit(text: Text, width: int, ellipsis: str) -> Text:
    """Return a text in exactly that many cells; a wide character is never cut in half."""
    plain = text.plain
    if cell_len(plain) > width:
        plain = set_cell_size(plain, width - cell_len(ellipsis)).rstrip() + ellipsis
    return Text(set_cell_size(plain, width), text.style)
