"""The exit codes of ``zdx-keys``, for scripts."""

from enum import IntEnum

from zdx_provider.cli.stack import StackUnreadable
from zdx_provider.errors import SettingsError, ZdxError
from zdx_provider.zidentity import CredentialsRefused, Forbidden, ReadOnly


class Exit(IntEnum):
    """How a command ended; 2 is a command line that is not understood."""

    DONE = 0
    FAILED = 1
    SETTINGS = 3
    REFUSED = 4


def exit_of(error: ZdxError) -> Exit:
    """The exit code that an error ends a command with."""
    if isinstance(error, SettingsError | StackUnreadable):
        return Exit.SETTINGS
    if isinstance(error, CredentialsRefused | Forbidden) and not isinstance(error, ReadOnly):
        return Exit.REFUSED
    return Exit.FAILED
