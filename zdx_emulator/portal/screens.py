"""Renders the page's screens."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

STATIC = Path(__file__).parent / "static"

_PAGE_SIZE = 50
# Controls, formats (bidirectional, zero width), surrogates, separators of lines and paragraphs.
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_HEADERS = {
    # A secret that was shown must not come back with the browser's back button.
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Notice(str, Enum):
    """What was just done."""

    CHANGED = "CHANGED"
    DELETED = "DELETED"

    @property
    def words(self) -> str:
        """Says it."""
        return f"The key was {self.value.lower()}."


@dataclass(frozen=True)
class Pages:
    """A long list, cut into pages.

    Attributes:
        number: The page that is shown, from 1.
        total: How many keys there are on all pages.
    """

    number: int
    total: int = 0
    size: int = _PAGE_SIZE

    def of(self, total: int) -> "Pages":
        """Returns the same page, once it is known how many keys there are."""
        return Pages(self.number, total)

    @property
    def offset(self) -> int:
        """Returns how many keys come before this page."""
        return (self.number - 1) * self.size

    @property
    def count(self) -> int:
        """Returns how many pages there are; an empty list is one page."""
        return max(1, -(-self.total // self.size))


def _utc_text(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _show_controls(value: Any) -> Any:
    """Make visible what a text has no glyph for: terminal escapes, bidirectional controls."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in _UNSEEN else char
        for char in value
    )


def _keep(value: str) -> Markup:
    """Escape a text and leave it as it is otherwise, for a form that sends it back."""
    return escape(value)


_screens = Environment(
    finalize=_show_controls,
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_screens.filters["utc"] = _utc_text
_screens.filters["as_is"] = _keep


def render(template: str, *, status: HTTPStatus = HTTPStatus.OK, **shown: Any) -> HTMLResponse:
    """Renders a screen.

    Args:
        template: Its file among the templates.
        status: The answer's HTTP status.
        **shown: What the template shows.
    """
    text = _screens.get_template(template).render(**shown)
    return HTMLResponse(text, status, _HEADERS)
