"""The page about performance shows what was measured."""

from benchmarks.report import PAGE, RESULTS, Case, Results, Run


def build_case(floor: list[float], ours: list[float], **changes: object) -> Case:
    runs = {"floor": floor, "plain": floor, "ours": ours}
    members: dict[str, object] = {"operation": "refresh", "keys": 100, "latency_ms": 100}
    return Case(
        **{**members, **changes},  # type: ignore[arg-type]
        runs={name: [Run(each, 100, 1024) for each in seconds] for name, seconds in runs.items()},
    )


def test_page_shows_the_measured_results() -> None:
    assert Results.read(RESULTS).format_text() in PAGE.read_text()


def test_report_compares_the_runs_of_one_round() -> None:
    # The machine became slower between the rounds.
    case = build_case(floor=[1.0, 5.0, 2.0], ours=[1.5, 5.5, 2.6])

    assert round(case.compute_over_floor("ours"), 3) == 0.5
    assert case.compute_ratio("ours") == 1.3


def test_report_says_whether_a_goal_is_met() -> None:
    met = Results([build_case(floor=[1.0], ours=[1.9])], [], 60)
    missed = Results([build_case(floor=[1.0], ours=[2.1])], [], 60)

    assert "| +0.90 s | 1.90 | 100 | 100 | +1.00 s: met |" in met.format_text()
    assert "+1.00 s: **not met**" in missed.format_text()


def test_report_says_whether_many_keys_take_as_long_per_key() -> None:
    few = build_case(floor=[1.0], ours=[2.0], latency_ms=0)
    flat = build_case(floor=[1.0], ours=[21.0], latency_ms=0, keys=1000)
    grown = build_case(floor=[1.0], ours=[23.0], latency_ms=0, keys=1000)

    assert (
        "| 20.0 | 21.0 | 1.00 | 0.10 | 0.0 kB | met |" in Results([], [few, flat], 60).format_text()
    )
    assert "**not met**" in Results([], [few, grown], 60).format_text()
