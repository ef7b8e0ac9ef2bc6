"""Text that is safe to show, as a literal of Python or a word of a shell; and base64 and PEM."""

import base64
import re
import shlex
from collections.abc import Iterable

# The start of a colour tag of Pulumi's CLI, which panics at one that it does not know.
_COLOUR_TAG = "<{%"
# No block contains the line of another: each is read once, however many begin.
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,64})-----((?:(?!-----).)*)-----END \1-----", re.DOTALL)


def escape_text(text: str, *, keep: str = "") -> str:
    """Make text that comes from elsewhere safe to show, wherever it is shown.

    Names, roles and descriptions come from people who may edit the tenant. What a terminal or the
    Pulumi CLI would act on (escape sequences, line breaks, bidirectional and invisible characters,
    colour tags) becomes visible text. Escaping escaped text changes nothing.

    Args:
        text: The text.
        keep: Characters that are harmless where this text goes, such as a line break.
    """
    shown = "".join(
        each if each.isprintable() or each in keep else each.encode("unicode_escape").decode()
        for each in text
    )
    return shown.replace(_COLOUR_TAG, "\\x3c{%")


def hide_secrets(text: str, secrets: Iterable[str]) -> str:
    """Replace each secret in a text, longer ones first; also one that is escaped already."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        for spelling in (secret, escape_text(secret)):
            text = text.replace(spelling, "[secret]")
    return text


def quote_python(text: str) -> str:
    """Return a Python literal, as a formatter would write it, in printable characters."""
    # repr prefers the other quotes, and leaves some characters as they are that reorder a line.
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escape(character, quote) for character in text) + quote


def quote_shell(text: str) -> str:
    """Return one word for a shell, in printable characters."""
    if text.isprintable():
        return shlex.quote(text)
    # Every character that a terminal would act on, as bytes that bash, zsh and ksh put together.
    return "$'" + "".join(map(_escape_for_shell, text)) + "'"


def _escape(character: str, quote: str) -> str:
    if character == quote:
        return f"\\{quote}"
    if character == "\\" or not character.isprintable():
        return character.encode("unicode_escape").decode()
    return character


def _escape_for_shell(character: str) -> str:
    if character in "'\\":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode(errors="surrogateescape"))


def decode_base64(text: str) -> bytes | None:
    """Return what a text in base64 encodes, in any number of lines; None if it is another text."""
    try:
        return base64.b64decode("".join(text.split()), validate=True) or None
    except ValueError:
        return None


def find_pem_blocks(text: str) -> list[tuple[str, str]]:
    """Return the label and the content of each PEM block in a text."""
    return _PEM.findall(text)
