"""``zdx-keys roles``: the ZDX roles that a tenant offers."""

from dataclasses import dataclass

from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import format_cell, print_json
from zdx_provider.cli.stack import open_repository
from zdx_provider.cli.table import Column, Table, print_table

_COLUMNS = (Column("Name", is_name=True), Column("Role ID"))


@dataclass(frozen=True)
class ListedRole:
    """A role by the name and the ID that ``ApiKey(role=...)`` takes."""

    name: str
    role_id: str


def run(selection: Selection, *, as_json: bool) -> None:
    """List the roles of a tenant."""
    repository = open_repository(selection)
    roles = [ListedRole(role.name, role.id) for role in repository.list_roles()]
    if as_json:
        print_json(roles)
        return
    rows = [(format_cell(role.name), format_cell(role.role_id)) for role in roles]
    print_table(Table(f"ZDX roles of {repository.tenant}", _COLUMNS, rows))
