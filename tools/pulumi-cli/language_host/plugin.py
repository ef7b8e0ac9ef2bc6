"""How policy packs and component plugins are started."""

import os

from pulumi.runtime.proto.language_pb2 import RunPluginRequest

from language_host.errors import HostError


def build_plugin_command(request: RunPluginRequest) -> list[str]:
    """Return the interpreter's arguments.

    Raises:
        HostError: It is neither a policy pack nor a component plugin.
    """
    program = os.path.normpath(
        os.path.join(request.info.program_directory, request.info.entry_point)  # noqa: PTH118
    )
    if request.kind == "analyzer":
        return ["-u", "-m", "pulumi.policy", *request.args, program]
    if request.kind == "resource":
        return ["-u", program, *request.args]
    raise HostError(
        f"this language host runs policy packs and component plugins, no {request.kind!r} plugin"
    )


def build_plugin_environment(request: RunPluginRequest) -> dict[str, str]:
    """Return the environment that the engine wants for the plugin, which is a whole one."""
    return dict(entry.split("=", 1) for entry in request.env) or dict(os.environ)
