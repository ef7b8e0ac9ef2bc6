"""``zdx-keys roles``: the ZDX roles that a tenant offers."""

from dataclasses import dataclass

from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import create_console, create_table, format_cell, print_json
from zdx_provider.cli.stack import open_repository


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
    table = create_table(f"ZDX roles of {repository.tenant}", "Name", "Role ID")
    for role in roles:
        table.add_row(format_cell(role.name), format_cell(role.role_id))
    create_console().print(table)
