"""Run the emulator: `python -m zdx_emulator --help`."""

import sys

from zdx_emulator.cli import main

sys.exit(main())
