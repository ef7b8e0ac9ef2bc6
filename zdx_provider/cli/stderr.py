"""What the Pulumi CLI writes when it fails, as one line that can be shown."""

import re

_LONGEST = 600
# Up to the last @, for a password that was not escaped may hold one itself; in quotes also blanks.
_SCHEME = r"\b([a-z][a-z0-9+.-]*://)"
_QUOTED = re.compile(rf"""(?<="){_SCHEME}(?:\\.|[^"\\])*@""", re.IGNORECASE)
_BARE = re.compile(rf"{_SCHEME}\S*@", re.IGNORECASE)
_PARAMETER = re.compile(
    r"""([?&;][^=&\s"]*(?:pass|pwd|secret|token|sig|sas|key|cred)[^=&\s"]*=)[^&\s"]+""",
    re.IGNORECASE,
)


def summarize_stderr(stderr: str) -> str:
    """Return what the CLI says of its failure, without the credentials in any URL."""
    lines = [line.strip() for line in stderr.splitlines()]
    started = next((at for at, line in enumerate(lines) if line.startswith("error:")), 0)
    told = (line.removeprefix("error:").strip() for line in lines[started:])
    # A line of no letters is an ornament.
    text = " ".join(line for line in told if re.search(r"\w", line))
    shown = redact_urls(" ".join(text.split())).rstrip(".")
    if len(shown) > _LONGEST:
        shown = f"{shown[:_LONGEST]}..."
    return shown or "nothing"


def redact_urls(text: str) -> str:
    """Return the text without the user information and the secret parameters of its URLs."""
    for pattern in (_QUOTED, _BARE):
        text = pattern.sub(r"\1[redacted]@", text)
    return _PARAMETER.sub(r"\1[redacted]", text)
