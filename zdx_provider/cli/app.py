"""The commands of ``zdx-keys``, and how each ends.

What a command needs is imported when it runs, so that help and completion come at once.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zdx_provider.errors import ZdxError

if TYPE_CHECKING:
    from zdx_provider.cli.tenant import Selection

app = typer.Typer(
    name="zdx-keys",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they would show local variables, secrets among them
    context_settings={"help_option_names": ["-h", "--help"]},
)

Folder = Annotated[
    Path,
    typer.Option("--cwd", "-C", exists=True, file_okay=False, help="Where the Pulumi project is."),
]
StackName = Annotated[
    str | None, typer.Option("--stack", "-s", help="The stack; else the selected one.")
]
Profile = Annotated[str | None, typer.Option("--profile", "-p", help="A profile of zdx:tenants.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
HERE = Path()


@app.callback(
    epilog="Exit codes: 0 done; 1 failed, or verify --live found a difference; 2 wrong usage; "
    "3 settings or stack; 4 refused by ZIdentity (credentials or permissions)."
)
def zdx_keys() -> None:
    """Look after the ZDX API keys of a tenant.

    Settings are the provider's own: in a Pulumi project the stack's config (zdx:clientId, ...),
    then the environment (ZSCALER_CLIENT_ID, ...); elsewhere the environment alone. Secrets are
    never arguments and never shown, but by "download --output -".
    """


@app.command()
def verify(
    folder: Folder = HERE,
    stack: StackName = None,
    profile: Profile = None,
    *,
    live: Annotated[
        bool, typer.Option("--live", help="Try what is assumed of ZIdentity on throwaway clients.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check settings, credentials, permissions, and what the tenant offers.

    With --live, makes a few API clients named zdx-keys-verify-..., tries on them what this
    product takes for true of ZIdentity, and deletes them.

    \b
    Examples:
      zdx-keys verify
      zdx-keys verify --stack prod --profile eu --json
      zdx-keys verify --live
    """
    from zdx_provider.cli.verify_command import run  # noqa: PLC0415 - see the module's docstring

    raise typer.Exit(run(_selection(folder, stack, profile), live=live, as_json=as_json))


@app.command()
def roles(
    folder: Folder = HERE,
    stack: StackName = None,
    profile: Profile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the ZDX roles that a key can have.

    \b
    Examples:
      zdx-keys roles
      zdx-keys roles --json | jq -r '.[].name'
    """
    from zdx_provider.cli import roles as command  # noqa: PLC0415 - see the module's docstring

    command.run(_selection(folder, stack, profile), as_json=as_json)


@app.command("list")
def list_(
    folder: Folder = HERE,
    stack: StackName = None,
    profile: Profile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the tenant's ZDX keys: role, owner, and when each secret ends.

    Red has ended, yellow ends within 30 days. Keys made on the ZDX portal are not among them:
    no API shows those.

    \b
    Examples:
      zdx-keys list
      zdx-keys list --json | jq '.[] | select(.secrets[].days_left < 14)'
    """
    from zdx_provider.cli import listing  # noqa: PLC0415 - see the module's docstring

    listing.run(_selection(folder, stack, profile), as_json=as_json)
