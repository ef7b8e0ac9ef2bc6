"""Random lives: drawn from a seed, run, shortened, and replayed from a file.

A life is plain data, a list of steps. `support.life` says what each step does and what must hold.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from e2e.interruptions.life import (
    KEY_CHANGES,
    KEYLESS_CHANGES,
    MANUAL_CHANGES,
    NAMES,
    PAIRS,
    ROLES,
    SHARED_NAMES,
    STACKS,
    Figures,
    PromiseBrokenError,
    Step,
    living,
)
from support.fork_server import ForkServer

# From the start of the first process to the end of most commands.
_KILL_MS = (400, 3000)


@dataclass(frozen=True)
class Drawing:
    """Which life is drawn.

    Attributes:
        seed: Which life.
        commands: How many commands meet something; a chain of kills counts as one.
        kills: The share of them that is a chain of kills, from 0 to 1.
    """

    seed: int
    commands: int
    kills: float


def draw_life(drawing: Drawing) -> list[Step]:
    """Draw the steps of a life."""
    draw = random.Random(drawing.seed)  # noqa: S311 - a life, not a secret
    draw_keyless = random.Random(f"{drawing.seed} keyless")  # noqa: S311 - the rest stays the same
    steps = [step for stack in STACKS for step in _draw_keys(draw, stack)]
    for _ in range(drawing.commands):
        stack = draw.choice(STACKS)
        steps += _draw_changes(draw, stack)
        steps += _draw_keyless_changes(draw_keyless, stack)
        command = draw.choice((*("up",) * 6, *("refresh",) * 2, "destroy"))
        if draw.random() < drawing.kills:
            steps += _draw_kills(draw, stack, command)
        else:
            steps.append(_draw_run(draw, stack, command))
        if command == "destroy":
            steps += _draw_keys(draw, stack)
    return steps


def _draw_keys(draw: random.Random, stack: str) -> Iterator[Step]:
    for name in draw.sample(NAMES[stack], 10):
        yield Step("declare", stack, "add", name, draw.choice(ROLES))


def _draw_changes(draw: random.Random, stack: str) -> Iterator[Step]:
    for _ in range(draw.randint(6, 12)):
        what = draw.choice(KEY_CHANGES)
        yield Step("declare", stack, what, draw.choice(NAMES[stack]), draw.choice(ROLES))
    for what in ("rotate", draw.choice(("text", "role"))):
        yield Step("declare", stack, what, "*", draw.choice(ROLES))
    for _ in range(draw.choice((0, 0, 1, 2, 3))):
        name = draw.choice(NAMES[draw.choice(STACKS)])
        yield Step("manual", "", draw.choice(MANUAL_CHANGES), name, draw.choice(ROLES))
    if draw.random() < 0.12:
        yield Step("clock", value=str(draw.choice((1, 8, 40, 150))))


def _draw_keyless_changes(draw: random.Random, stack: str) -> Iterator[Step]:
    for _ in range(draw.randint(4, 8)):
        what, name = draw.choice(KEYLESS_CHANGES), draw.choice(NAMES[stack])
        detail = draw.randrange(len(PAIRS))
        yield Step("declare", stack, what, name, draw.choice(ROLES), detail=detail)


def _draw_kills(draw: random.Random, stack: str, command: str) -> Iterator[Step]:
    for link in range(draw.choice((2, 3, 4, 5))):
        trouble = draw.choice(("instant", "request", "request"))
        # The run that recovers has less to do.
        last_request = 10 if link else 20
        nth = draw.randrange(last_request) if trouble == "request" else draw.randrange(*_KILL_MS)
        yield Step("kill", stack, command, trouble=trouble, detail=draw.randrange(6), nth=nth)


def _draw_run(draw: random.Random, stack: str, command: str) -> Step:
    trouble = draw.choice(("none", "emulator", "emulator", "proxy", "proxy", "race", "both"))
    name = draw.choice(SHARED_NAMES) if trouble == "both" else ""
    detail, nth = draw.randrange(1000), draw.randrange(8)
    command = "up" if trouble in ("race", "both") else command
    return Step("run", stack, command, name, draw.choice(ROLES), trouble, detail, nth)


def read_steps(file: Path) -> list[Step]:
    """Read the steps of a life that failed, a line of JSON each."""
    return [Step(**json.loads(line)) for line in file.read_text().splitlines() if line.strip()]


def write_steps(steps: Sequence[Step], file: Path) -> None:
    """Write the steps of a life, a line of JSON each."""
    file.write_text("".join(f"{step}\n" for step in steps))


def live_through(
    steps: list[Step],
    fork_server: ForkServer,
    folder: Path,
    figures: Figures,
    shrinking_seconds: float = 0,
) -> None:
    """Live through a life, with a tenant and proxies of its own.

    Args:
        steps: The life.
        fork_server: Starts the tenants.
        folder: An empty folder.
        figures: Counts what the life consists of.
        shrinking_seconds: For how long shorter lives are tried if it fails.

    Raises:
        PromiseBrokenError: It fails. The message has the shortest life that fails, and how to
            replay it.
    """
    numbers = count()

    def live(steps: list[Step], figures: Figures) -> None:
        own = folder / str(next(numbers))
        own.mkdir()
        with fork_server.tenant(own / "tenant") as tenant, living(tenant, own, figures) as life:
            life.live(steps)

    def fails(steps: list[Step]) -> bool:
        try:
            live(steps, Figures())
        except Exception:  # noqa: BLE001 - what fails otherwise is as interesting
            return True
        return False

    try:
        live(steps, figures)
    except Exception as broken:
        # Read while the life is shortened, and if the whole run is stopped.
        (folder / "failure.txt").write_text(f"{type(broken).__name__}: {broken}\n")
        short = shrink(steps, fails, shrinking_seconds, time.monotonic)
        file = folder / "life.jsonl"
        write_steps(short, file)
        shown = "\n".join(map(str, short))
        raise PromiseBrokenError(
            f"{type(broken).__name__}: {broken}\nThe life, shortened:\n{shown}\n"
            f"Replay it: python -m pytest tests/e2e/interruptions/test_lives.py --life {file}"
        ) from broken


def shrink(
    steps: list[Step],
    fails: Callable[[list[Step]], bool],
    seconds: float,
    monotonic: Callable[[], float],
) -> list[Step]:
    """Remove steps as long as the life still fails.

    Args:
        steps: A life that fails.
        fails: Lives through steps, and shows whether they fail.
        seconds: No shorter life is begun after that time.
        monotonic: Seconds of a clock that never jumps.
    """
    deadline = monotonic() + seconds
    size = max(1, len(steps) // 2)
    while size:
        start = 0
        while start < len(steps):
            if monotonic() >= deadline:
                return steps
            shorter = steps[:start] + steps[start + size :]
            if shorter and fails(shorter):
                steps = shorter
            else:
                start += size
        size //= 2
    return steps
