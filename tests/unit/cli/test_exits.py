import pytest

from zdx_provider.cli.output import Exit, exit_of
from zdx_provider.cli.stack import NoStackSelected
from zdx_provider.errors import SettingsError, ZdxError
from zdx_provider.zidentity import (
    CredentialsRefused,
    Forbidden,
    InvalidTenant,
    ReadOnly,
    Unreachable,
)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (SettingsError("x"), Exit.SETTINGS),
        (InvalidTenant("x"), Exit.SETTINGS),
        (NoStackSelected("x"), Exit.SETTINGS),
        (CredentialsRefused("x", operation="y"), Exit.REFUSED),
        (Forbidden("x", operation="y"), Exit.REFUSED),
        (ReadOnly("x", operation="y"), Exit.FAILED),
        (Unreachable("x", operation="y"), Exit.FAILED),
        (ZdxError("x"), Exit.FAILED),
    ],
)
def test_a_script_can_tell_what_to_mend(error: ZdxError, expected: Exit) -> None:
    assert exit_of(error) is expected
