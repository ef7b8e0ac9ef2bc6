"""What a first `up` leaves in the state and the tenant, for tests whose story begins after it.

An `up` takes two seconds of a processor. Copied, what it leaves is there at once.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.pulumi_project import PulumiProject
from zdx_emulator.app import DATABASE
from zdx_emulator.testing import RunningEmulator

Rows = dict[str, list[dict[str, Any]]]
TABLES = ("api_clients", "secrets")


@dataclass(frozen=True)
class FirstUp:
    """The state of a stack and the content of its tenant.

    Attributes:
        state: The files of the state and its history, by their paths.
        url: Where the tenant was; the files name it.
        rows: The rows of the tenant's tables.
    """

    state: dict[Path, str]
    url: str
    rows: Rows

    @classmethod
    def run(cls, project: PulumiProject, tenant: RunningEmulator, data_dir: Path) -> "FirstUp":
        """Run the `up`; the tenant's data is in `data_dir`."""
        project.up()
        folder = project.engine_folder / "state"
        files = [file for file in folder.rglob("*") if file.is_file()]
        state = {file.relative_to(folder): file.read_text() for file in files}
        return cls(state, tenant.url, read_rows(data_dir))

    def copy_to(self, project: PulumiProject, tenant: RunningEmulator, data_dir: Path) -> None:
        """Leave the same in a stack of the same name, and in an empty tenant."""
        for path, content in self.state.items():
            file = project.engine_folder / "state" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content.replace(self.url, tenant.url))
        write_rows(self.rows, data_dir)


def read_rows(data_dir: Path) -> Rows:
    """Return the API clients of a tenant and their secrets, by the names of their tables."""
    with closing(sqlite3.connect(data_dir / DATABASE)) as database:
        database.row_factory = sqlite3.Row
        return {
            table: [dict(row) for row in database.execute(f"SELECT * FROM {table}")]  # noqa: S608
            for table in TABLES
        }


def write_rows(rows: Rows, data_dir: Path) -> None:
    """Add API clients and their secrets to the data of a tenant."""
    with closing(sqlite3.connect(data_dir / DATABASE)) as database, database:
        for table, content in rows.items():
            for row in content:
                names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
                database.execute(
                    f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608
                    row,
                )
