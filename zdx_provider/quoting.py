"""Text as a literal of Python, and as a word of a shell, for what a user pastes or runs."""

import shlex


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
