"""How long each operation takes, beside a provider that does nothing and a plain one.

Usage: python -m benchmarks.operations [--quick | --many] [--results FILE] [--report]

Runs the real CLI on an emulator. Each round runs the three providers one after the other, the
first one in turn, and the figures are medians of the differences within a round. Writes the
results as JSON, then the table and the plot of `docs/performance.md`. Reads /proc, so Linux only.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import Self

from benchmarks.report import RESULTS, Case, Results, Run, write_report
from zdx_emulator.testing import RunningEmulator, running_emulator, scope_id

_ROOT = Path(__file__).parents[1]
_PROVIDERS = ("floor", "plain", "ours")
_OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "first up": ("up", "--yes", "--skip-preview"),
    "unchanged up": ("up", "--yes", "--skip-preview"),
    "refresh": ("refresh", "--yes", "--skip-preview"),
    "destroy": ("destroy", "--yes", "--skip-preview"),
}
_ROLE = "ZDX Read-only Admin"
# Keys, latency in ms, rounds. A single key takes the most rounds: its differences are the smallest.
_FULL = ((1, 0, 7), (1, 100, 3), (100, 0, 2), (100, 100, 2), (250, 0, 1), (250, 100, 1))
_QUICK = ((1, 0, 2), (30, 100, 1))
_KEYS_PER_TENANT = 200  # a tenant can have 256 clients
_MANY = (100, 1000)
_POLL_SECONDS = 0.1

_PROGRAMS = {
    "floor": "from benchmarks.providers import NoOpProvider, declare\n"
    "for number in range({keys}):\n    declare(NoOpProvider(), number)\n",
    "plain": "from benchmarks.plain import PlainProvider\n"
    "from benchmarks.providers import declare\n"
    "for number in range({keys}):\n    declare(PlainProvider(), number, role_id={role_id!r})\n",
    "ours": "from zdx_provider import ApiKey\n"
    "for number in range({keys}):\n"
    '    ApiKey(f"key-{{number}}", name=f"key-{{number}}", role={role!r}, tenant={tenant})\n',
}


@dataclass(frozen=True)
class Project:
    """A Pulumi project in a folder of its own.

    Args:
        folder: The folder.
        provider: What its program declares keys of.
        environment: Further variables.
    """

    folder: Path
    provider: str
    environment: Mapping[str, str]

    def create(self, keys: int, config: Mapping[str, object], *, tenants: int) -> None:
        """Write the program and its stack."""
        runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}
        _write_json(self.folder / "Pulumi.yaml", {"name": "bench", "runtime": runtime})
        tenant = f'f"t{{number % {tenants}}}"' if tenants > 1 else "None"
        program = _PROGRAMS[self.provider].format(
            keys=keys, role=_ROLE, role_id=scope_id(_ROLE), tenant=tenant
        )
        (self.folder / "__main__.py").write_text(program)
        (self.folder / ".engine/state").mkdir(parents=True)
        _write_json(self.folder / "Pulumi.test.yaml", {"config": config})
        self.run("stack", "init", "test")

    def run(self, *arguments: str) -> None:
        """Run a command of the CLI, which must succeed.

        Raises:
            RuntimeError: It failed.
        """
        done = subprocess.run(
            ["pulumi", "--non-interactive", *arguments],  # noqa: S607 - the CLI on PATH
            cwd=self.folder,
            env=self._build_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(
                f"{self.provider}: {arguments[0]} failed\n{done.stdout}{done.stderr}"
            )

    def _build_environment(self) -> dict[str, str]:
        engine = self.folder / ".engine"
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(engine),
            "PULUMI_HOME": str(engine / "home"),
            "PULUMI_STACK": "test",
            "PULUMI_BACKEND_URL": f"file://{engine / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "bench",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PYTHONPATH": str(_ROOT),
            **self.environment,
        }


class MemoryWatch:
    """Watches the peak memory of the plugin whose project is in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.peak_kb = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        plugin: Path | None = None
        while not self._ended.wait(_POLL_SECONDS):
            if plugin is None or not plugin.exists():
                plugin = next(self._find_plugins(), None)
            if plugin is not None:
                self.peak_kb = max(self.peak_kb, _read_peak_kb(plugin))

    def _find_plugins(self) -> Iterator[Path]:
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended
                is_host = b"pulumi.dynamic" in (process / "cmdline").read_bytes()
                if is_host and str((process / "cwd").readlink()).startswith(self._folder):
                    yield process


def _read_peak_kb(process: Path) -> int:
    try:
        status = (process / "status").read_text()
    except OSError:
        return 0
    return next((int(x.split()[1]) for x in status.splitlines() if x.startswith("VmHWM")), 0)


def _write_json(file: Path, content: object) -> None:
    file.write_text(json.dumps(content))  # JSON is YAML


def measure(
    provider: str,
    keys: int,
    tenants: Sequence[RunningEmulator],
    environment: Mapping[str, str] | None = None,
) -> dict[str, Run]:
    """Run each operation on a new stack once."""
    for tenant in tenants:
        tenant.reset()
    config: dict[str, object] = dict(tenants[0].stack_config())
    if len(tenants) > 1:
        entries = {
            f"t{number}": tenant.settings(f"acme{number}") for number, tenant in enumerate(tenants)
        }
        config = {"zdx:tenants": json.dumps(entries)}
    runs = {}
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder).resolve(), provider, environment or {})
        project.create(keys, config, tenants=len(tenants))
        for operation, arguments in _OPERATIONS.items():
            for tenant in tenants:
                tenant.clear_requests()
            with MemoryWatch(project.folder) as memory:
                began = time.perf_counter()
                project.run(*arguments)
                seconds = time.perf_counter() - began
            calls = sum(len(tenant.requests()) for tenant in tenants)
            runs[operation] = Run(round(seconds, 3), calls, memory.peak_kb)
    return runs


def compare(plan: Sequence[tuple[int, int, int]]) -> list[Case]:
    """Run all providers of a plan: of each entry the keys, the latency and the rounds."""
    cases = []
    for keys, latency_ms, rounds in plan:
        measured: list[dict[str, dict[str, Run]]] = []
        with running_emulator(latency_ms=latency_ms) as tenant:
            for number in range(rounds):
                first = number % len(_PROVIDERS)
                order = (*_PROVIDERS[first:], *_PROVIDERS[:first])
                measured.append({each: measure(each, keys, [tenant]) for each in order})
                _say(f"{keys} keys at {latency_ms} ms, round {number + 1} of {rounds}")
        for operation in _OPERATIONS:
            runs = {each: [m[each][operation] for m in measured] for each in _PROVIDERS}
            cases.append(Case(operation, keys, latency_ms, runs))
    return cases


def measure_many() -> list[Case]:
    """Run ours with few and with many keys in several tenants, without checkpoints."""
    environment = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
    cases = []
    for keys in _MANY:
        with ExitStack() as stack:
            count = -(-keys // _KEYS_PER_TENANT)
            tenants = [stack.enter_context(running_emulator()) for _ in range(count)]
            measured = {
                provider: measure(provider, keys, tenants, environment)
                for provider in ("floor", "ours")
            }
        _say(f"{keys} keys in {count} tenants")
        cases += [
            Case(operation, keys, 0, {each: [measured[each][operation]] for each in measured})
            for operation in _OPERATIONS
        ]
    return cases


_began = time.perf_counter()


def _say(what: str) -> None:
    print(f"{time.perf_counter() - _began:6.0f} s  {what}", file=sys.stderr, flush=True)


def main() -> int:
    """Measure, write the results and the page, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few keys; writes no page")
    parser.add_argument("--many", action="store_true", help="only 1,000 keys; writes no page")
    parser.add_argument("--results", type=Path, default=RESULTS, help="default: %(default)s")
    parser.add_argument("--report", action="store_true", help="only write the page again")
    options = parser.parse_args()
    if options.report:
        write_report(Results.read(options.results))
        return 0
    results = Results(
        [] if options.many else compare(_QUICK if options.quick else _FULL),
        [] if options.quick else measure_many(),
        round(time.perf_counter() - _began),
    )
    print(results.format_text())
    if not (options.quick or options.many):
        results.write(options.results)
        write_report(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
