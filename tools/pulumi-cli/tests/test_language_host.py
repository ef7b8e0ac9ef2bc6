"""The stand-in for the language host, as a process, over gRPC, in the engine's place."""

import json
import os
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto.language_pb2 import (
    AboutRequest,
    GetProgramDependenciesRequest,
    GetRequiredPackagesRequest,
    InstallDependenciesRequest,
    LanguageHandshakeRequest,
    ProgramInfo,
    RunPluginRequest,
    RunRequest,
    RunResponse,
)
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeStub

HOST = Path(__file__).resolve().parents[1] / "host.py"
LONG_SECONDS = 60  # what a busy machine may take; nothing here waits for it
DIRECT = [("grpc.enable_http_proxy", 0)]

EXECUTOR = """
import json, os, pathlib, subprocess, sys, time
config = json.loads(os.environ["PULUMI_CONFIG"])
report = {"arguments": sys.argv[1:], "environment": dict(os.environ), "python": sys.executable}
pathlib.Path("report.json").write_text(json.dumps(report))
if config.get("hang"):
    print("hanging", flush=True)
    subprocess.run(["sleep", "600"])
while config.get("wait for") and not os.path.exists(config["wait for"]):
    time.sleep(0.01)
if config.get("signal"):
    os.kill(os.getpid(), int(config["signal"]))
sys.exit(int(config.get("exit", 0)))
"""

HOLDS_A_CONNECTION = """
import os, socket, time
connection = socket.create_connection(("127.0.0.1", int(os.environ["TEST_PORT"])))
os.write(1, b"4711\n")
time.sleep(600)
"""


@dataclass(frozen=True)
class Host:
    """A running host and a client of it."""

    process: subprocess.Popen[str]
    call: LanguageRuntimeStub
    engine: grpc.Server

    def next_line(self) -> str:
        return self.process.stdout.readline() if self.process.stdout else ""

    def wait_for_all(self) -> int:
        """Returns the exit status, once all that hold the host's stdout have ended."""
        self.process.communicate(timeout=LONG_SECONDS)
        return self.process.returncode


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    executor = tmp_path / "pulumi-language-python-exec"
    executor.write_text(EXECUTOR)
    engine = grpc.server(ThreadPoolExecutor(1))
    engine_address = f"127.0.0.1:{engine.add_insecure_port('127.0.0.1:0')}"
    engine.start()
    command = [sys.executable, "-E", "-s", str(HOST), str(executor), "--logflow", engine_address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        port = process.stdout.readline().strip() if process.stdout else ""
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=DIRECT) as channel:
            yield Host(process, LanguageRuntimeStub(channel), engine)
        process.terminate()
    engine.stop(grace=None).wait()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "a project"
    folder.mkdir()
    return folder


@pytest.fixture
def virtualenv(project: Path) -> str:
    binaries = project / "virtual env" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python").symlink_to(sys.executable)
    return "virtual env"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LONG_SECONDS)
        yield server


def info(folder: Path, **options: str) -> ProgramInfo:
    struct = Struct()
    struct.update(options)
    return ProgramInfo(
        root_directory=str(folder), program_directory=str(folder), entry_point=".", options=struct
    )


def run_request(
    folder: Path, *, config: dict[str, str] | None = None, **options: str
) -> RunRequest:
    return RunRequest(
        info=info(folder, **options),
        pwd=str(folder),
        project="keys",
        stack="dev",
        organization="acme",
        monitor_address="127.0.0.1:1",
        parallel=8,
        dryRun=True,
        config=config,
        configSecretKeys=["zdx:clientSecret"],
    )


def plugin_request(folder: Path, kind: str, listener: socket.socket) -> RunPluginRequest:
    environment = {**os.environ, "TEST_PORT": str(listener.getsockname()[1])}
    return RunPluginRequest(
        info=info(folder, virtualenv=sys.prefix),
        pwd=str(folder),
        kind=kind,
        args=["127.0.0.1:1"],
        env=[f"{name}={value}" for name, value in environment.items()],
    )


def write_wheel(folder: Path) -> str:
    name = "fake_thing-1.0-py3-none-any.whl"
    metadata = "fake_thing-1.0.dist-info"
    with zipfile.ZipFile(folder / name, "w") as wheel:
        wheel.writestr("fake_thing.py", "")
        wheel.writestr(
            f"{metadata}/METADATA", "Metadata-Version: 2.1\nName: fake-thing\nVersion: 1.0"
        )
        wheel.writestr(f"{metadata}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{metadata}/RECORD", "")
    return name


@pytest.mark.parametrize(
    ("config", "answer"),
    [
        ({"exit": "0"}, RunResponse()),
        ({"exit": "32"}, RunResponse(bail=True)),
        ({"exit": "3"}, RunResponse(error="the program ended with exit code 3")),
        ({"signal": "9"}, RunResponse(error="the program was ended by SIGKILL")),
    ],
)
def test_the_answer_tells_how_the_program_ended(
    host: Host, project: Path, config: dict[str, str], answer: RunResponse
) -> None:
    assert host.call.Run(run_request(project, config=config)) == answer


def test_the_program_gets_its_configuration(host: Host, project: Path) -> None:
    host.call.Run(run_request(project, config={"zdx:cloud": "beta"}))
    environment = json.loads((project / "report.json").read_text())["environment"]
    assert json.loads(environment["PULUMI_CONFIG"]) == {"zdx:cloud": "beta"}
    assert json.loads(environment["PULUMI_CONFIG_SECRET_KEYS"]) == ["zdx:clientSecret"]


def test_the_program_is_told_its_place(host: Host, project: Path) -> None:
    host.call.Run(run_request(project))
    *flags, entry_point = json.loads((project / "report.json").read_text())["arguments"]
    told = dict(zip(flags[::2], flags[1::2], strict=True))
    assert told.pop("--engine").startswith("127.0.0.1:")
    assert told == {
        **{"--monitor": "127.0.0.1:1", "--parallel": "8", "--dry_run": "true"},
        **{"--project": "keys", "--stack": "dev", "--organization": "acme"},
        **{"--pwd": str(project), "--root_directory": str(project)},
    }
    assert entry_point == "."


def test_the_program_runs_in_the_virtual_environment_of_its_project(
    host: Host, project: Path, virtualenv: str
) -> None:
    host.call.Run(run_request(project, virtualenv=virtualenv))
    report = json.loads((project / "report.json").read_text())
    assert report["python"] == str(project / virtualenv / "bin" / "python")
    assert report["environment"]["VIRTUAL_ENV"] == str(project / virtualenv)
    assert report["environment"]["PATH"].startswith(str(project / virtualenv / "bin"))


def test_a_missing_virtual_environment_is_named_with_what_to_do(host: Host, project: Path) -> None:
    error = host.call.Run(run_request(project, virtualenv="nowhere")).error
    assert error == (
        f"there is no virtual environment at {project / 'nowhere'} (runtime option `virtualenv`): "
        "run `pulumi install` to create it"
    )


def test_cancel_leaves_the_program_time_to_record_what_is_in_flight(
    host: Host, project: Path
) -> None:
    recorded = project / "recorded"
    running = host.call.Run.future(run_request(project, config={"wait for": str(recorded)}))
    host.call.Cancel(Empty())
    recorded.touch()
    assert running.result().error == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_host_its_program_and_what_that_started(
    host: Host, project: Path, number: signal.Signals
) -> None:
    running = host.call.Run.future(run_request(project, config={"hang": "yes"}))
    assert host.next_line() == "hanging\n"
    host.process.send_signal(number)
    assert host.wait_for_all() == 0
    assert running.code() is grpc.StatusCode.UNAVAILABLE


def test_an_engine_that_is_gone_ends_the_host_its_program_and_what_that_started(
    host: Host, project: Path
) -> None:
    running = host.call.Run.future(run_request(project, config={"hang": "yes"}))
    assert host.next_line() == "hanging\n"
    host.engine.stop(grace=None)
    assert host.wait_for_all() == 0
    assert running.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("kind", ["analyzer", "resource"])
def test_a_plugin_speaks_while_it_runs_and_ends_when_the_engine_stops_listening(
    host: Host, project: Path, listener: socket.socket, kind: str
) -> None:
    (project / "__main__.py").write_text(HOLDS_A_CONNECTION)
    responses = host.call.RunPlugin(plugin_request(project, kind, listener))
    assert next(responses).stdout == b"4711\n"
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(LONG_SECONDS)
        responses.cancel()
        assert connection.recv(1) == b""


def test_the_exit_code_of_a_plugin_comes_last(
    host: Host, project: Path, listener: socket.socket
) -> None:
    (project / "__main__.py").write_text("import sys; print(sys.argv[1:]); sys.exit('bad')")
    *_, last = said = list(host.call.RunPlugin(plugin_request(project, "resource", listener)))
    assert b"".join(response.stdout for response in said) == b"['127.0.0.1:1']\n"
    assert b"".join(response.stderr for response in said) == b"bad\n"
    assert last.exitcode == 1


def test_a_plugin_of_another_kind_is_refused(
    host: Host, project: Path, listener: socket.socket
) -> None:
    with pytest.raises(grpc.RpcError, match="no 'converter' plugin"):
        list(host.call.RunPlugin(plugin_request(project, "converter", listener)))


def test_install_creates_the_virtual_environment_and_fills_it(host: Host, project: Path) -> None:
    (project / "requirements.txt").write_text(f"./{write_wheel(project)}\n")
    program = info(project, virtualenv="new")
    said = list(host.call.InstallDependencies(InstallDependenciesRequest(info=program)))
    assert b"Successfully installed fake-thing-1.0" in b"".join(part.stdout for part in said)
    listed = host.call.GetProgramDependencies(GetProgramDependenciesRequest(info=program))
    assert ("fake-thing", "1.0") in {(each.name, each.version) for each in listed.dependencies}


def test_an_install_that_fails_says_where(host: Host, project: Path, virtualenv: str) -> None:
    (project / "requirements.txt").write_text("./not-there.whl\n")
    request = InstallDependenciesRequest(info=info(project, virtualenv=virtualenv))
    with pytest.raises(grpc.RpcError, match=f"failed in {project}"):
        list(host.call.InstallDependencies(request))


def test_about_names_the_python_of_the_program(host: Host, project: Path, virtualenv: str) -> None:
    about = host.call.About(AboutRequest(info=info(project, virtualenv=virtualenv)))
    assert about.executable == str(project / virtualenv / "bin" / "python")
    assert about.version == sys.version.partition(" ")[0]


def test_dynamic_providers_require_no_packages(host: Host, project: Path) -> None:
    response = host.call.GetRequiredPackages(GetRequiredPackagesRequest(info=info(project)))
    assert (list(response.packages), list(response.specs)) == ([], [])


def test_messages_may_be_longer_than_grpc_allows_by_default(host: Host) -> None:
    five_megabytes = "x" * 5 * 1024 * 1024
    request = LanguageHandshakeRequest(engine_address=five_megabytes)
    assert host.call.Handshake(request) is not None
