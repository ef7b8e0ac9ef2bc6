"""The commands of ``zdx-keys``, and how each ends.

What a command needs is imported when it runs, so that help and completion come at once.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from zdx_provider._version import __version__
from zdx_provider.cli.commands import Command, Group
from zdx_provider.cli.completion import (
    complete_secret,
    complete_stack,
    complete_stack_key,
    complete_tenant,
    complete_tenant_key,
)
from zdx_provider.cli.options import KeyFilter, KeyFormat, Selection, SortKey
from zdx_provider.cli.streams import describe_os_error, open_streams, print_error
from zdx_provider.errors import ZdxError

app = typer.Typer(
    name="zdx-keys",
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,  # they would show local variables, secrets among them
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _require_text(given: str | None) -> str | None:
    """Refuse what no name or id can be, before it means the default or breaks a request.

    Raises:
        typer.BadParameter: It is empty, or no text.
    """
    if given is not None and (not given or "\0" in given or not _is_text(given)):
        raise typer.BadParameter("it must be text and must not be empty")
    return given


def _is_text(given: str) -> bool:
    try:
        given.encode()
    except UnicodeEncodeError:  # the shell gave other bytes than UTF-8
        return False
    return True


def _require_path(given: str) -> str:
    if not given:
        raise typer.BadParameter("it must not be empty")
    return given


def _require_file(given: Path | None) -> Path | None:
    """Refuse the content of a file in the place of its path.

    Raises:
        typer.BadParameter: It is PEM, JSON or several lines; the message doesn't show it.
    """
    text = str(given or "")
    if "-----" in text or "{" in text or len(text.splitlines()) > 1:
        raise typer.BadParameter("it needs a file, not its content")
    return given


def _require_output(given: Path) -> Path:
    """Refuse the usual name of standard output, where the report is printed.

    Raises:
        typer.BadParameter: It is ``-``.
    """
    if str(given) == "-":
        raise typer.BadParameter("it needs a file, not standard output")
    return given


def _require_texts(given: list[str] | None) -> list[str] | None:
    for text in given or ():
        _require_text(text)
    return given


Folder = Annotated[
    Path,
    typer.Option(
        "--cwd", "-C", exists=True, file_okay=False, help="The folder of the Pulumi project."
    ),
]
StackName = Annotated[
    str | None,
    typer.Option(
        "--stack",
        "-s",
        metavar="STACK",
        callback=_require_text,
        autocompletion=complete_stack,
        help="The stack. Default: the selected stack.",
    ),
]
TenantName = Annotated[
    str | None,
    typer.Option(
        "--tenant",
        "-t",
        metavar="TENANT",
        callback=_require_text,
        autocompletion=complete_tenant,
        help="An entry of zdx:tenants.",
    ),
]
StackKey = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        callback=_require_text,
        autocompletion=complete_stack_key,
        help="The key's logical name, name or ID.",
    ),
]
PrivateKeyFile = Annotated[
    Path | None,
    typer.Option(
        "--private-key",
        metavar="FILE",
        callback=_require_file,
        help="The private key of a key without a secret: PEM or a JWK, without a passphrase.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
HERE = Path()
_MAX_DAYS = 36_500  # a date must be possible


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - as typer calls it
    if wanted:
        typer.echo(f"zdx-keys {__version__}")
        raise typer.Exit


@app.callback(
    epilog="Exit codes: 0 success; 1 failure, or an assumption of verify --live differs; 2 "
    "usage error; 3 settings or stack error; 4 ZIdentity refused the credentials or "
    "permissions; 5 list --exit-code lists a key."
)
def zdx_keys(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Manage the ZDX API keys of a tenant.

    In a Pulumi project, settings come from the stack's config (zdx:clientId, ...), then from the
    environment (ZSCALER_CLIENT_ID, ...). Elsewhere they come from the environment only. Secrets are
    never arguments. Only "download --output -" prints one, and "token" an access token.

    To complete commands, keys, secrets, stacks and tenants with the tab key, run zdx-keys
    --install-completion once.
    """


@app.command(cls=Command)
def verify(
    folder: Folder = HERE,
    stack: StackName = None,
    tenant: TenantName = None,
    *,
    live: Annotated[
        bool,
        typer.Option(
            "--live", help="Check assumptions about ZIdentity with temporary API clients."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check settings, credentials, permissions, and the roles and keys of the tenant.

    If a key has a JWKS URL, the command reads the URL, without credentials, and shows its keys.

    With --live, the command creates a few API clients named zdx-keys-verify-..., checks with them
    the assumptions of this product about ZIdentity, and deletes them.

    Examples:
    ```
    zdx-keys verify
    zdx-keys verify --stack prod --tenant eu --json
    zdx-keys verify --live
    ```
    """
    from zdx_provider.cli import verify as command  # noqa: PLC0415 - see the module's docstring

    selection = Selection(folder, stack, tenant)
    raise typer.Exit(command.run(selection, live=live, as_json=as_json))


@app.command(cls=Command)
def roles(
    folder: Folder = HERE,
    stack: StackName = None,
    tenant: TenantName = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the ZDX roles that a key can have.

    Examples:
    ```
    zdx-keys roles
    zdx-keys roles --json | jq -r '.[].name'
    ```
    """
    from zdx_provider.cli import list_roles as command  # noqa: PLC0415 - see the module's docstring

    command.run(Selection(folder, stack, tenant), as_json=as_json)


@app.command("list", cls=Command)
def list_(
    folder: Folder = HERE,
    stack: StackName = None,
    tenant: TenantName = None,
    *,
    expiring: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS",
            min=0,
            max=_MAX_DAYS,
            help="Only keys with a secret or a certificate that expires within this many days, or "
            "has expired. Days are counted from date to date, in UTC. The previous secret of a "
            "rotation doesn't count.",
        ),
    ] = None,
    unmanaged: Annotated[
        bool, typer.Option("--unmanaged", help="Only keys that no stack manages.")
    ] = False,
    role: Annotated[
        str | None,
        typer.Option(
            metavar="ROLE", callback=_require_text, help="Only keys with this role: its name or ID."
        ),
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(
            metavar="OWNER",
            callback=_require_text,
            help="Only keys of this owner, project or stack, such as zdx-keys/prod.",
        ),
    ] = None,
    sort: Annotated[SortKey, typer.Option(help="The order.")] = SortKey.NAME,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 5 if the list has a key.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the tenant's ZDX keys: role, managed_by, and when each secret or certificate expires.

    Red: expired. Yellow: expires within 30 days. The list has no keys that were created in the ZDX
    portal, because no API returns them. In a project, the list shows which secret the state of the
    stack has (in use), which one is revoked on a day (previous), and which one the state doesn't
    know (unknown). It marks none if the state has no secret of the key. A narrow terminal shows
    fewer columns; a pipe and --json show all.

    Examples:
    ```
    zdx-keys list
    zdx-keys list --expiring 30 --exit-code --sort expires
    zdx-keys list --unmanaged --role 'ZDX Super Admin'
    zdx-keys list --json | jq '.[] | select(any(.secrets[]; .days_left < 14))'
    ```
    """
    if unmanaged and owner is not None:
        raise typer.BadParameter("an unmanaged key has no owner", param_hint="'--owner'")
    from zdx_provider.cli import list_keys as command  # noqa: PLC0415 - see the module's docstring

    wanted = KeyFilter(expiring, unmanaged, role, owner)
    selection = Selection(folder, stack, tenant)
    raise typer.Exit(command.run(selection, wanted, sort, exit_code=exit_code, as_json=as_json))


@app.command(cls=Command)
def show(
    key: StackKey,
    folder: Folder = HERE,
    stack: StackName = None,
    tenant: TenantName = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show everything of one key: its secrets or public keys, its owner, and its next pulumi up.

    The logical name is the one in the program of the stack. What the next pulumi up does is known
    in the project of the stack that manages the key.

    Examples:
    ```
    zdx-keys show ci
    zdx-keys show 8g6j1l3m5n7pr --json
    ```
    """
    from zdx_provider.cli import show_key as command  # noqa: PLC0415 - see the module's docstring

    command.run(Selection(folder, stack, tenant), key, as_json=as_json)


@app.command(cls=Command)
def download(
    key: StackKey,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            callback=_require_path,
            help="The file to create; - for standard output.",
        ),
    ],
    key_format: Annotated[
        KeyFormat,
        typer.Option("--format", "-f", help="json: the ZDX portal's format; env: shell variables."),
    ] = KeyFormat.JSON,
    folder: Folder = HERE,
    stack: StackName = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write a key of a stack to a file, from the stack's state.

    The command sends no request to the tenant, because ZIdentity shows a secret only when it
    creates it. Only you can read the file (mode 0600). An existing file is never overwritten. The
    file of a key without a secret has the key's ID and vanity domain, and says that the key
    authenticates with a private key.

    Examples:
    ```
    zdx-keys download ci --output ci.json
    zdx-keys download ci --stack prod --format env --output ci.env
    zdx-keys download ci --output - | vault kv put secret/zdx/ci -
    ```
    """
    if as_json and output == "-":
        raise typer.BadParameter(
            "with --output -, standard output contains the key", param_hint="'--json'"
        )
    from zdx_provider.cli import download as command  # noqa: PLC0415 - see the module's docstring

    command.run(Selection(folder, stack), key, output, key_format, as_json=as_json)


@app.command("run", cls=Command)
def run_(
    key: StackKey,
    words: Annotated[
        list[str],
        typer.Argument(metavar="-- COMMAND", help="The command and its arguments."),
    ],
    folder: Folder = HERE,
    stack: StackName = None,
    *,
    private_key: PrivateKeyFile = None,
) -> None:
    """Run one command with a key of a stack in its environment.

    The command gets ZSCALER_CLIENT_ID, ZSCALER_CLIENT_SECRET and ZSCALER_VANITY_DOMAIN (outside
    production also ZSCALER_CLOUD) of the key, and none of the provider's own ZSCALER_* variables
    but the proxy. With --private-key, it gets ZSCALER_PRIVATE_KEY instead of
    ZSCALER_CLIENT_SECRET. If the tenant has addresses of its own, as the emulator has, it gets
    ZSCALER_API_URL and ZSCALER_TOKEN_URL, too. The key comes from the stack's state, without a
    request to the tenant. It is on no command line and in no new file. The exit code is that of
    the command.

    Examples:
    ```
    zdx-keys run ci -- python report.py
    zdx-keys run ci --private-key ci.pem -- python report.py
    zdx-keys run ci --stack prod -- sh -c 'echo $ZSCALER_CLIENT_ID'
    ```
    """
    if not words[0]:
        raise typer.BadParameter("it must not be empty", param_hint="'-- COMMAND'")
    from zdx_provider.cli import run_command as command  # noqa: PLC0415 - see the docstring

    raise typer.Exit(command.run(Selection(folder, stack), key, words, private_key))


@app.command("token", cls=Command)
def token_(
    key: StackKey,
    folder: Folder = HERE,
    stack: StackName = None,
    *,
    private_key: PrivateKeyFile = None,
    force: Annotated[
        bool, typer.Option("--force", help="Print it on a terminal or to a file, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print an access token of a key of a stack, to a pipe.

    Anyone who has the token can use the key until the token expires. So a terminal and a file get
    it only with --force. A key without a secret needs --private-key. The private key is not sent:
    it signs the request.

    Examples:
    ```
    zdx-keys token ci --private-key ci.pem | wc --bytes
    zdx-keys token ci | sed 's/^/Authorization: Bearer /' | curl --header @- URL
    zdx-keys token ci --stack prod --json | jq .expires_in
    ```
    """
    from zdx_provider.cli import print_token as command  # noqa: PLC0415 - see the docstring

    if not force and not command.is_pipe():
        raise typer.BadParameter(
            "standard output is not a pipe; use --force to print the token anyway",
            param_hint="'--force'",
        )
    command.run(Selection(folder, stack), key, private_key, as_json=as_json)


@app.command("import-file", cls=Command)
def import_file(
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            callback=_require_output,
            help="The import file to create, for pulumi import.",
        ),
    ],
    program: Annotated[
        Path,
        typer.Option(
            callback=_require_output, help="The Python file to create, which declares the keys."
        ),
    ],
    keys: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY",
            callback=_require_texts,
            autocompletion=complete_tenant_key,
            help="Names or IDs of keys. Default: all keys.",
        ),
    ] = None,
    downloaded: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            help="A JSON file with key_id and key_secret, as download writes it, or a folder of "
            "such files.",
        ),
    ] = None,
    *,
    folder: Folder = HERE,
    stack: StackName = None,
    tenant: TenantName = None,
    as_json: AsJson = False,
) -> None:
    """Write an import file for the tenant's keys, and a program that declares them.

    Nothing is changed in the tenant. A secret is imported only if a downloaded file contains it and
    it still works. Keys that another stack manages are skipped. Only you can read the two files
    (mode 0600). Existing files are never overwritten. The import file contains secrets in plain
    text: delete it after the import.

    Examples:
    ```
    zdx-keys import-file --output import.json --program keys.py
    zdx-keys import-file ci 8g6j1l3m5n7pr --output import.json --program keys.py
    zdx-keys import-file --downloaded ~/Downloads/zdx -o import.json --program keys.py
    ```
    """
    if output.resolve() == program.resolve():
        raise typer.BadParameter("it must be another file than --output", param_hint="'--program'")
    from zdx_provider.cli import import_file as command  # noqa: PLC0415 - see the module's docstring

    selection = Selection(folder, stack, tenant)
    command.run(selection, keys or (), output, program, downloaded or (), as_json=as_json)


@app.command(cls=Command)
def revoke(
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY",
            callback=_require_text,
            autocompletion=complete_tenant_key,
            help="The key's name or ID.",
        ),
    ],
    secret_id: Annotated[
        str,
        typer.Argument(
            metavar="SECRET_ID",
            callback=_require_text,
            autocompletion=complete_secret,
            help="The secret's ID, as zdx-keys show shows it.",
        ),
    ],
    folder: Folder = HERE,
    stack: StackName = None,
    tenant: TenantName = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Revoke without confirmation.")] = False,
    as_json: AsJson = False,
) -> None:
    """Revoke one secret of a key.

    Examples:
    ```
    zdx-keys revoke ci 9h7k2m4n6p8qs
    zdx-keys revoke 8g6j1l3m5n7pr 9h7k2m4n6p8qs --yes --json
    ```
    """
    if not yes and (sys.stdin is None or not sys.stdin.isatty()):
        raise typer.BadParameter(
            "there is no terminal to confirm on; use --yes to revoke without confirmation",
            param_hint="'--yes'",
        )
    from zdx_provider.cli import revoke as command  # noqa: PLC0415 - see the module's docstring

    selection = Selection(folder, stack, tenant)
    command.run(selection, key, secret_id, confirmed=yes, as_json=as_json)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command that the arguments name.

    Args:
        arguments: The command line; None for that of the process.
    """
    try:
        with open_streams():
            app(arguments)
        raise AssertionError  # typer ends by an exit of its own
    except ZdxError as error:
        from zdx_provider.cli.output import get_exit_code  # noqa: PLC0415 - only failures need it

        print_error(str(error))
        sys.exit(get_exit_code(error))
    except OSError as error:
        print_error(describe_os_error(error))
        sys.exit(1)
