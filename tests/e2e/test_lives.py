"""A fixed sample of the random lives of tests/torture."""

from pathlib import Path

import pytest
from support.fork_server import ForkServer
from support.life import Figures
from support.lives import Drawing, draw_life, live_through


@pytest.mark.parametrize(
    "drawing", [Drawing(34, 2, 0.5), Drawing(27, 2, 0.0), Drawing(25, 2, 0.5), Drawing(24, 1, 0.0)]
)
def test_lives_keep_every_promise(
    drawing: Drawing, fork_server: ForkServer, tmp_path: Path
) -> None:
    figures = Figures()

    live_through(draw_life(drawing), fork_server, tmp_path, figures)

    assert figures.operations
