"""``zdx-keys run``: run one command with a key in its environment."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr

from zdx_provider.cli.key_files import build_secret_variable, build_variables
from zdx_provider.cli.key_tenant import find_addresses
from zdx_provider.cli.options import Selection
from zdx_provider.cli.private_key import read_private_key
from zdx_provider.cli.stack import Stack
from zdx_provider.cli.state_keys import find_key
from zdx_provider.cli.streams import print_error
from zdx_provider.keys.state import KeyState
from zdx_provider.settings import ENVIRONMENT

# As shells exit if a command doesn't exist, or can't be run.
_NOT_FOUND = 127
_NOT_RUN = 126


def run(selection: Selection, wanted: str, command: Sequence[str], private_key: Path | None) -> int:
    """Replace this process by a command that has a key in its environment.

    Args:
        selection: The stack.
        wanted: The key's logical name, name or ID.
        command: The command and its arguments.
        private_key: The file of its private key; None for a key with a secret.

    Returns:
        The exit code, if the command can't be run.
    """
    key = find_key(Stack(selection.folder.resolve(), selection.stack), wanted)
    environment = {
        **build_environment(key, os.environ, private_key),
        **find_addresses(selection, key),
    }
    sys.stdout.flush()
    sys.stderr.flush()
    # Python ignores this signal. A command must not inherit that: it would not stop when its reader
    # has seen enough.
    ignored = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        # No shell reads the arguments. There is no second process that could keep the secret.
        os.execvpe(command[0], list(command), environment)  # noqa: S606
    except OSError as error:
        problem, is_missing = error.strerror, isinstance(error, FileNotFoundError)
    signal.signal(signal.SIGPIPE, ignored)
    print_error(f"{command[0]} cannot be run: {problem}.")
    return _NOT_FOUND if is_missing else _NOT_RUN


def build_environment(
    key: KeyState, environ: Mapping[str, str], private_key: Path | None = None
) -> dict[str, str]:
    """Return the environment of a command: the key's variables instead of the provider's own.

    The provider's client can change every key of the tenant, so the command doesn't get it. Nor
    does it get addresses of the environment, which may be those of another tenant. Both would
    replace the key's own if it has none.

    Args:
        key: The key.
        environ: The environment of this process.
        private_key: The file of the key's private key; None for a key with a secret.

    Raises:
        ZdxError: The state has no secret of the key, or the file has no private key of it.
    """
    own = {name for key, name in ENVIRONMENT.items() if key != "httpProxy"}
    kept = {name: value for name, value in environ.items() if name not in own}
    proof = (
        {"ZSCALER_PRIVATE_KEY": SecretStr(read_private_key(private_key, key).pem)}
        if private_key
        else build_secret_variable(key)
    )
    variables = build_variables(key, proof).items()
    return {**kept, **{name: value.get_secret_value() for name, value in variables}}
