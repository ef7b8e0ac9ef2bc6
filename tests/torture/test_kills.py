"""Every operation, cut short at every request."""

from collections.abc import Callable

import pytest
from support.kills import Case, matrix, share_of
from support.operations import OPERATIONS, Operation
from support.ordeal import BROKEN_PROMISES, Ordeal
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import Fault, RunningEmulator


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        options = metafunc.config.option
        metafunc.parametrize("case", share_of(matrix(), options.share, options.seed), ids=str)


def test_what_is_cut_short_is_finished_or_refused_with_a_way_on(
    case: Case,
    project: PulumiProject,
    tenant: RunningEmulator,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("figures", "kill matrix")
    record_property("never", [broken.__name__ for broken in BROKEN_PROMISES])

    outcome = Ordeal(case, project, tenant).live_through()

    record_property("outcome", outcome)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_the_matrix_knows_every_request_of_an_operation(
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
