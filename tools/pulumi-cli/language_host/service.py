"""The engine's protocol for language hosts, as far as Python programs need it."""

# ruff: noqa: N802, ARG002 - methods and their arguments are the protocol's

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import language_pb2, plugin_pb2
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeServicer

from language_host.dependencies import install_dependencies, list_installed_packages
from language_host.errors import HostError
from language_host.interpreter import find_interpreter
from language_host.plugin import build_plugin_command, build_plugin_environment
from language_host.processes import Output, ask, start, stream
from language_host.program import build_program_command, build_program_environment, describe_outcome

_OutputMessage = TypeVar(
    "_OutputMessage", language_pb2.RunPluginResponse, language_pb2.InstallDependenciesResponse
)


class LanguageHost(LanguageRuntimeServicer):
    """Answers the engine.

    Args:
        executor: The SDK's `pulumi-language-python-exec`, which runs a program.
        engine_address: The engine's host and port.
    """

    def __init__(self, executor: Path, engine_address: str) -> None:
        self._executor = executor
        self._engine_address = engine_address

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """Agree: all that it says was on the command line."""
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Name no version: this host has none of Pulumi's."""
        return plugin_pb2.PluginInfo()

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        """Name none: dynamic providers are part of the program."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetRequiredPlugins(
        self, request: language_pb2.GetRequiredPluginsRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPluginsResponse:
        """Name none, as `GetRequiredPackages`."""
        return language_pb2.GetRequiredPluginsResponse()

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        """Do nothing: what is in flight is still to be recorded, and SIGINT follows."""
        return Empty()

    def Run(
        self, request: language_pb2.RunRequest, context: grpc.ServicerContext
    ) -> language_pb2.RunResponse:
        """Run a program; its output goes where this process's goes, to the engine."""
        try:
            interpreter = find_interpreter(
                request.info, build_program_environment(request, os.environ)
            )
        except HostError as error:
            return language_pb2.RunResponse(error=str(error))
        command = build_program_command(request, self._executor, self._engine_address)
        process = start(command, interpreter, request.pwd, context, capture=False)
        return describe_outcome(process.wait())

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a policy pack or a component plugin; its first line on stdout is its port."""
        with _report_to_engine(context):
            interpreter = find_interpreter(request.info, build_plugin_environment(request))
            process = start(build_plugin_command(request), interpreter, request.pwd, context)
        for output in stream(process):
            yield _message(language_pb2.RunPluginResponse, output)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Create the virtual environment if it is missing, and fills it."""
        with _report_to_engine(context):
            for output in install_dependencies(request.info, os.environ, context):
                yield _message(language_pb2.InstallDependenciesResponse, output)

    def About(
        self, request: language_pb2.AboutRequest, context: grpc.ServicerContext
    ) -> language_pb2.AboutResponse:
        """Report which Python would run the program."""
        with _report_to_engine(context):
            interpreter = find_interpreter(request.info, os.environ)
            version = ask(interpreter, "--version").removeprefix("Python ")
        return language_pb2.AboutResponse(executable=interpreter.python, version=version)

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        """List what is installed for the program."""
        with _report_to_engine(context):
            interpreter = find_interpreter(request.info, os.environ)
            packages = list_installed_packages(
                interpreter, transitive=request.transitiveDependencies
            )
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[
                language_pb2.DependencyInfo(name=package.name, version=package.version)
                for package in packages
            ]
        )


@contextmanager
def _report_to_engine(context: grpc.ServicerContext) -> Iterator[None]:
    try:
        yield
    except HostError as error:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))


def _message(kind: type[_OutputMessage], output: Output) -> _OutputMessage:
    message = kind()
    setattr(message, output.channel, output.chunk)
    return message
