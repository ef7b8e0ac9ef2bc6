"""Threads that read ahead end with their process."""

import subprocess
import sys

PROGRAM = """
import threading
from zdx_provider.keys.read_ahead import run_in_background
run_in_background(threading.Event().wait)
"""


def test_request_in_the_background_does_not_delay_the_end_of_the_process() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=60)
