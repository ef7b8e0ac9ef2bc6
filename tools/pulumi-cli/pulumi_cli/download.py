"""The second route: the vendor's installer, as the Pulumi SDK runs it."""

import importlib.metadata
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pulumi_cli.folders import fill_whole_folder
from pulumi_cli.routes import UnavailableError, print_progress
from pulumi_cli.version import is_supported, read_pulumi_version

_CONNECT_TIMEOUT_SECONDS = 15


def install_with_sdk(root: Path) -> None:
    """Download the CLI of the SDK's own version into `root`/bin."""
    from pulumi.automation import PulumiCommand  # noqa: PLC0415 - 0.3 s that only this route needs

    # The SDK opens its connection without a timeout: where packets are dropped it would hang.
    previous = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_CONNECT_TIMEOUT_SECONDS)
    try:
        PulumiCommand.install(root=str(root))
    finally:
        socket.setdefaulttimeout(previous)


@dataclass(frozen=True)
class Download:
    """Downloads the CLI and its language hosts.

    Args:
        destination: The project's own folder.
        install_into: Puts a CLI into the `bin` of the folder it is given.
    """

    destination: Path
    install_into: Callable[[Path], None] = install_with_sdk
    title: str = "the Pulumi SDK's own installer"

    def find(self) -> Path | None:
        """Return the folder of an earlier download for this SDK, or None."""
        binaries = self._folder() / "bin"
        return binaries if is_supported(read_pulumi_version(binaries / "pulumi")) else None

    def obtain(self) -> Path:
        """Download the CLI.

        Raises:
            UnavailableError: The download failed, as it does without a network.
        """
        print_progress("Downloading the Pulumi CLI ...")
        try:
            with fill_whole_folder(self._folder()) as root:
                self.install_into(root)
        except subprocess.CalledProcessError as error:
            output = (error.output or b"").decode(errors="replace").strip()
            raise UnavailableError(output.rpartition("\n")[2] or str(error)) from error
        except Exception as error:  # whatever the SDK raises, the next route is tried
            raise UnavailableError(f"{type(error).__name__}: {error}") from error
        return self._folder() / "bin"

    def _folder(self) -> Path:
        return self.destination / f"downloaded-{importlib.metadata.version('pulumi')}"
