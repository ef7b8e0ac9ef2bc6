"""What `make audit` says about the report of pip-audit."""

import json

import pytest

from tools.audit import judge

CLEAN = {"name": "requests", "version": "2.34.2", "vulns": []}
VULNERABLE = {
    "name": "idna",
    "version": "3.6",
    "vulns": [{"id": "PYSEC-2024-60", "fix_versions": ["3.7"], "aliases": ["CVE-2024-3651"]}],
}
SKIPPED = {"name": "rich", "skip_reason": "Dependency not found on PyPI"}
FOUND = "idna 3.6: PYSEC-2024-60, fixed in 3.7"
UNKNOWN = "Not audited: the service doesn't know rich."


@pytest.mark.parametrize(
    ("dependencies", "status", "lines"),
    [
        ([CLEAN], 0, ["Audited: no known vulnerability in 1 dependencies."]),
        ([CLEAN, VULNERABLE], 1, [FOUND]),
        ([CLEAN, SKIPPED], 2, [UNKNOWN]),
        ([VULNERABLE, SKIPPED], 1, [FOUND, UNKNOWN]),
    ],
)
def test_judge_distinguishes_findings_from_dependencies_that_were_not_audited(
    dependencies: list[object], status: int, lines: list[str]
) -> None:
    report = json.dumps({"dependencies": dependencies, "fixes": []})

    assert judge(report, "Found 1 known vulnerability") == (status, lines)


def test_judge_names_a_vulnerability_without_a_fix() -> None:
    dependency = {**VULNERABLE, "vulns": [{"id": "CVE-1", "fix_versions": []}]}
    report = json.dumps({"dependencies": [dependency]})

    assert judge(report, "") == (1, ["idna 3.6: CVE-1, fixed in no version yet"])


def test_judge_reports_an_unreachable_service_in_one_line() -> None:
    status, lines = judge("", "Traceback (most recent call last):\nProxyError: refused\n")

    assert (status, lines) == (
        2,
        ["Not audited: the service did not respond (ProxyError: refused). Run it again later."],
    )
