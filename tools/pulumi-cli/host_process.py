"""The project's language host as a process that a test controls."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto.language_pb2 import ProgramInfo
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeStub

LONG_SECONDS = 60  # what a busy machine may take; nothing waits for it
_HOST = Path(__file__).with_name("run_language_host.py")


@dataclass(frozen=True)
class HostProcess:
    """A running host, a client of it, and the engine that it watches."""

    process: subprocess.Popen[str]
    call: LanguageRuntimeStub
    engine: grpc.Server

    def next_line(self) -> str:
        """Return what a program, which shares the host's stdout, printed next."""
        return self.process.stdout.readline() if self.process.stdout else ""

    def wait_for_all(self) -> int:
        """Return the exit status, once every process that holds the host's stdout has ended."""
        self.process.communicate(timeout=LONG_SECONDS)
        return self.process.returncode


@contextmanager
def running_host(executor: Path) -> Iterator[HostProcess]:
    """Start a host as the engine does, and end it.

    Args:
        executor: The script that the host is to run programs with.
    """
    engine = grpc.server(ThreadPoolExecutor(1))
    engine_address = f"127.0.0.1:{engine.add_insecure_port('127.0.0.1:0')}"
    engine.start()
    command = [sys.executable, "-E", "-s", str(_HOST), str(executor), "--logflow", engine_address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            with grpc.insecure_channel(
                f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]
            ) as channel:
                yield HostProcess(process, LanguageRuntimeStub(channel), engine)
        finally:
            process.terminate()
            engine.stop(grace=None).wait()


def build_program_info(folder: Path, **options: str) -> ProgramInfo:
    """Return what the engine says of a program in `folder` with these runtime options."""
    struct = Struct()
    struct.update(options)
    return ProgramInfo(
        root_directory=str(folder), program_directory=str(folder), entry_point=".", options=struct
    )
