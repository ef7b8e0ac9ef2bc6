"""Child processes: how they start, what they say, and how they end."""

import os
import selectors
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import grpc

from language_host.errors import HostError
from language_host.interpreter import Interpreter

_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Output:
    """What a process wrote at one moment."""

    channel: Literal["stdout", "stderr"]
    chunk: bytes


def start(
    arguments: Sequence[str],
    interpreter: Interpreter,
    folder: str | Path,
    call: grpc.ServicerContext,
    *,
    capture: bool = True,
) -> subprocess.Popen[bytes]:
    """Start the interpreter, for as long as the engine's call lasts.

    Args:
        arguments: What follows the interpreter on its command line.
        interpreter: The Python, and the environment of the process.
        folder: The working directory.
        call: When the engine gives it up, the process is asked to end.
        capture: Whether `stream` will read the output; else it goes where this process's goes.
    """
    destination = subprocess.PIPE if capture else None
    process = subprocess.Popen(
        [interpreter.python, *arguments],
        cwd=folder,
        env=interpreter.environment,
        stdin=subprocess.DEVNULL,
        stdout=destination,
        stderr=destination,
    )
    if not call.add_callback(process.terminate):
        process.terminate()
    return process


def stream(process: subprocess.Popen[bytes]) -> Iterator[Output]:
    """Yield the output of a captured process as it comes, up to its close."""
    with selectors.DefaultSelector() as selector:
        for pipe, channel in ((process.stdout, "stdout"), (process.stderr, "stderr")):
            if pipe is not None:
                selector.register(pipe, selectors.EVENT_READ, channel)
        while selector.get_map():
            for key, _ in selector.select():
                chunk = os.read(key.fd, _CHUNK_BYTES)
                if chunk:
                    yield Output(key.data, chunk)
                else:
                    selector.unregister(key.fileobj)


def ask(interpreter: Interpreter, *arguments: str) -> str:
    """Return what the interpreter prints on stdout for these arguments.

    Raises:
        HostError: It failed.
    """
    try:
        return subprocess.run(
            [interpreter.python, *arguments],
            env=interpreter.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
    except subprocess.CalledProcessError as error:
        raise HostError(f"{error}: {error.stderr.strip()}") from error
