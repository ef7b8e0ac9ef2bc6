"""Lets the tests import what they test, as the programs here do."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
