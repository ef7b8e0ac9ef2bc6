"""States that released versions wrote, each with the tenant as it was at that moment.

Each version that raises `SCHEMA_VERSION` records one before its release:

    PYTHONPATH=tests python -m support.recorded_state tests/e2e/fixtures/states/VERSION

The folder has `program.py`, which declares the keys of the round in its config.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from support.calendar import Calendar
from support.first_up import TABLES, read_rows, write_rows
from support.fork_server import ForkServer, running_fork_server
from support.pulumi_project import PulumiProject
from zdx_emulator.app import DATABASE
from zdx_emulator.store import Store
from zdx_emulator.testing import RunningEmulator

_ADDRESS = "http://127.0.0.1:1"
"""Stands for the tenant's address, which is another in each run."""


@dataclass(frozen=True)
class RecordedStack:
    """A stack with a recorded state, on the day on which it was recorded."""

    project: PulumiProject
    tenant: RunningEmulator
    calendar: Calendar

    def declare(self, number: int) -> PulumiProject:
        """Make the program declare the keys of a round."""
        self.project.configure({"keys:round": str(number)})
        return self.project


@contextmanager
def load(recorded: Path, folder: Path, fork_server: ForkServer) -> Iterator[RecordedStack]:
    """Start the recorded tenant, and make the recorded stack.

    Args:
        recorded: The folder of the recording.
        folder: Where the project and the tenant are made.
        fork_server: What the tenant is forked off.
    """
    content = json.loads((recorded / "tenant.json").read_text())
    (folder / "tenant").mkdir()
    Store(folder / "tenant" / DATABASE).close()
    write_rows({table: content[table] for table in TABLES}, folder / "tenant")
    with fork_server.tenant(folder / "tenant") as tenant:
        export = json.loads((recorded / "stack.json").read_text().replace(_ADDRESS, tenant.url))
        project = PulumiProject(folder / "project")
        project.folder.mkdir()
        shutil.copy(recorded / "program.py", project.folder / "__main__.py")
        salt = export["deployment"]["secrets_providers"]["state"]["salt"]
        (project.folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"encryptionsalt": salt}))
        project.create({**tenant.stack_config(), "keys:sharedId": content["shared_id"]})
        (project.folder / "state.json").write_text(json.dumps(export))
        project.run("stack", "import", "--file", "state.json")
        calendar = Calendar(project, tenant)
        calendar.move_by_seconds(content["recorded_at"] - tenant.now())
        yield RecordedStack(project, tenant, calendar)


def record(folder: Path, fork_server: ForkServer) -> None:
    """Write the state of a new stack, and its tenant, into the folder of its program."""
    with TemporaryDirectory() as temporary:
        work = Path(temporary).resolve()
        with fork_server.tenant(work / "tenant") as tenant:
            shared = tenant.create_client("shared")
            tenant.add_secret(shared.id)
            project = PulumiProject(work / "project")
            project.folder.mkdir()
            shutil.copy(folder / "program.py", project.folder / "__main__.py")
            project.create({**tenant.stack_config(), "keys:sharedId": shared.id})
            calendar = Calendar(project, tenant)
            for number in (0, 1):
                project.configure({"keys:round": str(number)})
                project.up()
                calendar.pass_days(3)
            export = json.loads(project.run("stack", "export").stdout)
            for resource in export["deployment"]["resources"]:
                # Paths of the machine.
                resource.pop("sourcePosition", None)
                resource.pop("stackTrace", None)
            content = {
                "recorded_at": tenant.now(),
                "shared_id": shared.id,
                **read_rows(work / "tenant"),
            }
            text = json.dumps(export, indent=1).replace(tenant.url, _ADDRESS)
            (folder / "stack.json").write_text(text + "\n")
            (folder / "tenant.json").write_text(json.dumps(content, indent=1) + "\n")
    print(f"Recorded: {folder}")  # noqa: T201 - a command


if __name__ == "__main__":
    with running_fork_server() as server:
        record(Path(sys.argv[1]), server)
