"""Every operation, cut short at every request; a sample of the matrix isn't slow."""

from collections.abc import Callable

import pytest
from e2e.interruptions.interruption import BROKEN_PROMISES, FINISHED, RESUMED, Interruption
from e2e.interruptions.kills import SERVED, Case, matrix, share_of
from e2e.interruptions.operations import (
    CREATE_SECRET,
    OPERATIONS,
    Operation,
    operation,
)
from support.engine_processes import CLI, LANGUAGE_HOST
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import Fault, RunningEmulator

# The lives of the sample kill the plugin.
SAMPLE = {
    Case(operation("create"), CREATE_SECRET, SERVED, CLI): RESUMED,
    Case(operation("correct"), CREATE_SECRET, SERVED, LANGUAGE_HOST): FINISHED,
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "one_of_all" in metafunc.fixturenames:
        options = metafunc.config.option
        cases = share_of(matrix(), options.share, options.seed)
        metafunc.parametrize("one_of_all", cases, ids=str)


@pytest.mark.parametrize(("case", "outcome"), SAMPLE.items(), ids=map(str, SAMPLE))
def test_interrupted_operation_of_the_sample_has_the_listed_outcome(
    case: Case, outcome: str, project: PulumiProject, tenant: RunningEmulator
) -> None:
    assert Interruption(case, project, tenant).run() == outcome


@pytest.mark.slow
def test_interrupted_operation_is_finished_or_refused_with_a_next_step(
    one_of_all: Case,
    project: PulumiProject,
    tenant: RunningEmulator,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("figures", "kill matrix")
    record_property("never", [broken.__name__ for broken in BROKEN_PROMISES])

    outcome = Interruption(one_of_all, project, tenant).run()

    record_property("outcome", outcome)


@pytest.mark.slow
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_kill_matrix_has_every_request_of_an_operation(
    operation: Operation, project: PulumiProject, tenant: RunningEmulator
) -> None:
    operation.prepare(project, tenant)
    tenant.clear_requests()

    project.program(operation.program).run(*operation.command)

    sent = tenant.requests()
    assert len(sent) == len(operation.steps)
    # In any order: a create sends two of them at once.
    for step in operation.steps:
        fault = Fault(method=step.method, path=step.path)
        like_it = [r for r in sent if fault.matches(r.method, r.path)]
        assert len(like_it) == sum(
            s.path == step.path and s.method == step.method for s in operation.steps
        )
