"""The kill matrix: every way in which an operation can be cut short."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from e2e.interruptions.operations import (
    CREATE_SECRET,
    LIST_SECRETS_LAST,
    OPERATIONS,
    READ_AGAIN,
    Operation,
    Step,
)
from support.engine_processes import CLI, LANGUAGE_HOST, PLUGIN

# What is cut off: one of three processes, or only the response to a request.
ANSWER = "answer"
VICTIMS = (CLI, PLUGIN, LANGUAGE_HOST, ANSWER)

# Whether the request that is under way takes effect.
SERVED = "served"
LOST = "lost"


@dataclass(frozen=True)
class Case:
    """One way of being cut short.

    Attributes:
        operation: What is cut short.
        step: At which request.
        fate: What becomes of that request.
        victim: What is cut off.
        times: How often; the second time at the next run's first change, or again at the create.
        resume: Whether ``zdx:resumeInterrupted`` is set from the start.
    """

    operation: Operation
    step: Step
    fate: str
    victim: str
    times: int = 1
    resume: bool = False

    def __str__(self) -> str:
        flags = " twice" * (self.times > 1) + " with resume" * self.resume
        return f"{self.operation.name}: {self.victim} at {self.step.name} ({self.fate}){flags}"

    @property
    def may_fill_both_slots(self) -> bool:
        """Whether two secrets that no state holds can be there: then someone has to choose."""
        taken_over = self.operation.name == "take over"
        return (self.step == CREATE_SECRET and (self.times > 1 or taken_over)) or (
            taken_over and self.step in (READ_AGAIN, LIST_SECRETS_LAST)
        )


def matrix() -> Iterator[Case]:
    """Return every case; a step that only reads is cut short once, without resume."""
    for operation in OPERATIONS:
        for step in operation.steps:
            fates = (SERVED, LOST) if step.changes else (LOST,)
            times = (1, 2) if step.changes else (1,)
            for fate, victim, often in product(fates, VICTIMS, times):
                case = Case(operation, step, fate, victim, often)
                yield case
                if step.changes and operation.makes and victim != ANSWER:
                    yield replace(case, resume=True)


def share_of(cases: Iterable[Case], share: float, seed: int) -> list[Case]:
    """Return part of the cases, always the same ones for a seed.

    Args:
        cases: All of them.
        share: How many of them, from 0 to 1.
        seed: Which.
    """
    everything = list(cases)
    draw = random.Random(seed)  # noqa: S311 - a sample, not a secret
    chosen = draw.sample(range(len(everything)), round(share * len(everything)))
    return [everything[index] for index in sorted(chosen)]
