"""Draw the pictures of the documentation: `python -m tools.pictures` writes docs/img/*.svg.

The layers are those of the contract in `pyproject.toml`, the days those of docs/rotation.md.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "img"

_STYLE = """\
  <style>
    text { font: 13px sans-serif; fill: #24292f; }
    .small { font-size: 11px; fill: #57606a; }
    .middle { text-anchor: middle; }
    .end { text-anchor: end; }
    .box { fill: #f6f8fa; stroke: #8c959f; }
    .band { fill: #8c959f; fill-opacity: 0.14; }
    .overlap { fill: #bf8700; fill-opacity: 0.3; }
    .first { fill: #54aeff; }
    .second { fill: #4ac26b; }
    .unused { fill: none; stroke: #54aeff; stroke-dasharray: 4 3; }
    .line { stroke: #57606a; fill: none; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .small { fill: #9198a1; }
      .box { fill: #21262d; stroke: #6e7681; }
      .first { fill: #1f6feb; }
      .second { fill: #238636; }
      .line { stroke: #9198a1; }
    }
  </style>
"""


@dataclass(frozen=True)
class Rotation:
    """The days of a rotation, as in docs/rotation.md.

    Attributes:
        lifetime: The lifetime of a secret.
        window: The rotation window.
        overlap: How long the previous secret still works.
    """

    lifetime: int = 90
    window: int = 14
    overlap: int = 7


def draw_rotation(days: Rotation) -> str:
    """Draw two secrets of a key one after the other, as the text of an SVG file."""
    rotated = days.lifetime - days.window
    revoked = rotated + days.overlap
    last = rotated + days.lifetime

    def x(day: float) -> float:
        return 84 + day * 3.7

    def bar(kind: str, start: int, end: int, y: int) -> str:
        return _rect(kind, x(start), y, x(end) - x(start), 30)

    def mark(day: int, y: int, lines: Sequence[str], side: str = "middle") -> Iterator[str]:
        yield _line(x(day), 44, x(day), y - 14)
        for number, line in enumerate(lines):
            yield _text(line, x(day), y + 15 * number, f"small {side}")

    parts = [
        _rect("band", x(rotated), 30, x(days.lifetime) - x(rotated), 130),
        _rect("overlap", x(rotated), 44, x(revoked) - x(rotated), 116),
        _text(f"rotation window, {days.window} days", x(days.lifetime - days.window / 2), 22),
        _text("secret 1", 72, 74, "end"),
        _text("secret 2", 72, 124, "end"),
        bar("first", 0, revoked, 54),
        bar("unused", revoked, days.lifetime, 54),
        bar("second", rotated, last, 104),
        _text(f"overlap, {days.overlap} days: both work", x(days.lifetime) + 8, 74, ""),
        *mark(0, 184, ("day 0", "pulumi up creates", "the key with secret 1"), ""),
        *mark(rotated, 184, (f"day {rotated}", "pulumi up creates", "secret 2 "), "end"),
        *mark(revoked, 184, (f"day {revoked}", "pulumi up revokes", "secret 1"), ""),
        *mark(last, 184, (f"day {last}", "secret 2 would expire"), "end"),
    ]
    label = "Two secrets of a key, the rotation window of the first one, and their overlap"
    return _compose(720, 224, label, parts)


_CONTRACT = re.compile(
    r'^name = "Imports point down.*?^layers = \[\n(.*?)^\]', re.MULTILINE | re.DOTALL
)


def read_layers(pyproject: str) -> list[list[str]]:
    """Return the layers of the product, from top to bottom, of the contract in a pyproject.toml."""
    (listed,) = _CONTRACT.findall(pyproject)
    rows = re.findall(r'"(.*)"', listed)
    return [[name.strip().partition(".")[2] for name in row.split("|")] for row in rows]


# Who uses a layer, or what it does, for those that a reader looks for.
_NOTES = {
    "api_key": "Pulumi programs",
    "lookups": "Pulumi programs",
    "cli": "zdx-keys",
    "provider": "called by the Pulumi engine",
    "engine": "Pulumi's protocol",
    "keys": "what a key is",
    "settings": "which tenant",
    "zidentity": "HTTPS to ZIdentity",
}


def draw_layers(layers: Sequence[Sequence[str]]) -> str:
    """Draw layers from top to bottom, as the text of an SVG file."""
    left, right, height, gap = 40, 700, 40, 10
    parts: list[str] = []
    for row, names in enumerate(layers):
        width = (right - left - gap * (len(names) - 1)) / len(names)
        for column, name in enumerate(names):
            x, y = left + column * (width + gap), 10 + row * (height + gap)
            parts.append(_rect("box", x, y, width, height))
            note = _NOTES.get(name)
            parts.append(_text(name, x + width / 2, y + (18 if note else 25)))
            if note:
                parts.append(_text(note, x + width / 2, y + 33, "small middle"))
    bottom = len(layers) * (height + gap)
    parts.append(_line(20, 14, 20, bottom - 4))
    parts.append(_line(15, bottom - 12, 20, bottom - 4))
    parts.append(_line(25, bottom - 12, 20, bottom - 4))
    label = "The layers of zdx_provider. Each one imports only layers below it."
    return _compose(710, bottom + 10, label, parts)


def draw() -> dict[Path, str]:
    """Return the text of each picture, by its file."""
    layers = read_layers((ROOT / "pyproject.toml").read_text())
    return {
        FOLDER / "rotation.svg": draw_rotation(Rotation()),
        FOLDER / "layers.svg": draw_layers(layers),
    }


def _compose(width: int, height: int, label: str, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="{escape(label)}">\n'
    )
    body = "".join(f"  {part}\n" for part in parts)
    return f"{head}{_STYLE}{body}</svg>\n"


def _rect(kind: str, x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="3"/>'
    )


def _line(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<line class="line" x1="{x:g}" y1="{y:g}" x2="{to_x:g}" y2="{to_y:g}"/>'


def _text(text: str, x: float, y: float, kind: str = "middle") -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(text)}</text>'


if __name__ == "__main__":
    for file, text in draw().items():
        file.write_text(text)
