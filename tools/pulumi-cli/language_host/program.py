"""How a program is started, and what its end means."""

import json
import signal
from collections.abc import Mapping
from pathlib import Path

from pulumi.runtime.proto.language_pb2 import RunRequest, RunResponse

# The executor's way to say that the user already knows what is wrong.
_EXIT_AFTER_MESSAGE = 32


def build_program_command(request: RunRequest, executor: Path, engine_address: str) -> list[str]:
    """Return the interpreter's arguments.

    Args:
        request: The engine's order.
        executor: The SDK's `pulumi-language-python-exec`.
        engine_address: Where the program's log goes, as host and port.
    """
    flags = {
        "--monitor": request.monitor_address,
        "--engine": engine_address,
        "--project": request.project,
        "--stack": request.stack,
        "--organization": request.organization,
        "--pwd": request.pwd,
        "--root_directory": request.info.root_directory,
        "--dry_run": str(request.dryRun).lower(),
        "--parallel": str(request.parallel),
    }
    flattened = [part for flag in flags.items() for part in flag]
    return ["-u", str(executor), *flattened, request.info.entry_point, *request.args]


def build_program_environment(request: RunRequest, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that hands the stack's configuration to the program."""
    return {
        **inherited,
        "PULUMI_CONFIG": json.dumps(dict(request.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
    }


def describe_outcome(exit_status: int) -> RunResponse:
    """Return the engine's view of a program that ended.

    Args:
        exit_status: As `Popen` has it: negative for the signal that ended the process.
    """
    if exit_status == 0:
        return RunResponse()
    if exit_status == _EXIT_AFTER_MESSAGE:
        return RunResponse(bail=True)
    if exit_status < 0:
        return RunResponse(error=f"the program was ended by {signal.Signals(-exit_status).name}")
    return RunResponse(error=f"the program ended with exit code {exit_status}")
