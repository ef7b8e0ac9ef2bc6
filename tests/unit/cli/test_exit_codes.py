import pytest

from zdx_provider.cli.output import Exit, get_exit_code
from zdx_provider.cli.stack import NoStackSelectedError
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
        (NoStackSelectedError("x"), Exit.SETTINGS),
        (AuthenticationError("x", operation="y"), Exit.REFUSED),
        (PermissionDeniedError("x", operation="y"), Exit.REFUSED),
        (ReadOnlyError("x", operation="y"), Exit.FAILED),
        (UnreachableError("x", operation="y"), Exit.FAILED),
        (ZdxError("x"), Exit.FAILED),
    ],
)
def test_exit_code_depends_on_the_error(error: ZdxError, expected: Exit) -> None:
    assert get_exit_code(error) is expected
