"""`python -m zdx_emulator`."""

import argparse
import fcntl
import importlib.util
import ipaddress
import os
import re
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from zdx_emulator.models import Switches

LOCK = "lock"

_REFUSED = 2

# What only the distribution zdx-emulator installs. A clone has its code without these.
MODULES = ("fastapi", "jinja2", "python_multipart", "starlette", "uvicorn")

_SWITCHES = ", ".join(Switches.model_fields)

_EPILOG = """\
Prints "READY <url>" once it serves. The admin client has ZIAM's role Super Admin. It is not
listed among the API clients.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve a tenant until SIGTERM or SIGINT.

    Args:
        argv: The arguments; None: those of the process.

    Returns:
        0; or 2, with one line on stderr, for a wrong switch, a port or data folder that is in
        use, or a package that is not installed.
    """
    arguments = build_parser().parse_args(argv)
    with ExitStack() as resources:
        try:
            _require_modules()
            switches = _parse_switches(arguments.switch)
            listener = resources.enter_context(_listen(arguments.host, arguments.port))
            folder = resources.enter_context(_open_folder(arguments.data_dir))
        except (ValueError, OSError, FolderLockedError, NotInstalledError) as error:
            print(f"zdx_emulator: {error}", file=sys.stderr)  # noqa: T201 - a command speaks
            return _REFUSED
        _warn_beyond_loopback(listener)
        _serve(arguments, switches, listener, folder)
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m zdx_emulator",
        description="An emulator of a Zscaler tenant: tokens, API clients, roles and ZDX data.",
        epilog=_EPILOG,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address or name to listen on (default: %(default)s)")
    add("--port", type=int, default=8080, help="0 chooses a free one (default: %(default)s)")
    add("--data-dir", type=Path, help="folder of the tenant (default: a temporary folder)")
    add("--latency-ms", type=int, default=0, metavar="MS", help="wait before every response")
    add(
        "--rate-limit",
        type=_parse_rate_limit,
        metavar="N/s",
        help="respond 429 beyond N requests per second",
    )
    add(
        "--stop-with-input",
        action="store_true",
        help="stop when standard input ends, as it does when the parent process ends",
    )
    add("--seed", type=int, help="make IDs and secrets reproducible")
    add(
        "--switch",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"what the documents leave open: {_SWITCHES}",
    )
    add(
        "--admin-id",
        default=os.environ.get("ZDX_EMULATOR_ADMIN_ID", "emulator-admin"),
        help="ID of the admin client, also $ZDX_EMULATOR_ADMIN_ID (default: %(default)s)",
    )
    add(
        "--admin-secret",
        default=os.environ.get("ZDX_EMULATOR_ADMIN_SECRET", "emulator-admin-secret"),
        help="its secret, also $ZDX_EMULATOR_ADMIN_SECRET",
    )
    return parser


def _require_modules() -> None:
    missing = [name for name in MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise NotInstalledError(missing)


def _parse_rate_limit(text: str) -> int:
    match = re.fullmatch(r"([1-9]\d*)/s", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form 50/s")
    return int(match[1])


def _parse_switches(settings: list[str]) -> Switches:
    pairs = dict(setting.partition("=")[::2] for setting in settings)
    if unknown := pairs.keys() - Switches.model_fields.keys():
        raise ValueError(f"--switch {min(unknown)}: no such switch; there are {_SWITCHES}")
    try:
        return Switches.model_validate_strings(pairs)
    except ValidationError as error:
        problem = error.errors()[0]
        raise ValueError(f"--switch {problem['loc'][0]}: {problem['msg']}") from None


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise OSError(f"cannot listen on {host}:{port}: {reason}") from error


def _warn_beyond_loopback(listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    if not ipaddress.ip_address(host).is_loopback:
        print(  # noqa: T201 - a command speaks
            f"zdx_emulator: warning: other machines can reach {host}:{port}, and the admin secret "
            "is public. Listen on loopback (--host 127.0.0.1), or keep this network to yourself.",
            file=sys.stderr,
        )


def _serve(
    arguments: argparse.Namespace, switches: Switches, listener: socket.socket, folder: Path
) -> None:
    # FastAPI is slow to load, so --help and errors don't wait for it.
    from zdx_emulator.app import Options, create_app, serve  # noqa: PLC0415
    from zdx_emulator.tenant import AdminClient  # noqa: PLC0415

    options = Options(
        data_dir=folder,
        admin_client=AdminClient(arguments.admin_id, arguments.admin_secret),
        latency_ms=arguments.latency_ms,
        rate_limit=arguments.rate_limit,
        seed=arguments.seed,
        switches=switches,
        names=frozenset({arguments.host.lower()}),
    )
    if arguments.stop_with_input:
        threading.Thread(target=_stop_with_input, daemon=True).start()
    serve(create_app(options), listener)


def _stop_with_input() -> None:
    with suppress(OSError):  # there is none
        while os.read(0, 4096):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


def _open_folder(path: Path | None) -> AbstractContextManager[Path]:
    return create_temporary_folder() if path is None else lock_folder(path)


@contextmanager
def lock_folder(path: Path) -> Iterator[Path]:
    """Lock a folder; the lock of a killed process is released.

    Args:
        path: The folder; created if it doesn't exist.

    Raises:
        FolderLockedError: Another process holds it.
    """
    path.mkdir(parents=True, exist_ok=True)
    with (path / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise FolderLockedError(path, lock.read().strip()) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield path


@contextmanager
def create_temporary_folder() -> Iterator[Path]:
    """Return a folder that is deleted when the process exits."""
    with tempfile.TemporaryDirectory(prefix="zdx-emulator-") as path:
        yield Path(path)


class FolderLockedError(Exception):
    """Another process serves from this folder.

    Args:
        path: The folder.
        holder: The ID of that process.
    """

    def __init__(self, path: Path, holder: str) -> None:
        super().__init__(f"the data folder {path} is in use by process {holder}")


class NotInstalledError(Exception):
    """A package that the emulator needs is not installed.

    Args:
        missing: Its module, and those of other such packages.
    """

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(
            f"{', '.join(missing)} is not installed. Install zdx-emulator: "
            "pip install PATH_TO_A_CLONE_OF_ZDX_PROVIDER/packages/emulator"
        )
