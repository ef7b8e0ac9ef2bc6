"""Ids and secrets of the tenant's making."""

import random
import string
from collections.abc import Callable

_ID_ALPHABET = string.digits + string.ascii_lowercase[:22]
_ID_LENGTH = 13
# "+", "/" and "=" catch clients that forget to encode a form.
_SECRET_ALPHABET = string.ascii_letters + string.digits + "-._~+/="
_SECRET_LENGTH = 48


class Identifiers:
    """Draws opaque ids and secret values.

    Args:
        seed: Makes every draw reproducible; None draws from the system's randomness.
        next_draw: Numbers the draws, across restarts too, so that no seeded one repeats.
    """

    def __init__(self, seed: int | None, next_draw: Callable[[], int]) -> None:
        self._seed = seed
        self._next_draw = next_draw

    def new_id(self) -> str:
        """Returns an id shaped like the recorded ones, `hhlm4bhmbg7ir`."""
        return "h" + self._draw(_ID_ALPHABET, _ID_LENGTH - 1)

    def new_secret(self) -> str:
        """Returns the value of a client secret."""
        return self._draw(_SECRET_ALPHABET, _SECRET_LENGTH)

    def _draw(self, alphabet: str, length: int) -> str:
        return "".join(self._source().choices(alphabet, k=length))

    def _source(self) -> random.Random:
        if self._seed is None:
            return random.SystemRandom()
        return random.Random(f"{self._seed}:{self._next_draw()}")  # noqa: S311 - asked to repeat
