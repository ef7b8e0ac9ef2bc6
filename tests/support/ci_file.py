"""What a CI server runs for an event, read from the files that show it.

Whatever these models do not know is an error, so that nothing in a file is passed over.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

_STORED = re.compile(r"\$\{\{ (?:secrets|vars)\.(\w+) \}\}")


class Event(Enum):
    """Why a CI server starts a run, by GitHub's names."""

    REQUEST = "pull_request"
    MERGE = "push"
    SCHEDULE = "schedule"


@dataclass(frozen=True)
class Script:
    """What a job hands to its shell.

    Attributes:
        shell: The shell, with the options that the CI server gives it.
        text: What it runs.
        environment: What the CI server puts into its environment.
    """

    shell: tuple[str, ...]
    text: str
    environment: dict[str, str]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Part):
    """A step of a job on GitHub."""

    name: str = ""
    uses: str = ""
    settings: dict[str, str] = Field({}, alias="with")
    run: str = ""
    env: dict[str, str] = {}

    @property
    def sets_up(self) -> bool:
        """Whether it is a command that needs a package registry."""
        return self.name == "Install"


class _GithubJob(_Part):
    runs_on: str = Field(alias="runs-on")
    steps: list[Step]


class _Concurrency(_Part):
    group: str
    cancel_in_progress: bool = Field(alias="cancel-in-progress")


class Workflow(_Part):
    """A file of ``.github/workflows`` with one job."""

    name: str
    on: dict[str, object]
    permissions: dict[str, str]
    concurrency: _Concurrency | None = None
    jobs: dict[str, _GithubJob] = Field(min_length=1, max_length=1)

    @property
    def steps(self) -> list[Step]:
        """The steps of its job."""
        (job,) = self.jobs.values()
        return job.steps


class _Rule(_Part):
    condition: str = Field(alias="if")

    def holds(self, variables: Mapping[str, str]) -> bool:
        """Return whether two things that it says are the same are: variables, or quoted texts."""
        left, equals, right = shlex.split(self.condition)
        assert equals == "==", f"a condition that this does not understand: {self.condition}"
        return _evaluate(left, variables) == _evaluate(right, variables)


class GitlabJob(_Part):
    """A job of ``.gitlab-ci.yml``."""

    rules: list[_Rule]
    resource_group: str = ""
    script: list[str]


def read_workflows(project: Path) -> list[Workflow]:
    """Return the workflows of a project on GitHub."""
    files = sorted((project / ".github" / "workflows").glob("*.yml"))
    return [Workflow.model_validate(_load_text(file)) for file in files]


def read_gitlab_jobs(project: Path) -> dict[str, GitlabJob]:
    """Return the jobs of a project on GitLab, by name."""
    content = _load_text(project / ".gitlab-ci.yml")
    del content["image"], content["before_script"]
    return {name: GitlabJob.model_validate(job) for name, job in content.items()}


def read_gitlab_setup(project: Path) -> list[object]:
    """Return what every job on GitLab runs first."""
    commands = _load_text(project / ".gitlab-ci.yml")["before_script"]
    assert isinstance(commands, list)
    return commands


def read_github_script(project: Path, event: Event, stored: Mapping[str, str]) -> Script:
    """Return what GitHub runs for an event, once the machine is set up.

    Args:
        project: Where the files are.
        event: Why it runs.
        stored: The repository's secrets and variables.
    """
    (workflow,) = [workflow for workflow in read_workflows(project) if event.value in workflow.on]
    (step,) = [step for step in workflow.steps if step.run and not step.sets_up]
    environment = {name: _fill_in(value, stored) for name, value in step.env.items()}
    return Script(("bash", "-e", "-c"), step.run, environment)


def read_gitlab_script(project: Path, event: Event, stored: Mapping[str, str]) -> Script:
    """Return what GitLab runs for an event, once the machine is set up.

    Args:
        project: Where the file is.
        event: Why it runs.
        stored: The project's CI/CD variables.
    """
    on_main = {"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
    predefined = {
        Event.REQUEST: {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_DEFAULT_BRANCH": "main"},
        Event.MERGE: {"CI_PIPELINE_SOURCE": "push", **on_main},
        Event.SCHEDULE: {"CI_PIPELINE_SOURCE": "schedule", **on_main},
    }[event]
    jobs = read_gitlab_jobs(project).values()
    (job,) = [job for job in jobs if any(rule.holds(predefined) for rule in job.rules)]
    text = "\n".join(job.script)
    return Script(("bash", "-eo", "pipefail", "-c"), text, {**stored, **predefined})


def _load_text(file: Path) -> dict[str, object]:
    # All text, as YAML's own reading of a workflow's `on` is a boolean.
    content: dict[str, object] = yaml.load(file.read_text(), yaml.BaseLoader)  # noqa: S506 - builds nothing but text, lists and maps
    return content


def _fill_in(value: str, stored: Mapping[str, str]) -> str:
    return _STORED.sub(lambda reference: stored[reference[1]], value)


def _evaluate(word: str, variables: Mapping[str, str]) -> str | None:
    return variables.get(word[1:]) if word.startswith("$") else word
