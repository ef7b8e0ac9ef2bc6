"""The results of the comparison, and what `docs/performance.md` shows of them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import starmap
from pathlib import Path
from statistics import median

_HERE = Path(__file__).parent
RESULTS = _HERE / "results.json"
PAGE = _HERE.parent / "docs/performance.md"
PLOT = _HERE.parent / "docs/img/performance.svg"

_START, _END = "<!-- results -->\n", "<!-- end of results -->\n"

# Seconds over the floor: the goal of each operation, by its name, keys and latency.
_GOALS = {
    ("first up", 1, 0): 0.15,
    ("unchanged up", 1, 0): 0.10,
    ("refresh", 100, 100): 1.0,
    ("destroy", 100, 100): 2.8,
}
_MANY_KEYS = (100, 1000)
_FLAT = 0.10
_MOST_MEMORY_KB = 10.0


@dataclass(frozen=True)
class Run:
    """One operation on one stack.

    Attributes:
        seconds: How long the command of the CLI took.
        calls: How many requests the tenants received.
        peak_kb: The peak memory of the plugin, in kB.
    """

    seconds: float
    calls: int
    peak_kb: int


@dataclass(frozen=True)
class Case:
    """An operation with so many keys at such a latency.

    Attributes:
        operation: The operation.
        keys: How many keys the stack has.
        latency_ms: How long each request waits, in milliseconds.
        runs: The runs of each provider, in the order of the rounds.
    """

    operation: str
    keys: int
    latency_ms: int
    runs: dict[str, list[Run]]

    def compute_seconds(self, provider: str) -> float:
        """Return the median of a provider's seconds."""
        return median(run.seconds for run in self.runs[provider])

    def compute_over_floor(self, provider: str) -> float:
        """Return the median of the seconds by which a provider's runs exceed the floor's."""
        pairs = zip(self.runs[provider], self.runs["floor"], strict=True)
        return median(run.seconds - floor.seconds for run, floor in pairs)

    def compute_ratio(self, provider: str) -> float:
        """Return the median of the ratios of a provider's runs to the floor's."""
        pairs = zip(self.runs[provider], self.runs["floor"], strict=True)
        return median(run.seconds / floor.seconds for run, floor in pairs)

    def compute_calls(self, provider: str) -> int:
        """Return the median of a provider's calls."""
        return round(median(run.calls for run in self.runs[provider]))

    @property
    def goal(self) -> float | None:
        """The seconds over the floor that ours may take; None if there is no goal."""
        return _GOALS.get((self.operation, self.keys, self.latency_ms))


@dataclass(frozen=True)
class Results:
    """All measurements of one run.

    Attributes:
        cases: The comparison of the three providers.
        many: The floor and ours with many keys in several tenants.
        took_seconds: How long the run took.
    """

    cases: list[Case]
    many: list[Case]
    took_seconds: int

    @classmethod
    def read(cls, file: Path) -> "Results":
        """Read the results of an earlier run."""
        content = json.loads(file.read_text())
        return cls(
            [_build_case(each) for each in content["cases"]],
            [_build_case(each) for each in content["many"]],
            content["took_seconds"],
        )

    def write(self, file: Path) -> None:
        """Write the results."""
        file.write_text(json.dumps(asdict(self), indent=1) + "\n")

    def format_text(self) -> str:
        """Return what the page shows, as Markdown."""
        parts = [_format_comparison(self.cases), _format_memory(self.cases)]
        parts += [_format_many(self.many)] if self.many else []
        minutes = max(1, round(self.took_seconds / 60))
        return "\n".join([*filter(None, parts), f"This run took {minutes} minutes.\n"])


def _build_case(content: dict[str, object]) -> Case:
    case = Case(**content)  # type: ignore[arg-type]  # what `write` has written
    runs = {
        provider: [Run(**run) for run in runs]  # type: ignore[arg-type]
        for provider, runs in case.runs.items()
    }
    return Case(case.operation, case.keys, case.latency_ms, runs)


def write_report(results: Results) -> None:
    """Write the tables and the plot of the page."""
    before, _, rest = PAGE.read_text().partition(_START)
    after = rest.partition(_END)[2]
    PAGE.write_text(f"{before}{_START}\n{results.format_text()}\n{_END}{after}")
    _plot(results.cases)


def _format_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _format_comparison(cases: Sequence[Case]) -> str:
    head = ["operation", "keys", "latency", "floor", "plain", "ours", "ours / floor"]
    head += ["calls: plain", "ours", "goal"]
    return _format_table(head, [_format_case(case) for case in cases]) if cases else ""


def _format_case(case: Case) -> list[str]:
    ours = case.compute_over_floor("ours")
    goal = ""
    if case.goal is not None:
        goal = f"{case.goal:+.2f} s: {'met' if ours <= case.goal else '**not met**'}"
    return [
        case.operation,
        str(case.keys),
        f"{case.latency_ms} ms",
        f"{case.compute_seconds('floor'):.2f} s",
        f"{case.compute_over_floor('plain'):+.2f} s",
        f"{ours:+.2f} s",
        f"{case.compute_ratio('ours'):.2f}",
        str(case.compute_calls("plain")),
        str(case.compute_calls("ours")),
        goal,
    ]


def _format_memory(cases: Sequence[Case]) -> str:
    rows = []
    for keys in dict.fromkeys(case.keys for case in cases):
        own = [case for case in cases if case.keys == keys]
        peaks = [_find_peak_mb(own, provider) for provider in ("floor", "plain", "ours")]
        rows.append([str(keys), *(f"{peak:.0f} MB" for peak in peaks)])
    head = ["plugin's peak memory with keys", "floor", "plain", "ours"]
    return _format_table(head, rows) if rows else ""


def _find_peak_mb(cases: Sequence[Case], provider: str) -> float:
    return max(run.peak_kb for case in cases for run in case.runs[provider]) / 1024


def _format_many(cases: Sequence[Case]) -> str:
    few, many = _MANY_KEYS
    pairs = [
        (case, next(c for c in cases if (c.operation, c.keys) == (case.operation, many)))
        for case in cases
        if case.keys == few
    ]
    head = ["operation", f"ms a key: {few}", f"{many}", f"calls a key: {few}", f"{many}"]
    head += ["memory a key", "goal"]
    return _format_table(head, list(starmap(_format_growth, pairs)))


def _format_growth(few: Case, many: Case) -> list[str]:
    def per_key(case: Case, figure: Callable[[Run], float]) -> float:
        return figure(case.runs["ours"][0]) / case.keys

    time_few, time_many = (1000 * per_key(case, lambda run: run.seconds) for case in (few, many))
    calls_few, calls_many = (per_key(case, lambda run: run.calls) for case in (few, many))
    grown = many.runs["ours"][0].peak_kb - few.runs["ours"][0].peak_kb
    memory = grown / (many.keys - few.keys)
    is_flat = time_many <= (1 + _FLAT) * time_few and calls_many <= (1 + _FLAT) * calls_few
    is_met = is_flat and memory < _MOST_MEMORY_KB
    return [
        few.operation,
        f"{time_few:.1f}",
        f"{time_many:.1f}",
        f"{calls_few:.2f}",
        f"{calls_many:.2f}",
        f"{memory:.1f} kB",
        "met" if is_met else "**not met**",
    ]


def _plot(cases: Sequence[Case]) -> None:
    """Draw the seconds over the floor, an operation each, at the largest latency and 100 keys."""
    import matplotlib as mpl  # noqa: PLC0415 - only a full run needs it

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "zdx"  # the same results make the same file
    from matplotlib import pyplot as plt  # noqa: PLC0415

    keys, latency_ms = 100, 100
    shown = [c for c in cases if (c.keys, c.latency_ms) == (keys, latency_ms)]
    figure, axes = plt.subplots(figsize=(7, 3))
    for offset, provider in ((0.2, "plain"), (-0.2, "ours")):
        places = [-row + offset for row in range(len(shown))]
        seconds = [case.compute_over_floor(provider) for case in shown]
        bars = axes.barh(places, seconds, height=0.36, label=provider)
        axes.bar_label(bars, [f"{each:+.2f} s" for each in seconds], padding=3)
    for row, case in enumerate(shown):
        if case.goal is not None:
            axes.plot([case.goal] * 2, [-row - 0.42, -row + 0.42], color="black")
    axes.set_yticks([-row for row in range(len(shown))], [case.operation for case in shown])
    axes.set_xlabel(f"seconds over the floor, {keys} keys at {latency_ms} ms (line: goal)")
    axes.margins(x=0.2)
    axes.legend()
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None, "Creator": None})
