"""The package's process, ended as the engine ends it."""

import signal
import subprocess
import sys
from pathlib import Path

NO_ENGINE = "127.0.0.1:1"


def test_interrupt_stops_the_component_without_output() -> None:
    command = [str(Path(sys.executable).with_name("pulumi-resource-zdx")), NO_ENGINE]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().strip().isdigit()
        process.send_signal(signal.SIGINT)

        _, said = process.communicate()

    assert (process.returncode, said) == (0, "")
