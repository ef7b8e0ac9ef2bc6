"""The JSON in an error, and which of its words are safe to show.

ZIdentity publishes `type`, `title`, `status` and `detail` (as RFC 7807), all for people. Other
services of Zscaler send `code` and `message`, or `id` and `reason`; the token endpoint sends
OAuth's `error` and `error_description` (RFC 6749, 5.2).

The words of a server may repeat the request, or a secret. They are shown only if they are short,
repeat neither, and contain no word that looks like a secret.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from zdx_provider.text import escape_text, hide_secrets

_CODE = re.compile(r"[A-Z_]{1,40}")

_LONGEST_TEXT = 200
# Characters that a text and a secret, or a text and a value of the request, do not share by chance.
_PIECE_OF_SECRET = 8
_PIECE_OF_REQUEST = 16

_SHORT_WORD = 7
_LONGEST_NAME = 20
_LONGEST_INDEX = 3
_LONGEST_NUMBER = 13  # epoch milliseconds
_MOST_HUMPS = 4  # of a name such as accessTokenLifeTime
_HUMP = re.compile(r"(?<=[^\W\d_])(?=[A-Z])")
_AROUND_WORDS = ".,;:!?'\"`()[]{}<>"
# What joins the names of members, and the parts of a compound or a date.
_BETWEEN_NAMES = re.compile(r"[-._/:,=\[\]()']+")


def _drop_other_types(value: Any) -> Any:
    return value if isinstance(value, str) else ""


_Text = Annotated[str, BeforeValidator(_drop_other_types)]


class ErrorBody(BaseModel):
    """What is understood of an error's body; a member of another type counts as absent."""

    model_config = ConfigDict(hide_input_in_errors=True)

    title: _Text = ""
    detail: _Text = ""
    code: _Text = ""
    message: _Text = ""
    id: _Text = ""
    reason: _Text = ""
    error: _Text = ""
    error_description: _Text = ""

    @classmethod
    def parse(cls, body: bytes) -> "ErrorBody":
        """Read the body of a response; a body that isn't understood counts as empty."""
        try:
            return cls.model_validate_json(body)
        except ValidationError:
            return cls()

    @property
    def short_code(self) -> str:
        """The code in upper case; empty if there is none."""
        codes = (self.code, self.id, self.title)
        return next((code for code in codes if _CODE.fullmatch(code)), "")

    def quote_words(self, status: int, guard: "Guard") -> str:
        """Return title and detail as the end of a sentence; empty if neither is safe to show.

        Args:
            status: The status of the response, which some titles only repeat.
            guard: Knows what must not be shown.
        """
        detail = self.detail or self.message or self.reason or self.error_description
        title = "" if self.title in (self.short_code, _get_phrase(status)) else self.title
        shown = [text for text in map(guard.clean, (title, detail)) if text]
        return f': "{": ".join(dict.fromkeys(shown))}"' if shown else ""


class Guard:
    """Decides which words of a server are safe to show.

    Args:
        secrets: The secrets that this process knows. They are hidden, and a text with a part of
            one is not shown.
        shown: The operation, whose names and IDs the error shows anyway.
        sent: The body of the request. A text that repeats much of it is not shown: an input may
            be a secret.
    """

    def __init__(self, secrets: Collection[str], shown: str, sent: str) -> None:
        self._secrets = frozenset(secrets)  # other threads may add one meanwhile
        self._shown = shown
        self._sent = list(_list_texts(_parse_json(sent)))

    def clean(self, text: str) -> str:
        """Return a text on one line and escaped; empty if it isn't safe to show."""
        text = " ".join(text.split()).replace('"', "'")
        if len(text) > _LONGEST_TEXT:
            return ""
        if text in self._secrets:  # nothing is left of it
            return ""
        text = hide_secrets(text, self._secrets)
        if self._has_own_text(text) or not all(map(self._is_plain, text.split())):
            return ""
        text = escape_text(text)
        return text if len(text) <= _LONGEST_TEXT else ""

    def _has_own_text(self, text: str) -> bool:
        """Whether a text repeats a part of a secret, or of what the request sent."""
        if any(_share_piece(text, secret, _PIECE_OF_SECRET) for secret in self._secrets):
            return True
        for value in self._sent:
            if value in self._shown:
                text = text.replace(value, " ")
        return any(_share_piece(text, value, _PIECE_OF_REQUEST) for value in self._sent)

    def _is_plain(self, word: str) -> bool:
        """Whether a word is an ordinary one, a number, the name of a member, or shown anyway."""
        word = word.strip(_AROUND_WORDS)
        if len(word) <= _SHORT_WORD:
            return True
        parts = [part for part in _BETWEEN_NAMES.split(word) if part]
        is_number = len(word) <= _LONGEST_NUMBER and all(part.isdigit() for part in parts)
        return is_number or all(map(_is_name, parts)) or word in self._shown


def _is_name(part: str) -> bool:
    """Whether part of a word is made of letters, or an index."""
    if part.isdigit():
        return len(part) <= _LONGEST_INDEX
    humps = 0 if part.isupper() else len(_HUMP.findall(part))
    return part.isalpha() and len(part) <= _LONGEST_NAME and humps <= _MOST_HUMPS


def _get_phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _share_piece(text: str, other: str, length: int) -> bool:
    """Whether two texts have so many characters in a row in common, in any case and spacing."""
    text, other = ("".join(each.split()).casefold() for each in (text, other))
    return any(text[at : at + length] in other for at in range(len(text) - length + 1))


def _parse_json(text: str) -> Any:
    return TypeAdapter(Any).validate_json(text) if text else None


def _list_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        items: Iterable[Any] = value.values() if isinstance(value, dict) else value
        for item in items:
            yield from _list_texts(item)
