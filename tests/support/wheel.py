"""The distributions, as a release would build them."""

from pathlib import Path

from tools.dist import build, find_wheels

ROOT = Path(__file__).resolve().parents[2]


def build_wheels(folder: Path) -> list[Path]:
    """Build everything into a folder, and return the wheels: the product's, the emulator's."""
    build(folder)
    return find_wheels(folder)
