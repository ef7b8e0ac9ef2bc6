"""Figures of the slow tests (`make test-slow`)."""

import json
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest


class Figures:
    """Counts how the tests of each kind ended, as their property `figures` names the kind.

    A failed one is counted as the exception that ended it, any other as its property `outcome`.
    What the property `never` names is shown although it was not met. The file is written after
    each test, and each has a line of its own in the file beside it, so that a run that is cut
    short leaves its figures.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._outcomes: dict[str, Counter[str]] = {}
        self._counts: dict[str, Counter[str]] = {}
        self._started = time.monotonic()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties: dict[str, Any] = dict(report.user_properties)
        if report.when == "call" and "figures" in properties:
            kind = self._outcomes.setdefault(properties["figures"], Counter())
            never: Iterable[str] = properties.get("never", ())
            kind.update(dict.fromkeys(never, 0))
            outcome = _failure(report) if report.failed else properties["outcome"]
            kind[outcome] += 1
            counts = properties.get("counts", {})
            self._counts.setdefault(properties["figures"], Counter()).update(counts)
            self._write({"test": report.nodeid, "outcome": outcome, **counts}, report.duration)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._outcomes:
            terminalreporter.section("figures")
            terminalreporter.write_line(json.dumps(self._figures(), indent=2))

    def _write(self, line: dict[str, Any], duration: float) -> None:
        file: Path | None = self._config.getoption("--figures")
        if file:
            file.write_text(json.dumps(self._figures(), indent=2) + "\n")
            with file.with_suffix(".jsonl").open("a") as each:
                each.write(json.dumps({**line, "seconds": round(duration)}) + "\n")

    def _figures(self) -> dict[str, Any]:
        return {
            "seed": self._config.getoption("--seed"),
            "share": self._config.getoption("--share"),
            "seconds": round(time.monotonic() - self._started),
            "outcomes": {
                kind: {
                    "cases": counted.total(),
                    **dict(counted.most_common()),
                    **self._counts.get(kind, {}),
                }
                for kind, counted in self._outcomes.items()
            },
        }


def _failure(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message).split(":")[0].split(".")[-1] if crash else "failed"
