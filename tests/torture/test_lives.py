"""Random lives: operations, faults and kills, until something breaks."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.fork_server import ForkServer
from support.lives import PromiseBrokenError, draw_life, live_through

COMMANDS_A_LIFE = 10
KILLS = 0.8
SHRINKING_TRIES = 12


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "life_seed" in metafunc.fixturenames:
        options = metafunc.config.option
        first = options.seed * 1000
        metafunc.parametrize(
            "life_seed", range(first, first + round(options.lives * options.share))
        )


def test_lives_keep_every_promise(
    life_seed: int,
    fork_server: ForkServer,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("figures", "random lives")
    record_property("never", [PromiseBrokenError.__name__])

    steps = draw_life(life_seed, COMMANDS_A_LIFE, KILLS)
    figures = live_through(steps, fork_server, tmp_path, SHRINKING_TRIES)

    record_property("outcome", "kept every promise")
    record_property("counts", vars(figures))
