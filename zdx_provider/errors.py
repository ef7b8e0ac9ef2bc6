"""The errors of this product.

A class exists where code branches on it: an exit code, a retry, a decision. Every other error
is a plain `ZdxError` with a problem and a next step. `zidentity.errors` draws its own tree.
"""

from collections.abc import Iterable

from zdx_provider.text import escape_text, hide_secrets


class ZdxError(Exception):
    """Something a user of this product can read and act on.

    `str()` of it is the whole message, safe to show: what went wrong, then the next step.

    Args:
        problem: One sentence on what went wrong; never holds a secret.
        hint: One sentence on what to do about it.
    """

    def __init__(self, problem: str, *, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self._hidden: set[str] = set()

    def hide(self, secrets: Iterable[str]) -> None:
        """Keep values out of the message, for an input that turns out to be a secret."""
        self._hidden.update(secrets)

    def __str__(self) -> str:
        return escape_text(hide_secrets(self._compose(), self._hidden))

    def _compose(self) -> str:
        return f"{self.problem} {self.hint}".rstrip()


class SettingsError(ZdxError):
    """A setting is missing, malformed or contradicts another.

    Attributes:
        field: The field of `Settings` that is wrong; empty if it isn't a single one.
    """

    def __init__(self, problem: str, *, hint: str = "", field: str = "") -> None:
        super().__init__(problem, hint=hint)
        self.field = field
