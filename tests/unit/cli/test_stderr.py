import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples import PLANTED

from zdx_provider.cli.stack import summarize_stderr

# As the CLI prints it.
OLD_LAYOUT = """error: \n
================================================================================
Legacy DIY state is deprecated, please upgrade your state to project mode using:
'pulumi state upgrade'

It is due to be removed.
================================================================================
"""

OLD_LAYOUT_IN_ONE_LINE = (
    "Legacy DIY state is deprecated, please upgrade your state to project mode using: "
    "'pulumi state upgrade' It is due to be removed"
)

AROUND = st.text(st.characters(exclude_characters="\0"), max_size=5)
SCHEMES = st.sampled_from(["postgres", "postgresql", "s3", "https", "azblob", "git+ssh", "S3"])
FRAMES = st.sampled_from(
    [
        'error: unable to open state database "{}": failed to ping',
        "error: problem logging in: Get {}: EOF",
        'error: parse "{}": invalid userinfo',
        "error: `{}` is no backend",
        "warning: {}",
    ]
)


@pytest.mark.parametrize(
    ("stderr", "shown"),
    [
        ("warning: x\nerror: incorrect passphrase\n", "incorrect passphrase"),
        (OLD_LAYOUT, OLD_LAYOUT_IN_ONE_LINE),
        ("SDK WARN falling back\nerror: read: 403\n\n", "read: 403"),
        ("error: one\nerror: two.\n", "one two"),
        ("panic: of another kind", "panic: of another kind"),
        ("", "nothing"),
        ("error: \n====\n", "nothing"),
        ("error: " + "x" * 2000, "x" * 600 + "..."),
    ],
)
def test_summarize_stderr_returns_one_line(stderr: str, shown: str) -> None:
    assert summarize_stderr(stderr) == shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('"postgres://me:pw@h:1/db?sslmode=no"', '"postgres://[redacted]@h:1/db?sslmode=no"'),
        ('"postgres://me:p w@h/db"', '"postgres://[redacted]@h/db"'),
        ("s3://id:a@b/c@bucket failed", "s3://[redacted]@bucket failed"),
        ('"azblob://c?sas=abc&x=1"', '"azblob://c?sas=[redacted]&x=1"'),
        ("file:///state: mail me@home", "file:///state: mail me@home"),
        ('"s3://a" and "b@c d"', '"s3://a" and "b@c d"'),
    ],
)
def test_summarize_stderr_removes_credentials_from_a_url(said: str, shown: str) -> None:
    assert summarize_stderr(f"error: {said}") == shown


@given(SCHEMES, FRAMES, AROUND, AROUND)
def test_summarize_stderr_shows_no_password_of_a_backend(
    scheme: str, frame: str, before: str, after: str
) -> None:
    quoted = '"{}"' in frame
    password = f"{before}{PLANTED}{after}"
    password = password.replace("\\", "\\\\").replace('"', '\\"')
    password = " ".join(password.split()) if quoted else "".join(password.split())
    url = f"{scheme}://me:{password}@host/db"

    assert PLANTED not in summarize_stderr(frame.format(url))
