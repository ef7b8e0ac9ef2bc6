"""An example's README, followed by a reader who types what it says."""

from pathlib import Path

from support.documents import read_blocks_of
from support.pulumi_project import PulumiProject, Run, run_program

# A test brings a CLI, a backend and tenants of its own.
_SETTING_UP = ("eval ", "python -m zdx_emulator")


class Walkthrough:
    """Runs a README's shell blocks one after the other, each where the previous one ended.

    Args:
        readme: The README, from the root of the repository.
        root: What stands for that root.
        project: Whose environment the commands run in.
    """

    def __init__(self, readme: str, root: Path, project: PulumiProject) -> None:
        self._blocks = iter([block for block in read_blocks_of(readme) if block.language == "sh"])
        self._folder = root
        self._project = project

    def follow(self) -> Run:
        """Run the next block, except the commands that set the machine up."""
        lines = next(self._blocks).text.splitlines()
        kept = [line for line in lines if not line.startswith(_SETTING_UP)]
        note = self._project.engine_folder / "folder"
        run = run_program(
            ["bash", "-e", "-c", "\n".join([*kept, f"pwd > '{note}'"])],
            self._folder,
            {**self._project.variables(), "PULUMI_SKIP_CONFIRMATIONS": "true"},
        )
        assert run.returncode == 0, f"{lines}: {run}"
        self._folder = Path(note.read_text().strip())
        return run
