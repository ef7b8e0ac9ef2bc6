import pytest

from zdx_provider.cli.output import Exit, exit_of
from zdx_provider.cli.stack import NoStackSelected
from zdx_provider.errors import SettingsError, ZdxError
from zdx_provider.zidentity import (
    AuthenticationError,
    PermissionDeniedError,
    ReadOnlyError,
    UnreachableError,
)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (SettingsError("x"), Exit.SETTINGS),
        (NoStackSelected("x"), Exit.SETTINGS),
        (AuthenticationError("x", operation="y"), Exit.REFUSED),
        (PermissionDeniedError("x", operation="y"), Exit.REFUSED),
        (ReadOnlyError("x", operation="y"), Exit.FAILED),
        (UnreachableError("x", operation="y"), Exit.FAILED),
        (ZdxError("x"), Exit.FAILED),
    ],
)
def test_a_script_can_tell_what_to_mend(error: ZdxError, expected: Exit) -> None:
    assert exit_of(error) is expected
