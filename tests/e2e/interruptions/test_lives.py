"""Random lives: operations, faults and kills, until something breaks; a sample isn't slow."""

from collections.abc import Callable
from pathlib import Path

import pytest
from e2e.interruptions.life import Figures, PromiseBrokenError, Step
from e2e.interruptions.lives import Drawing, draw_life, live_through, read_steps
from support.fork_server import ForkServer

COMMANDS_A_LIFE = 20
KILLS = 0.8
SHRINKING_SECONDS = 300


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "steps" in metafunc.fixturenames:
        options = metafunc.config.option
        first = options.seed * 1000
        seeds = range(first, first + round(options.lives * options.share))
        lives = {str(seed): draw_life(Drawing(seed, COMMANDS_A_LIFE, KILLS)) for seed in seeds}
        if options.life:
            lives = {options.life.stem: read_steps(options.life)}
        metafunc.parametrize("steps", lives.values(), ids=lives.keys())


@pytest.mark.slow
def test_lives_keep_every_promise(
    steps: list[Step],
    fork_server: ForkServer,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    figures = Figures()
    record_property("figures", "random lives")
    record_property("never", [PromiseBrokenError.__name__])
    record_property("outcome", "kept every promise")
    record_property("counts", vars(figures))

    live_through(steps, fork_server, tmp_path, figures, SHRINKING_SECONDS)


@pytest.mark.parametrize("drawing", [Drawing(35, 1, 1.0), Drawing(9, 2, 0.0)])
def test_lives_of_the_sample_keep_every_promise(
    drawing: Drawing, fork_server: ForkServer, tmp_path: Path
) -> None:
    figures = Figures()

    live_through(draw_life(drawing), fork_server, tmp_path, figures)

    assert figures.operations
