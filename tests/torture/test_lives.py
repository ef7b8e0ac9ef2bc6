"""Random lives: operations, faults and kills, until something breaks."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.fork_server import ForkServer
from support.lives import Life, PromiseBrokenError, Step, draw_life, shrink
from support.proxy import running_proxy

COMMANDS_A_LIFE = 10
KILLS = 0.6
_SHRINKING_TRIES = 12


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
    attempts = 0

    def live(steps: list[Step]) -> Life:
        nonlocal attempts
        attempts += 1
        folder = tmp_path / str(attempts)
        folder.mkdir()
        with fork_server.tenant(folder / "tenant") as tenant, running_proxy(tenant.url) as proxy:
            life = Life(tenant, proxy, folder)
            life.live(steps)
            return life

    def fails(steps: list[Step]) -> bool:
        try:
            live(steps)
        except AssertionError:
            return True
        return False

    steps = draw_life(life_seed, COMMANDS_A_LIFE, KILLS)
    try:
        life = live(steps)
    except AssertionError as broken:
        short = "\n".join(map(str, shrink(steps, fails, _SHRINKING_TRIES)))
        raise type(broken)(f"{broken}\nThe life, shortened:\n{short}") from None
    record_property("outcome", "kept every promise")
    record_property("counts", vars(life.figures))
