"""The project's language host runs programs, and ends when it should."""

import json
import signal
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from host_process import HostProcess, build_program_info
from pulumi.runtime.proto.language_pb2 import LanguageHandshakeRequest, RunRequest, RunResponse


def run_request(
    folder: Path, *, config: dict[str, str] | None = None, **options: str
) -> RunRequest:
    return RunRequest(
        info=build_program_info(folder, **options),
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


@pytest.mark.parametrize(
    ("config", "answer"),
    [
        ({"exit": "0"}, RunResponse()),
        ({"exit": "32"}, RunResponse(bail=True)),
        ({"exit": "3"}, RunResponse(error="the program ended with exit code 3")),
        ({"signal": "9"}, RunResponse(error="the program was ended by SIGKILL")),
    ],
)
def test_run_reports_how_the_program_exited(
    host: HostProcess, project: Path, config: dict[str, str], answer: RunResponse
) -> None:
    assert host.call.Run(run_request(project, config=config)) == answer


def test_run_passes_the_program_its_configuration(host: HostProcess, project: Path) -> None:
    host.call.Run(run_request(project, config={"zdx:cloud": "beta"}))
    environment = json.loads((project / "report.json").read_text())["environment"]
    assert json.loads(environment["PULUMI_CONFIG"]) == {"zdx:cloud": "beta"}
    assert json.loads(environment["PULUMI_CONFIG_SECRET_KEYS"]) == ["zdx:clientSecret"]


def test_run_passes_the_program_its_project_and_stack(host: HostProcess, project: Path) -> None:
    host.call.Run(run_request(project))
    *flags, entry_point = json.loads((project / "report.json").read_text())["arguments"]
    passed = dict(zip(flags[::2], flags[1::2], strict=True))
    assert passed.pop("--engine").startswith("127.0.0.1:")
    assert passed == {
        "--monitor": "127.0.0.1:1",
        "--project": "keys",
        "--stack": "dev",
        "--organization": "acme",
        "--pwd": str(project),
        "--root_directory": str(project),
        "--dry_run": "true",
        "--parallel": "8",
    }
    assert entry_point == "."


def test_run_uses_the_virtual_environment_of_the_project(
    host: HostProcess, project: Path, virtualenv: str
) -> None:
    host.call.Run(run_request(project, virtualenv=virtualenv))
    report = json.loads((project / "report.json").read_text())
    assert report["python"] == str(project / virtualenv / "bin" / "python")
    assert report["environment"]["VIRTUAL_ENV"] == str(project / virtualenv)
    assert report["environment"]["PATH"].startswith(str(project / virtualenv / "bin"))


def test_run_names_a_missing_virtual_environment_and_what_to_do(
    host: HostProcess, project: Path
) -> None:
    error = host.call.Run(run_request(project, virtualenv="nowhere")).error
    assert error == (
        f"there is no virtual environment at {project / 'nowhere'} (runtime option `virtualenv`): "
        "run `pulumi install` to create it"
    )


def test_cancel_lets_the_program_finish_pending_operations(
    host: HostProcess, project: Path
) -> None:
    signal_file = project / "recorded"
    running = host.call.Run.future(run_request(project, config={"wait for": str(signal_file)}))
    assert host.next_line() == "running\n"
    host.call.Cancel(Empty())
    signal_file.touch()
    assert running.result().error == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_the_host_its_program_and_child_processes(
    host: HostProcess, project: Path, number: signal.Signals
) -> None:
    running = host.call.Run.future(run_request(project, config={"hang": "yes"}))
    assert host.next_line() == "running\n"
    host.process.send_signal(number)
    assert host.wait_for_all() == 0
    assert running.code() is grpc.StatusCode.UNAVAILABLE


def test_lost_engine_stops_the_host_its_program_and_child_processes(
    host: HostProcess, project: Path
) -> None:
    running = host.call.Run.future(run_request(project, config={"hang": "yes"}))
    assert host.next_line() == "running\n"
    host.engine.stop(grace=None)
    assert host.wait_for_all() == 0
    assert running.code() is grpc.StatusCode.UNAVAILABLE


def test_handshake_accepts_messages_above_the_default_limit_of_grpc(host: HostProcess) -> None:
    five_megabytes = "x" * 5 * 1024 * 1024
    request = LanguageHandshakeRequest(engine_address=five_megabytes)
    assert host.call.Handshake(request) is not None
