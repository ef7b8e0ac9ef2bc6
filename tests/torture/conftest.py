"""All of what is long: seeded, bounded, with figures."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.fork_server import ForkServer, running_fork_server
from support.pulumi_project import PulumiProject, require_cli

from zdx_emulator.testing import RunningEmulator, running_emulator


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("torture")
    group.addoption("--figures", type=Path, help="The JSON file that the figures are written to.")
    group.addoption("--share", type=float, default=1.0, help="How much of a matrix, from 0 to 1.")
    group.addoption("--seed", type=int, default=1, help="Which part of a matrix, which lives.")
    group.addoption("--lives", type=int, default=30, help="How many random lives.")
    group.addoption("--life", type=Path, help="A file with the steps of the one life to replay.")


def pytest_configure(config: pytest.Config) -> None:
    counts_for_all_workers = not hasattr(config, "workerinput")
    if counts_for_all_workers:
        config.pluginmanager.register(Figures(config))


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


@pytest.fixture(scope="session", autouse=True)
def _cli() -> None:
    require_cli()


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """What the tenants of a worker are forked off."""
    with running_fork_server() as server:
        yield server


@pytest.fixture(scope="session")
def _emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    with running_emulator(data_dir=tmp_path_factory.mktemp("tenant")) as running:
        yield running


@pytest.fixture
def tenant(_emulator: RunningEmulator) -> RunningEmulator:
    """A tenant as new."""
    _emulator.reset()
    return _emulator


@pytest.fixture
def project(tmp_path: Path, tenant: RunningEmulator) -> PulumiProject:
    """A project with a stack, and nothing in it."""
    return PulumiProject(tmp_path).create(tenant.stack_config())
