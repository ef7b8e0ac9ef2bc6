"""Random lives of two stacks on one tenant: operations, faults, kills, and what must hold.

A life is plain data, a list of steps that a seed draws and that can be replayed. It is lived on the
real engine, with a proxy between it and the tenant. After each step, and again at the end, the
promises of docs/reliability.md are checked.
"""

import json
import random
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import requests

from support.calendar import MOVED_CLOCK, SECONDS_A_DAY
from support.engine_processes import CLI, LANGUAGE_HOST, PLUGIN, EngineProcesses
from support.fork_server import ForkServer
from support.proxy import Failure, Proxy, running_proxy
from support.pulumi_project import PATIENCE_SECONDS, PulumiProject, Run
from zdx_emulator.testing import (
    ADMIN_SECRET,
    API_CLIENT,
    API_CLIENTS,
    SECRETS,
    TOKEN,
    RunningEmulator,
)

STACKS = ("a", "b")
NAMES = ("alpha", "beta", "gamma", "delta", "epsilon")
ROLES = ("ZDX Read-only Admin", "ZDX Super Admin", "ZDX Service Desk Tier 1")

UP = ("up", "--yes", "--skip-preview")
REFRESH = ("up", "--yes", "--skip-preview", "--refresh")
DESTROY = ("destroy", "--yes", "--skip-preview")
COMMANDS = {"up": UP, "refresh": REFRESH, "destroy": DESTROY}

_WRITES = (("POST", API_CLIENTS), ("POST", SECRETS), ("PUT", API_CLIENT), ("DELETE", API_CLIENT))
_READS = (("GET", API_CLIENTS), ("GET", API_CLIENT), ("GET", SECRETS), ("POST", TOKEN))
_WRONG_ID = '{"id": "someone-else", "name": "someone else", "status": true}'
_EMULATOR_FAULTS: tuple[dict[str, Any], ...] = (
    {"status": 403},
    {"status": 404},
    {"status": 429, "headers": {"Retry-After": "0"}},
    {"status": 500},
    {"status": 503},
    {"status": 504, "applied": True},
    {"drop": "before"},
    {"drop": "after"},
    {"truncate": True},
    {"body": "<html>garbage"},
    {"body": _WRONG_ID},
    {"delay_ms": 1500},
)
_PROXY_FAULTS = (
    Failure.CLOSE_BEFORE,
    Failure.CLOSE_AFTER,
    Failure.RESET_AFTER,
    Failure.BAD_GATEWAY_BEFORE,
    Failure.GATEWAY_TIMEOUT_AFTER,
)
# Shorter than the fault's delay, so that such a request takes effect after all have given up.
REQUEST_TIMEOUT_SECONDS = 1.0
_MOST_TRIES = 10
_QUIET_SECONDS = 1.2


class PromiseBrokenError(AssertionError):
    """Something that docs/reliability.md promises does not hold."""


@dataclass(frozen=True)
class Step:
    """One step of a life, as plain data.

    Attributes:
        kind: `run`, `declare`, `manual` or `clock`.
        stack: The stack that it is about; empty for the tenant and the clock.
        what: The command, the change of the declarations or of the tenant.
        name: The key that it is about.
        value: A detail: a role, a number of days.
        trouble: What happens during a `run`: `none`, `emulator`, `proxy`, `kill`, `race`, `both`.
        detail: Which fault, whom to kill or what races.
        nth: At which of the run's matching requests.
    """

    kind: str
    stack: str = ""
    what: str = ""
    name: str = ""
    value: str = ""
    trouble: str = "none"
    detail: int = 0
    nth: int = 0

    def __str__(self) -> str:
        return json.dumps({k: v for k, v in asdict(self).items() if v not in ("", 0, "none")})


def draw_life(seed: int, length: int, kills: float) -> list[Step]:
    """Draw the steps of a life.

    Args:
        seed: Which life.
        length: How many commands of the engine it has.
        kills: The share of commands that are killed, from 0 to 1.
    """
    draw = random.Random(seed)  # noqa: S311 - a life, not a secret
    steps: list[Step] = []
    for _ in range(length):
        stack = draw.choice(STACKS)
        for _ in range(draw.randint(2, 6)):
            what = draw.choice(
                ("add", "add", "add", "add", "remove", "role", "rotate", "rename", "text")
            )
            steps.append(Step("declare", stack, what, draw.choice(NAMES), draw.choice(ROLES)))
        for _ in range(draw.choice((0, 0, 1))):
            what = draw.choice(("create", "text", "disable", "secret", "unmark", "delete", "role"))
            steps.append(Step("manual", "", what, draw.choice(NAMES), draw.choice(ROLES)))
        if draw.random() < 0.1:
            steps.append(Step("clock", value=str(draw.choice((1, 8, 40)))))
        command = draw.choice(("up", "up", "up", "up", "refresh", "destroy"))
        chance = draw.random()
        if chance < kills:
            trouble, detail = "kill", draw.randrange(6)
        else:
            trouble = draw.choice(("none", "emulator", "emulator", "proxy", "race", "both"))
            detail = draw.randrange(60)
        steps.append(
            # Most commands send few requests; a kill that is drawn too late would not happen.
            Step("run", stack, command, trouble=trouble, detail=detail, nth=draw.randrange(6))
        )
    return steps


@dataclass
class Key:
    """A key as a stack declares it, under a logical name."""

    name: str
    role: str
    text: str = ""
    round: int = 0
    adopt: bool = False

    def __str__(self) -> str:
        rotation = f'RotationArgs(keep_previous_days=0, triggers={{"round": "{self.round}"}})'
        text = f"description={self.text!r}, adopt={self.adopt}"
        return f"name={self.name!r}, role={self.role!r}, {text}, rotation={rotation}"


@dataclass
class Figures:
    """What a life consisted of."""

    operations: int = 0
    commands: int = 0
    kills: int = 0
    faults: int = 0
    refusals: int = 0


@dataclass
class Life:
    """A life that is lived.

    Args:
        tenant: A tenant without keys.
        proxy: Leads to the tenant.
        folder: An empty folder for both stacks.
    """

    tenant: RunningEmulator
    proxy: Proxy
    folder: Path
    figures: Figures = field(default_factory=Figures)
    _stacks: dict[str, PulumiProject] = field(default_factory=dict)
    _declared: dict[str, dict[str, Key]] = field(default_factory=dict)
    _may_be_gone: set[str] = field(default_factory=set)
    _may_be_dead: set[str] = field(default_factory=set)
    _planted: set[str] = field(default_factory=lambda: {ADMIN_SECRET})
    _last_secret: dict[str, str] = field(default_factory=dict)
    _rotations_survived: Counter[str] = field(default_factory=Counter)
    _day: int = 0

    def __post_init__(self) -> None:
        settings = {
            **{k: v for k, v in self.tenant.stack_config().items() if not k.endswith("Url")},
            "zdx:httpProxy": self.proxy.url,
            "zdx:requestTimeout": str(REQUEST_TIMEOUT_SECONDS),
            "zdx:maxRetries": "1",
        }
        for stack in STACKS:
            project_folder = self.folder / stack
            project_folder.mkdir()
            project = PulumiProject(project_folder, stack=stack, home=self.folder / "engine")
            project.environment["REQUESTS_CA_BUNDLE"] = str(self.proxy.ca_file)
            project.environment["PYTHONPATH"] = str(MOVED_CLOCK)
            self._stacks[stack] = project.create(settings)
            self._declared[stack] = {}

    def live(self, steps: Sequence[Step]) -> None:
        """Live through the steps, then bring both stacks to rest and destroy them.

        Raises:
            PromiseBrokenError: Something that is promised does not hold.
        """
        for step in steps:
            getattr(self, f"_{step.kind}")(step)
        for stack in STACKS:
            self._settle(stack, "up")
            self._require_promises()
        for stack in STACKS:
            self._settle(stack, "destroy")
            self._require_promises()
        self._require_nothing_planted()

    # What happens

    def _declare(self, step: Step) -> None:
        declared = self._declared[step.stack]
        key = declared.get(step.name)
        match step.what:
            case "add" if step.name not in {each.name for each in declared.values()}:
                declared.setdefault(step.name, Key(step.name, step.value))
            case "remove":
                declared.pop(step.name, None)
            case "rename" if key:
                taken = {each.name for each in declared.values()} | set(declared)
                key.name = next((name for name in NAMES if name not in taken), key.name)
            case "role" if key:
                key.role = step.value
            case "text" if key:
                key.text += "x"
            case "rotate" if key:
                key.round += 1

    def _manual(self, step: Step) -> None:
        clients = [client for client in self.tenant.clients() if client.name == step.name]
        if not clients:
            if step.what == "create":
                self.tenant.create_client(step.name, role=step.value)
                self.figures.operations += 1
            return
        client = clients[0]
        match step.what:
            case "text":
                marker = client.description.rpartition("[pulumi ")
                changed = f"manual {marker[1]}{marker[2]}" if marker[1] else "manual"
                self.tenant.change_client(client.id, description=changed)
            case "disable":
                self.tenant.change_client(client.id, status=False)
            case "unmark":
                self.tenant.change_client(client.id, description="")
            case "secret" if len(self.tenant.secrets(client.id)) == 1:
                self.tenant.add_secret(client.id)
            case "delete":
                self._may_be_gone.add(client.id)
                self.tenant.delete_client(client.id)
            case _:
                return
        self.figures.operations += 1

    def _clock(self, step: Step) -> None:
        self.figures.operations += 1
        self._day += int(step.value)
        seconds = self._day * SECONDS_A_DAY
        self.tenant.move_clock(seconds)
        for project in self._stacks.values():
            project.environment["ZDX_TEST_SECONDS_AHEAD"] = str(seconds)

    def _run(self, step: Step) -> None:
        if step.what == "destroy":
            self._declared[step.stack].clear()
        self._write_program(step.stack)
        self.tenant.clear_requests()
        self._unlock(step.stack)
        before = self._count_writes()
        match step.trouble:
            case "kill":
                self._kill(step)
            case "emulator" | "proxy" | "race":
                self._run_with_fault(step)
            case "both":
                self._run_both(step)
            case _:
                self._command(step.stack, COMMANDS[step.what])
        self.tenant.clear_faults()
        self.proxy.clear()
        self._wait_for_quiet()
        self.figures.operations += self._count_writes() - before
        self._require_promises()
        self._settle(step.stack, step.what)
        if step.trouble == "both":
            self._settle(next(stack for stack in STACKS if stack != step.stack), "up")
        self._require_promises()

    def _run_with_fault(self, step: Step) -> None:
        self.figures.faults += 1
        if step.trouble == "emulator":
            method, path = (*_WRITES, *_READS)[step.detail % 8]
            fault = _EMULATOR_FAULTS[(step.detail // 8 + step.nth) % len(_EMULATOR_FAULTS)]
            self.tenant.fault(method=method, path=path, after=step.nth % 3, **fault)
            self._command(step.stack, COMMANDS[step.what])
        elif step.trouble == "proxy":
            method, _ = (*_WRITES, *_READS)[step.detail % 8]
            failure = _PROXY_FAULTS[step.detail % len(_PROXY_FAULTS)]
            self.proxy.fail(method, ".*", failure, count=1 + step.nth % 2)
            self._command(step.stack, COMMANDS[step.what])
        else:
            self._race(step)

    def _race(self, step: Step) -> None:
        """Let somebody else create a key of a name while the stack creates its own."""
        declared = [key.name for key in self._declared[step.stack].values()]
        names = [name for name in declared if not self._has(name)]
        self.tenant.fault(method="POST", path=API_CLIENTS, hold=("before", "after")[step.nth % 2])
        command = self._start(step.stack, COMMANDS[step.what])
        if self._wait_for_held(command) and names:
            taken = names[step.detail % len(names)]
            if not self._has(taken):
                self.tenant.create_client(taken)
                self.figures.operations += 1
        self.tenant.clear_faults()
        self._finish(step.stack, command)

    def _run_both(self, step: Step) -> None:
        """Run both stacks at once, one of them held for a while."""
        (other,) = [stack for stack in STACKS if stack != step.stack]
        self._write_program(other)
        self._unlock(other)
        method, path = _WRITES[step.detail % len(_WRITES)]
        self.tenant.fault(method=method, path=path, hold=("before", "after")[step.nth % 2])
        command = self._start(step.stack, COMMANDS[step.what])
        self._wait_for_held(command)
        self._command(other, UP)
        self.tenant.clear_faults()
        self._finish(step.stack, command)

    def _kill(self, step: Step) -> None:
        victim = (CLI, PLUGIN, LANGUAGE_HOST)[step.detail % 3]
        when = {"hold": "after"} if step.detail % 2 else {"hold": "before", "drop": "before"}
        self.tenant.fault(method="*", path="*", after=step.nth, **when)
        command = self._start(step.stack, COMMANDS[step.what])
        if not self._wait_for_held(command):
            self._finish(step.stack, command)
            return
        processes = EngineProcesses.of(command.pid)
        processes.named(victim).kill()
        self.figures.kills += 1
        self.tenant.clear_faults()
        self._finish(step.stack, command)
        self._wait_for_quiet()
        processes.kill_survivors()

    # What a user does about it

    def _settle(self, stack: str, what: str) -> None:
        """Run the command until it succeeds, and follow what each refusal says."""
        command = COMMANDS[what]
        if what == "destroy":
            self._declared[stack].clear()
        project = self._stacks[stack]
        refused: list[str] = []
        for _ in range(_MOST_TRIES):
            self._write_program(stack)
            self._unlock(stack)
            before = self._count_writes()
            run = self._command(stack, command)
            self.figures.operations += self._count_writes() - before
            if run.returncode == 0:
                project.configure({"zdx:resumeInterrupted": None})
                if what != "destroy":
                    self._require_no_unknown_secret(stack)
                return
            self.figures.refusals += 1
            refused.append(run.text[-3000:])
            if "--refresh" not in command and "pulumi up --refresh" in run.text:
                command = REFRESH
            self._follow(stack, run)
        raise PromiseBrokenError(f"no way on in {_MOST_TRIES} tries; the last one:\n{refused[-1]}")

    def _follow(self, stack: str, run: Run) -> None:
        """Do what each refused key's line says, as a user would."""
        project, declared = self._stacks[stack], self._declared[stack]
        known = False
        if "zdx:resumeInterrupted true" in run.text:
            project.configure({"zdx:resumeInterrupted": True})
            known = True
        for logical, key in list(declared.items()):
            text = " ".join(line for line in run.text.splitlines() if f'"{key.name}"' in line)
            if "zdx-keys revoke" in text:
                self._revoke_unknown(key.name)
            elif "run pulumi state delete" in text:
                self._forget(stack, logical)
                key.adopt = True
            elif "declare adopt=True" in text:
                key.adopt = True
            elif "already has that name" in text or "Declare another name" in text:
                self._forget(stack, logical)
                declared.pop(logical)
            else:
                continue
            known = True
        advice = (
            "run again",
            "up again",
            "up --refresh",
            "again later",
            "the same again",
            "Check ",
        )
        if not known and not any(line in run.text for line in advice):
            raise PromiseBrokenError(f"a refusal without a way on:\n{run.text[-3000:]}")

    def _revoke_unknown(self, name: str) -> None:
        known = {
            secret
            for key in self._recorded()
            for secret in (key.get("secret_id"), key.get("previous_secret_id"))
        }
        for client in self.tenant.clients():
            if client.name == name:
                secrets = self.tenant.secrets(client.id)
                unknown = [s.id for s in secrets if s.id not in known] or [secrets[0].id]
                self._may_be_dead.add(unknown[-1])
                self.tenant.delete_secret(client.id, unknown[-1])

    def _forget(self, stack: str, logical: str) -> None:
        project = self._stacks[stack]
        if any(_logical_name(key) == logical for key in project.recorded_keys()):
            project.run("state", "delete", "--yes", project.urn_of(logical))

    # What must hold

    def _require_promises(self) -> None:
        names = [client.name for client in self.tenant.clients()]
        doubled = {name for name in names if names.count(name) > 1}
        if doubled:
            raise PromiseBrokenError(f"two keys of one name: {doubled}")
        clients = {client.id: client for client in self.tenant.clients()}
        for stack, project in self._stacks.items():
            for key in project.recorded_keys():
                self._planted.add(key["key_secret"]) if key.get("key_secret") else None
                self._require_key(stack, key, clients)
        self._require_nothing_planted()

    def _require_key(self, stack: str, key: dict[str, Any], clients: dict[str, Any]) -> None:
        client = clients.get(key["key_id"])
        if client is None:
            if key["key_id"] not in self._may_be_gone:
                raise PromiseBrokenError(f"the key {key['name']} of stack {stack} is gone")
            return
        if not _is_owned(key, client.description):
            return  # another run took it over
        if not client.status or key["secret_id"] in self._may_be_dead:
            return
        try:
            self.tenant.token_for(client.id, key["key_secret"])
        except requests.HTTPError as error:
            present = {s.id: s.expires_at for s in self.tenant.secrets(client.id)}
            if present.get(key["secret_id"], self.tenant.now() + 1) <= self.tenant.now():
                return  # expired: the clock moved
            raise PromiseBrokenError(
                f"the secret of {key['name']} in stack {stack} is dead; present: {present}"
            ) from error

    def _require_no_unknown_secret(self, stack: str) -> None:
        """Make sure that a secret which no state knows is gone after two more rotations."""
        recorded = list(self._recorded())
        known = {
            key.get(field) for key in recorded for field in ("secret_id", "previous_secret_id")
        }
        there = {client.id for client in self.tenant.clients()}
        for key in self._stacks[stack].recorded_keys():
            if key["key_id"] not in there:
                continue
            if self._last_secret.get(key["key_id"]) in (None, key["secret_id"]):
                self._last_secret[key["key_id"]] = key["secret_id"]
                continue
            self._last_secret[key["key_id"]] = key["secret_id"]
            for secret in self.tenant.secrets(key["key_id"]):
                if secret.id not in known:
                    self._rotations_survived[secret.id] += 1
                    if self._rotations_survived[secret.id] > 1:
                        raise PromiseBrokenError(f"no state knows {secret.id} of {key['name']}")

    def _require_nothing_planted(self) -> None:
        for project in self._stacks.values():
            shown = "\n".join(project.transcript)
            found = [secret for secret in self._planted if secret in shown]
            if found:
                raise PromiseBrokenError("a secret is shown")
            project.transcript.clear()
        for file in (self.folder / "engine" / "state").rglob("*.json*"):  # backups, too
            text = file.read_text(errors="replace")
            if any(secret in text for secret in self._planted - {ADMIN_SECRET}):
                raise PromiseBrokenError(f"a secret stands in {file.name} in the clear")

    # Tools

    def _let_go(self, stack: str, keep: Collection[str]) -> None:
        """Note the keys that a stack may delete: its own that it does not declare any more."""
        clients = {client.id: client for client in self.tenant.clients()}
        for key in self._stacks[stack].recorded_keys():
            client = clients.get(key["key_id"])
            if _logical_name(key) not in keep and client and _is_owned(key, client.description):
                self._may_be_gone.add(key["key_id"])

    def _write_program(self, stack: str) -> None:
        declared = self._declared[stack]
        self._let_go(stack, keep=set(declared))
        lines = [f"ApiKey({logical!r}, {key})" for logical, key in declared.items()]
        self._stacks[stack].program("\n".join(("from zdx_provider import RotationArgs", *lines)))

    def _start(self, stack: str, arguments: Sequence[str]) -> "subprocess.Popen[str]":
        self.figures.commands += 1
        project = self._stacks[stack]
        return subprocess.Popen(
            project.command(*arguments),
            cwd=project.folder,
            env=project.variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _finish(self, stack: str, command: "subprocess.Popen[str]") -> Run:
        shown, _ = command.communicate(timeout=PATIENCE_SECONDS)
        self._stacks[stack].transcript.append(shown)
        return Run(command.returncode, shown, "")

    def _command(self, stack: str, arguments: Sequence[str]) -> Run:
        return self._finish(stack, self._start(stack, arguments))

    def _wait_for_held(self, command: "subprocess.Popen[str]") -> bool:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while command.poll() is None:
            if any(armed.held_count for armed in self.tenant.faults()):
                return True
            assert time.monotonic() < deadline, "the command neither ends nor gets to the step"
            time.sleep(0.03)
        return False

    def _wait_for_quiet(self) -> None:
        """Wait until nothing is sent any more: a late request, a plugin without an engine."""
        seen, since = len(self.tenant.requests()), time.monotonic()
        while time.monotonic() - since < _QUIET_SECONDS:
            time.sleep(0.1)
            if len(self.tenant.requests()) != seen:
                seen, since = len(self.tenant.requests()), time.monotonic()

    def _unlock(self, stack: str) -> None:
        locks = self.folder / "engine" / "state" / ".pulumi" / "locks"
        if any(stack in file.parent.name for file in locks.rglob("*.json")):
            self._stacks[stack].run("cancel", "--yes")

    def _has(self, name: str) -> bool:
        return any(client.name == name for client in self.tenant.clients())

    def _recorded(self) -> Iterator[dict[str, Any]]:
        for project in self._stacks.values():
            yield from project.recorded_keys()

    def _count_writes(self) -> int:
        return sum(
            request.method != "GET" and request.path != TOKEN for request in self.tenant.requests()
        )


def _logical_name(key: dict[str, Any]) -> str:
    return re.split(r"[/$]", key["managed_by"])[-1] if key.get("managed_by") else str(key["name"])


def _is_owned(key: dict[str, Any], description: str) -> bool:
    """Whether a key is the one that a state means, as its marker says; without one, it is."""
    marker = f"[pulumi {key.get('managed_by', '')} #{key['claim']}]"
    return description.endswith(marker) or "[pulumi " not in description


def live_through(
    steps: list[Step], fork_server: ForkServer, folder: Path, shrinking_tries: int
) -> Figures:
    """Live through a life on a tenant and a proxy of its own.

    Args:
        steps: The life.
        fork_server: Starts the tenants.
        folder: An empty folder.
        shrinking_tries: How many shorter lives are tried if it fails.

    Raises:
        PromiseBrokenError: It fails; with the shortest life that fails, too.
    """
    numbers = count()

    def live(steps: list[Step]) -> Figures:
        own = folder / str(next(numbers))
        own.mkdir()
        with fork_server.tenant(own / "tenant") as tenant, running_proxy(tenant.url) as proxy:
            life = Life(tenant, proxy, own)
            try:
                life.live(steps)
            except PromiseBrokenError:
                raise
            except Exception as error:
                raise PromiseBrokenError(f"{type(error).__name__}: {error}") from error
            return life.figures

    def fails(steps: list[Step]) -> bool:
        try:
            live(steps)
        except PromiseBrokenError:
            return True
        return False

    try:
        return live(steps)
    except PromiseBrokenError as broken:
        short = "\n".join(map(str, shrink(steps, fails, shrinking_tries)))
        raise PromiseBrokenError(f"{broken}\nThe life, shortened:\n{short}") from None


def shrink(steps: list[Step], fails: Callable[[list[Step]], bool], tries: int) -> list[Step]:
    """Leave out steps as long as the life still fails.

    Args:
        steps: A life that fails.
        fails: Lives through steps, and tells whether they fail.
        tries: How many lives are tried at most.
    """
    size = max(1, len(steps) // 2)
    while size and tries:
        start = 0
        while start < len(steps) and tries:
            shorter = steps[:start] + steps[start + size :]
            tries -= 1
            if shorter and fails(shorter):
                steps = shorter
            else:
                start += size
        size //= 2
    return steps
