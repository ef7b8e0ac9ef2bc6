"""Ask for known vulnerabilities in all pinned dependencies.

Exit statuses: 0, there are none; 1, there are some; 2, some dependencies were not audited.
"""

import subprocess
import sys
from pathlib import Path

from pydantic import BaseModel, ValidationError

ROOT = Path(__file__).resolve().parents[1]


class Vulnerability(BaseModel):
    """A known vulnerability of a version."""

    id: str
    fix_versions: list[str] = []


class Dependency(BaseModel):
    """A pinned dependency, with what the service knows about it."""

    name: str
    version: str = ""
    vulns: list[Vulnerability] = []
    skip_reason: str = ""


class Report(BaseModel):
    """What pip-audit prints as JSON."""

    dependencies: list[Dependency]


def main() -> int:
    """Run pip-audit, print one line for each problem, and return the exit status."""
    options = ["--require-hashes", "--disable-pip", "--progress-spinner=off", "--format=json"]
    done = subprocess.run(
        ["pip-audit", *options, "--requirement=requirements.txt"],  # noqa: S607 - of the venv
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    status, lines = judge(done.stdout, done.stderr)
    print(*lines, sep="\n")
    return status


def judge(output: str, errors: str) -> tuple[int, list[str]]:
    """Distinguish findings from a service that did not respond.

    Args:
        output: What pip-audit wrote to its output: a report, if the service responded.
        errors: What it wrote to its error output.

    Returns:
        The exit status and the lines for the user.
    """
    try:
        report = Report.model_validate_json(output)
    except ValidationError:
        reason = errors.strip().rpartition("\n")[2]
        return 2, [f"Not audited: the service did not respond ({reason}). Run it again later."]
    found = [
        f"{dependency.name} {dependency.version}: {vulnerability.id}, "
        f"fixed in {' or '.join(vulnerability.fix_versions) or 'no version yet'}"
        for dependency in report.dependencies
        for vulnerability in dependency.vulns
    ]
    skipped = [dependency.name for dependency in report.dependencies if dependency.skip_reason]
    if skipped:
        found.append(f"Not audited: the service doesn't know {', '.join(skipped)}.")
    if any(dependency.vulns for dependency in report.dependencies):
        return 1, found
    if skipped:
        return 2, found
    return 0, [f"Audited: no known vulnerability in {len(report.dependencies)} dependencies."]


if __name__ == "__main__":
    sys.exit(main())
