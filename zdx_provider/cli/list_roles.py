"""``zdx-keys roles``: the ZDX roles that a tenant offers."""

from dataclasses import dataclass

from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import cell, console, print_json, table
from zdx_provider.cli.stack import open_tenant


@dataclass(frozen=True)
class ListedRole:
    """A role by the name and the id that ``ApiKey(role=...)`` takes."""

    name: str
    role_id: str


def run(selection: Selection, *, as_json: bool) -> None:
    """List the roles of a tenant."""
    tenant = open_tenant(selection)
    roles = [ListedRole(role.name, role.id) for role in tenant.inventory.roles.now()]
    if as_json:
        print_json(roles)
        return
    made = table(f"ZDX roles of {tenant.name}", "Name", "Role ID")
    for role in roles:
        made.add_row(cell(role.name), cell(role.role_id))
    console().print(made)
