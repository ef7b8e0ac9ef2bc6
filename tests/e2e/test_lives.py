"""A fixed sample of the random lives of tests/torture."""

from pathlib import Path

import pytest
from support.fork_server import ForkServer
from support.life import Figures
from support.lives import Drawing, draw_life, live_through


@pytest.mark.parametrize(
    "drawing", [Drawing(1, 2, 1.0), Drawing(2, 3, 0.0), Drawing(3, 2, 0.5), Drawing(4, 2, 0.5)]
)
def test_lives_keep_every_promise(
    drawing: Drawing, fork_server: ForkServer, tmp_path: Path
) -> None:
    figures = Figures()

    live_through(draw_life(drawing), fork_server, tmp_path, figures)

    assert figures.operations
