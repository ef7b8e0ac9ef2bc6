"""The first route: the CLI that the machine has."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from pulumi_cli.folders import point_link
from pulumi_cli.routes import UnavailableError
from pulumi_cli.version import is_supported, read_pulumi_version

_LANGUAGE_HOST = "pulumi-language-python"


@dataclass(frozen=True)
class OnPath:
    """Takes `pulumi` from PATH, if it is a 3.x and comes with its language host.

    Args:
        destination: The project's own folder; a CLI inside it is not the machine's.
        search_path: Folders as in PATH.
    """

    destination: Path
    search_path: str
    title: str = "pulumi on PATH"

    def find(self) -> Path | None:
        """Return a folder that holds nothing but the CLI, or None."""
        try:
            return self.obtain()
        except UnavailableError:
            return None

    def obtain(self) -> Path:
        """Return a folder that holds nothing but the CLI.

        The CLI's own folder may be /usr/bin, which must not come first on PATH.

        Raises:
            UnavailableError: There is none, or it cannot be used.
        """
        folder = self.destination / "on-path"
        pulumi = self._usable()
        folder.mkdir(exist_ok=True)
        point_link(folder / "pulumi", pulumi)
        return folder

    def _usable(self) -> Path:
        path = self._foreign_folders()
        found = shutil.which("pulumi", path=path)
        if found is None:
            raise UnavailableError("there is none")
        pulumi = Path(found).absolute()
        version = read_pulumi_version(pulumi)
        if not is_supported(version):
            raise UnavailableError(f"{pulumi} is not a Pulumi CLI 3.x (version: {version})")
        beside = pulumi.resolve().with_name(_LANGUAGE_HOST)
        if shutil.which(_LANGUAGE_HOST, path=path) is None and not beside.is_file():
            raise UnavailableError(f"{pulumi} comes without {_LANGUAGE_HOST}")
        return pulumi

    def _foreign_folders(self) -> str:
        return os.pathsep.join(
            folder
            for folder in self.search_path.split(os.pathsep)
            if not Path(folder).resolve().is_relative_to(self.destination)
        )
