"""What a command that failed says about each key."""

import re
from dataclasses import dataclass

_HEADER = re.compile(r"^  \S+ \((?P<logical>[^)]+)\):$")
# What Pulumi says of a run as a whole: that it failed, and that the program ended before its end.
_SUMMARY = re.compile(
    r"(update|refresh|destroy|preview) failed|Resource monitor has terminated, shutting down"
)
_OWN = re.compile(r"zdx_provider\.[\w.]+: ")
_CHECK = re.compile(r"\S+ resource '[^']*' has a problem: ")
_KEY = re.compile(r'"(?P<name>[^"]+)" \((?P<id>\w+)')


@dataclass(frozen=True)
class Refusal:
    """What is said about one resource.

    Attributes:
        logical: Its name in the program.
        message: The line for the user, without the traceback that Pulumi prints before it.
        is_own: Whether the product drew it: anything else is an exception that escaped.
    """

    logical: str
    message: str
    is_own: bool

    @property
    def key_id(self) -> str:
        """The key that it names.

        Raises:
            LookupError: It names none.
        """
        if found := _KEY.search(self.message):
            return found["id"]
        raise LookupError(f"no key is named: {self.message}")


def read_refusals(text: str) -> list[Refusal]:
    """Return what a command that failed says, in the order of its diagnostics."""
    refusals, logical = [], ""
    errors: list[list[str]] = []
    for line in [*text.rpartition("\nDiagnostics:\n")[2].splitlines(), ""]:
        if header := _HEADER.match(line):
            logical = header["logical"]
        elif line.startswith("    error: "):
            errors.append([line.removeprefix("    error: ")])
        elif line.startswith("    ") and errors:
            errors[-1].append(line.strip())
        else:
            refusals += [_read(logical, lines) for lines in errors if not _is_summary(lines)]
            errors = []
    return refusals


def _is_summary(lines: list[str]) -> bool:
    return bool(_SUMMARY.fullmatch(lines[0]))


def _read(logical: str, lines: list[str]) -> Refusal:
    for pattern, line in ((_OWN, lines[-1]), (_CHECK, lines[0])):
        if found := pattern.match(line):
            return Refusal(logical, line[found.end() :], is_own=True)
    return Refusal(logical, " ".join(lines), is_own=False)
