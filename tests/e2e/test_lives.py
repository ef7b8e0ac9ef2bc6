"""A fixed sample of the random lives of tests/torture."""

from pathlib import Path

import pytest
from support.fork_server import ForkServer
from support.lives import draw_life, live_through


@pytest.mark.parametrize(("seed", "kills"), [(1, 0.9), (2, 0.0), (3, 0.5), (4, 0.2)])
def test_lives_keep_every_promise(
    seed: int, kills: float, fork_server: ForkServer, tmp_path: Path
) -> None:
    figures = live_through(draw_life(seed, 3, kills), fork_server, tmp_path, shrinking_tries=0)

    assert figures.operations
