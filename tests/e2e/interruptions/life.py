"""A random life: what each step does, what a user does about it, and what must hold.

Two stacks declare keys on one tenant, each behind a proxy. After each step, and again at the end,
the promises of docs/reliability.md are checked.
"""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import requests
from e2e.interruptions.refusals import Refusal, read_refusals
from support.calendar import MOVED_CLOCK, SECONDS_A_DAY
from support.engine_processes import CLI, LANGUAGE_HOST, PLUGIN, EngineProcesses
from support.key_pair import KeyPair
from support.keyless import can_authenticate
from support.proxy import Failure, Proxy, running_proxy
from support.pulumi_project import PATIENCE_SECONDS, PulumiProject, Run

from zdx_emulator.testing import (
    ADMIN_SECRET,
    API_CLIENT,
    API_CLIENTS,
    SECRET,
    SECRETS,
    TOKEN,
    ZSCALER_APIS,
    ApiClient,
    ApiClientSecret,
    LoggedRequest,
    RunningEmulator,
    scope_id,
)

STACKS = ("a", "b")
SHARED_NAMES = ("shared-1", "shared-2", "shared-3", "shared-4")
NAMES = {stack: (*SHARED_NAMES, *(f"{stack}-{n}" for n in range(12))) for stack in STACKS}
ROLES = ("ZDX Read-only Admin", "ZDX Super Admin", "ZDX Service Desk Tier 1")
KEY_CHANGES = (
    *("add",) * 4,
    *("remove", "remove"),
    *("role", "role"),
    *("rotate", "rotate"),
    *("text", "text"),
    "rename",
)
KEYLESS_CHANGES = (
    *("add keyless", "to public keys", "to public keys", "to a secret"),
    *("add public key", "add public key", "remove public key"),
)
MANUAL_CHANGES = (
    *("create", "delete"),
    *("text", "role", "disable", "unmark"),
    *("add secret", "revoke secret"),
)
PAIRS = {f"pair-{n}": KeyPair.make_ec() for n in range(3)}
COMMANDS = {
    "up": ("up", "--yes", "--skip-preview"),
    "refresh": ("up", "--yes", "--skip-preview", "--refresh"),
    "destroy": ("destroy", "--yes", "--skip-preview"),
}

_WRITES = (
    ("POST", API_CLIENTS),
    ("POST", SECRETS),
    ("PUT", API_CLIENT),
    ("DELETE", API_CLIENT),
    ("DELETE", SECRET),
)
_READS = (("GET", API_CLIENTS), ("GET", API_CLIENT), ("GET", SECRETS), ("POST", TOKEN))
_REQUESTS = (*_WRITES, *_READS)
_WRONG_ID = '{"id": "someone-else", "name": "someone else", "status": true}'
_DELAY_MS = 1500
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
    {"delay_ms": _DELAY_MS},
)
_PROXY_FAULTS = (
    Failure.CLOSE_BEFORE,
    Failure.CLOSE_AFTER,
    Failure.RESET_BEFORE,
    Failure.RESET_AFTER,
    Failure.BAD_GATEWAY_BEFORE,
    Failure.BAD_GATEWAY_AFTER,
    Failure.GATEWAY_TIMEOUT_AFTER,
)
_TUNNEL_FAULTS = (Failure.NO_TUNNEL, Failure.CLOSE_TUNNEL, Failure.NO_TLS)
_VICTIMS = (CLI, PLUGIN, LANGUAGE_HOST)

# Shorter than the fault's delay, so that such a request takes effect after all have given up.
_REQUEST_TIMEOUT_SECONDS = 1.0
# Shorter than that limit, so that two requests that are held together both get their response.
_HELD_TOGETHER_SECONDS = 0.6
_MOST_TRIES = 12
_QUIET_SECONDS = 0.3
_POLL_SECONDS = 0.03


class PromiseBrokenError(AssertionError):
    """Something that docs/reliability.md promises does not hold."""


@dataclass(frozen=True)
class Step:
    """One step of a life, as plain data.

    Attributes:
        kind: `declare`, `manual`, `clock`, `run` or `kill`.
        stack: The stack that it is about; empty for the tenant and the clock.
        what: The command, or the change of the declarations or of the tenant.
        name: The key that it is about; `*` for all of a stack.
        value: A detail: a role, a number of days.
        trouble: What happens during a `run` (`none`, `emulator`, `proxy`, `race`, `both`); when a
            `kill` comes (at a `request`, at an `instant`).
        detail: Which fault, whom to kill or what races.
        nth: At which request, or after how many milliseconds.
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


@dataclass
class Figures:
    """What a life consists of.

    Attributes:
        operations: Keys created, updated and deleted, secrets rotated and revoked, changes that
            someone makes manually, moves of the clock.
        commands: Of the engine.
        kills: Of a process of the engine.
        faults: Commands with a fault, a race or a second stack.
        refusals: Commands that were refused, and then went on as the refusal says.
    """

    operations: int = 0
    commands: int = 0
    kills: int = 0
    faults: int = 0
    refusals: int = 0


@dataclass
class Key:
    """A key as a stack declares it, under a logical name: with a secret, or with public keys."""

    name: str
    role: str
    text: str = ""
    round: int = 0
    keep_previous_days: int = 0
    adopt: bool = False
    pairs: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f"description={self.text!r}, adopt={self.adopt}"
        if self.pairs:
            keys = {name: PAIRS[name].public_pem for name in self.pairs}
            authentication = f"authentication={{'public_keys': {keys!r}}}"
            return f"name={self.name!r}, role={self.role!r}, {text}, {authentication}"
        triggers = f'triggers={{"round": "{self.round}"}}, end_overlap_early=True'
        rotation = f"RotationArgs(keep_previous_days={self.keep_previous_days}, {triggers})"
        return f"name={self.name!r}, role={self.role!r}, {text}, rotation={rotation}"


@dataclass
class Stack:
    """A stack of a life.

    Attributes:
        project: Its files and its state.
        proxy: What stands between it and the tenant.
        declared: The keys that its program declares, by their logical names.
        due: The command that is to be run until it succeeds, as one was cut short; empty for none.
        is_unsettled: Whether a run since the last success may have left something unrecorded.
        deletes: The IDs of the keys that its runs may delete, as they are not declared any more.
        secrets: The secret that its state last held, for each key.
    """

    name: str
    project: PulumiProject
    proxy: Proxy
    declared: dict[str, Key] = field(default_factory=dict)
    due: str = ""
    is_unsettled: bool = False
    deletes: set[str] = field(default_factory=set)
    secrets: dict[str, str | None] = field(default_factory=dict)

    def recorded(self) -> dict[str, dict[str, Any]]:
        """Return the keys in its state, by their logical names."""
        return {_logical_name(key): key for key in self.project.recorded_keys()}

    def owns(self, client: ApiClient) -> bool:
        """Return whether a key has the ownership marker of one of its resources."""
        return f"[pulumi {self.project.name}/{self.name}/" in client.description


@contextmanager
def living(tenant: RunningEmulator, folder: Path, figures: Figures) -> Iterator["Life"]:
    """Return a life on a tenant without keys, in an empty folder."""
    with ExitStack() as stack:
        proxies = {name: stack.enter_context(running_proxy(tenant.url)) for name in STACKS}
        life = Life(tenant, folder, figures)
        for name, proxy in proxies.items():
            life.add_stack(name, proxy)
        try:
            yield life
        finally:
            life.kill_survivors()


class Life:
    """A life that is run.

    Args:
        tenant: A tenant without keys.
        folder: An empty folder for the stacks.
        figures: Counts what it consists of.
    """

    def __init__(self, tenant: RunningEmulator, folder: Path, figures: Figures) -> None:
        self._tenant = tenant
        self._folder = folder
        self._figures = figures
        self._stacks: dict[str, Stack] = {}
        self._survivors: list[EngineProcesses] = []
        self._planted = {ADMIN_SECRET}
        self._searched: dict[Path, int] = {}
        self._with_secret: set[str] = set()
        self._day = 0
        self._new_names = 0
        # What someone did manually, and what therefore is no one else's fault.
        self._deleted: set[str] = set()
        self._disabled: set[str] = set()
        self._revoked: set[str] = set()
        self._added: set[str] = set()
        # Names for which a request may take effect although its run gave up.
        self._late_names: set[str] = set()

    def add_stack(self, name: str, proxy: Proxy) -> None:
        """Give the life a stack."""
        settings = {
            **{k: v for k, v in self._tenant.stack_config().items() if not k.endswith("Url")},
            "zdx:httpProxy": proxy.url,
            "zdx:requestTimeout": str(_REQUEST_TIMEOUT_SECONDS),
            "zdx:maxRetries": "1",
        }
        secret = settings.pop("zdx:clientSecret")
        folder = self._folder / name
        folder.mkdir()
        project = PulumiProject(folder, stack=name, home=self._folder / "engine")
        project.environment["REQUESTS_CA_BUNDLE"] = str(proxy.ca_file)
        project.environment["PYTHONPATH"] = str(MOVED_CLOCK)
        project.create(settings).run("config", "set", "--secret", "zdx:clientSecret", secret)
        self._stacks[name] = Stack(name, project, proxy)

    def live(self, steps: Sequence[Step]) -> None:
        """Live through the steps, then bring both stacks to rest and destroy them.

        Raises:
            PromiseBrokenError: Something that is promised does not hold.
        """
        for step in steps:
            if step.kind != "kill" or step.stack not in self._due_stacks(step.what):
                self._settle_all()
            getattr(self, f"_{step.kind}")(step)
        self._settle_all()
        for command in ("up", "destroy"):
            for stack in self._stacks.values():
                self._settle(stack, command)

    def kill_survivors(self) -> None:
        """End what the kills have left."""
        for processes in self._survivors:
            processes.kill_survivors()
        self._survivors.clear()

    # What happens

    def _declare(self, step: Step) -> None:
        declared = self._stacks[step.stack].declared
        names = list(declared) if step.name == "*" else [step.name]
        for name in names:
            self._change_declaration(declared, step, name)

    def _change_declaration(self, declared: dict[str, Key], step: Step, name: str) -> None:
        key = declared.get(name)
        match step.what:
            case "add" if name not in {each.name for each in declared.values()}:
                kept = 7 * (len(declared) % 2)
                declared.setdefault(name, Key(name, step.value, keep_previous_days=kept))
            case "remove":
                declared.pop(name, None)
            case "rename" if key:
                key.name = self._find_new_name(name)
            case "role" if key:
                key.role = step.value
            case "text" if key:
                key.text += "x"
            case "rotate" if key:
                key.round += 1
            case _:
                self._change_authentication(declared, step, name)

    def _change_authentication(self, declared: dict[str, Key], step: Step, name: str) -> None:
        key, pair = declared.get(name), list(PAIRS)[step.detail % len(PAIRS)]
        match step.what:
            case "add keyless" if name not in {each.name for each in declared.values()}:
                declared.setdefault(name, Key(name, step.value, pairs=(pair,)))
            case "to public keys" if key and not key.pairs:
                key.pairs = (pair,)
            case "to a secret" if key:
                key.pairs = ()
            case "add public key" if key and key.pairs:
                key.pairs = tuple(sorted({*key.pairs, pair}))
            case "remove public key" if key and len(key.pairs) > 1:
                key.pairs = key.pairs[1:]

    def _manual(self, step: Step) -> None:
        clients = [client for client in self._tenant.clients() if client.name == step.name]
        if not clients and step.what == "create":
            self._tenant.create_client(step.name, role=step.value)
        elif not clients or not self._change_manually(clients[0], step):
            return
        self._figures.operations += 1

    def _change_manually(self, client: ApiClient, step: Step) -> bool:
        present = self._list_secrets(client)
        match step.what:
            case "text":
                marker = client.description.rpartition("[pulumi ")
                changed = f"manual {marker[1]}{marker[2]}" if marker[1] else "manual"
                self._tenant.change_client(client.id, description=changed)
            case "role":
                granted = {"id": ZSCALER_APIS.id, "selectedScopes": [{"id": scope_id(step.value)}]}
                self._tenant.change_client(client.id, clientResources=[granted])
            case "disable":
                self._disabled.add(client.id)
                self._tenant.change_client(client.id, status=False)
            case "unmark" if self._count_states_of(client) <= 1:
                self._tenant.change_client(client.id, description="")
            case "add secret" if len(present) == 1:
                added = self._tenant.add_secret(client.id)
                self._planted.add(added.value)
                self._added.add(added.id)
            case "revoke secret" if present:
                self._revoked.add(present[0].id)
                self._tenant.delete_secret(client.id, present[0].id)
            case "delete":
                self._deleted.add(client.id)
                self._tenant.delete_client(client.id)
            case _:
                return False
        return True

    def _clock(self, step: Step) -> None:
        self._figures.operations += 1
        self._day += int(step.value)
        seconds = self._day * SECONDS_A_DAY
        self._tenant.move_clock(seconds)
        for stack in self._stacks.values():
            stack.project.environment["ZDX_TEST_SECONDS_AHEAD"] = str(seconds)

    def _run(self, step: Step) -> None:
        stack = self._stacks[step.stack]
        if step.trouble == "both":
            self._run_both(stack, step)
            return
        run_with = {
            "emulator": self._run_with_emulator_fault,
            "proxy": self._run_with_proxy_fault,
            "race": self._race,
        }.get(step.trouble)
        if run_with is None:
            self._settle(stack, step.what)
            return
        self._figures.faults += 1
        self._prepare(stack, step.what)
        stack.is_unsettled = True
        run = run_with(stack, step)
        self._tenant.clear_faults()
        stack.proxy.clear()
        self._end_command()
        self._settle(stack, step.what, after=run, in_trouble=True)

    def _run_with_emulator_fault(self, stack: Stack, step: Step) -> Run:
        fault = _EMULATOR_FAULTS[step.detail % len(_EMULATOR_FAULTS)]
        method, path = _REQUESTS[step.detail // 12 % len(_REQUESTS)]
        count = 1 + step.nth % 2
        self._tenant.fault(method=method, path=path, after=step.nth % 5, count=count, **fault)
        run = self._command(stack, step.what)
        if "delay_ms" in fault:
            time.sleep(_DELAY_MS / 1000)
        return run

    def _run_with_proxy_fault(self, stack: Stack, step: Step) -> Run:
        if step.detail % 4 == 0:
            failure = _TUNNEL_FAULTS[step.detail // 4 % len(_TUNNEL_FAULTS)]
            stack.proxy.fail("CONNECT", ".*", failure, count=1 + step.nth)
        else:
            failure = _PROXY_FAULTS[step.detail // 4 % len(_PROXY_FAULTS)]
            method, path = _REQUESTS[step.detail // 28 % len(_REQUESTS)]
            pattern = re.sub(r"\{\w+\}", "[^/]+", path)
            stack.proxy.fail(method, pattern, failure, count=1 + step.nth % 3)
        return self._command(stack, step.what)

    def _race(self, stack: Stack, step: Step) -> Run:
        """Let someone else create a key of a name while the stack creates its own."""
        free = [key.name for key in stack.declared.values() if not self._has(key.name)]
        hold = ("before", "after")[step.nth % 2]
        self._tenant.fault(method="POST", path=API_CLIENTS, hold=hold, count=100)
        command = self._start(stack, step.what)
        if self._wait_for_held(command) and free:
            taken = free[step.detail % len(free)]
            if not self._has(taken):
                self._tenant.create_client(taken)
                self._figures.operations += 1
        self._tenant.clear_faults()
        run = self._finish(stack, command)
        self._note_late_names(run)
        return run

    def _run_both(self, stack: Stack, step: Step) -> None:
        """Run both stacks at once, with a request of each under way at the same time."""
        self._figures.faults += 1
        for each in self._stacks.values():
            self._change_declaration(
                each.declared, Step("", what="add", value=step.value), step.name
            )
            self._prepare(each, step.what)
            each.is_unsettled = True
            each.proxy.requests.clear()
        method, path = _WRITES[step.detail % 2 if step.nth % 4 else step.detail % len(_WRITES)]
        hold = ("before", "after")[step.nth % 2]
        self._tenant.fault(method=method, path=path, hold=hold, count=100)
        commands = {name: self._start(each, step.what) for name, each in self._stacks.items()}
        pattern = re.compile(f"{method} " + re.sub(r"\{\w+\}", "[^/]+", path) + r"(\?.*)?")
        self._wait_for_each(commands, pattern)
        self._tenant.clear_faults()
        runs = {name: self._finish(each, commands[name]) for name, each in self._stacks.items()}
        for run in runs.values():
            self._note_late_names(run)
        self._end_command()
        for each in (stack, *(s for s in self._stacks.values() if s is not stack)):
            self._settle(each, step.what, after=runs[each.name], in_trouble=True)

    def _wait_for_each(
        self, commands: "dict[str, subprocess.Popen[str]]", pattern: re.Pattern[str]
    ) -> None:
        """Wait until a request of each stack is held, or one cannot be held any longer."""
        first: float | None = None
        while any(command.poll() is None for command in commands.values()):
            met = [
                any(map(pattern.fullmatch, list(stack.proxy.requests)))
                for stack in self._stacks.values()
            ]
            if any(met) and first is None:
                first = time.monotonic()
            if all(met) or (first and time.monotonic() > first + _HELD_TOGETHER_SECONDS):
                return
            time.sleep(_POLL_SECONDS)

    def _kill(self, step: Step) -> None:
        stack = self._stacks[step.stack]
        self._prepare(stack, step.what)
        stack.due = step.what
        command = self._start(stack, step.what)
        if step.trouble == "instant":
            with suppress(subprocess.TimeoutExpired):
                command.wait(step.nth / 1000)
        else:
            when = {"hold": "after"} if step.detail % 2 else {"hold": "before", "drop": "before"}
            self._tenant.fault(method="*", path="*", after=step.nth, **when)
            self._wait_for_held(command)
        if command.poll() is None and self._kill_one_of(command, _VICTIMS[step.detail % 3]):
            stack.is_unsettled = True
            self._figures.kills += 1
            self._tenant.clear_faults()
            self._finish(stack, command)
            self._wait_for_quiet()
            self._end_command()
        else:
            self._tenant.clear_faults()
            run = self._finish(stack, command)
            self._end_command()
            self._settle(stack, step.what, after=run)

    def _kill_one_of(self, command: "subprocess.Popen[str]", victim: str) -> bool:
        """Kill a process of a command; the CLI where the one that is meant does not run yet."""
        processes = EngineProcesses.of(command.pid)
        try:
            process = processes.named(victim)
        except ValueError:
            process = processes.cli
        try:
            if process is processes.cli:
                self._stop_between_writes(process.pid)
            process.kill()
        except ProcessLookupError:
            return False
        self._survivors.append(processes)
        return True

    def _stop_between_writes(self, cli: int) -> None:
        """Stop the CLI while the files of its states are whole.

        Pulumi's file backend writes `<stack>.json.attrs` in place. If the CLI is killed meanwhile,
        no command reads the state any more until that file is deleted. That is not what is tested.
        """
        folder = self._folder / "engine" / "state"
        deadline = time.monotonic() + PATIENCE_SECONDS
        os.kill(cli, signal.SIGSTOP)
        while any(file.stat().st_size == 0 for file in folder.rglob("*.attrs")):
            os.kill(cli, signal.SIGCONT)
            assert time.monotonic() < deadline, "the CLI never writes a whole state"
            time.sleep(_POLL_SECONDS / 10)
            os.kill(cli, signal.SIGSTOP)

    # What a user does about it

    def _due_stacks(self, command: str) -> set[str]:
        return {stack.name for stack in self._stacks.values() if stack.due == command}

    def _settle_all(self) -> None:
        for stack in self._stacks.values():
            if stack.due:
                self._settle(stack, stack.due)

    def _settle(
        self, stack: Stack, what: str, after: Run | None = None, *, in_trouble: bool = False
    ) -> None:
        """Run a command until it succeeds, and follow what each refusal says.

        Args:
            stack: The stack.
            what: The command.
            after: Its first run, if that is over.
            in_trouble: Whether requests went wrong during that run.
        """
        stack.due = ""
        run = after
        for _ in range(_MOST_TRIES):
            if run is None:
                self._prepare(stack, what)
                run = self._command(stack, what)
                self._end_command()
            if run.returncode == 0:
                self._end_settled(stack)
                if what == "up":
                    self._require_each_authenticates(stack)
                return
            self._figures.refusals += 1
            what = self._follow(stack, what, run, in_trouble=in_trouble)
            shown, run, in_trouble = run.text, None, False
        raise PromiseBrokenError(f"no way on in {_MOST_TRIES} tries; the last one:\n{shown}")

    def _end_settled(self, stack: Stack) -> None:
        stack.project.configure({"zdx:resumeInterrupted": None})
        stack.is_unsettled = False
        self.kill_survivors()
        self._late_names.clear()
        self._require_nothing_unknown(stack)

    def _follow(self, stack: Stack, what: str, run: Run, *, in_trouble: bool) -> str:
        """Do what each refusal says, as a user would, and return the command to run next."""
        refusals = read_refusals(run.text)
        if not refusals:
            raise PromiseBrokenError(f"failed without a word:\n{run.text}")
        for refusal in refusals:
            if not refusal.is_own:
                raise PromiseBrokenError(f"an exception escaped:\n{run.text}")
            advised = self._follow_one(stack, refusal, refusal.message, in_trouble=in_trouble)
            what = advised or what
        return what

    def _follow_one(
        self, stack: Stack, refusal: Refusal, message: str, *, in_trouble: bool
    ) -> str | None:
        """Do what one refusal says, if it has reason to, and return the command that it names."""
        for text, follow in self._advice():
            if text in message:
                follow(stack, refusal)
                return "refresh" if "Run pulumi up --refresh to" in message else None
        _, nested, cause = message.partition("Run pulumi up again after you fix this: ")
        if nested:
            return self._follow_one(stack, refusal, cause, in_trouble=in_trouble)
        # A busy machine can make a request late without any fault.
        is_late = "no response arrived in time" in message
        if ("could not " in message and in_trouble) or is_late:
            stack.is_unsettled = True
            self._require(message.rstrip().endswith("."), refusal, "it names no next step")
            return None
        raise PromiseBrokenError(f"a refusal without a reason, or a way on: {message}")

    def _advice(self) -> tuple[tuple[str, Callable[[Stack, Refusal], None]], ...]:
        return (
            ("then pulumi up. Otherwise find the other copy", self._resume),
            ("zdx-keys revoke", self._revoke_unused),
            ("which someone may use. The program declares", self._keep_pairs),
            ("isn't managed by Pulumi. To take it over", self._take_over),
            ("already exists and is managed by", self._take_over),
            ("run pulumi state delete for this resource and declare", self._take_back),
            ("already has that name. Nothing was changed", self._declare_another_name),
            ("already have the name", self._delete_late),
            ("was created at the same time", self._run_again),
            ("changed during the take-over", self._run_again),
            ("could not be deleted", self._run_again),
            ("could not be restored", self._run_again),
            ("at the same time. Declare the key in one stack only", self._leave),
            ("no longer exists in the tenant", self._require_gone),
        )

    def _resume(self, stack: Stack, refusal: Refusal) -> None:
        self._require(stack.is_unsettled, refusal, "no run was interrupted")
        stack.project.configure({"zdx:resumeInterrupted": True})

    def _take_over(self, stack: Stack, refusal: Refusal) -> None:
        client = self._find_client(refusal.key_id)
        self._require(not stack.owns(client), refusal, "the key is the stack's own")
        key = stack.declared[refusal.logical]
        if self._figures.refusals % 3:
            key.adopt = True
        else:
            key.name = self._find_new_name(refusal.logical)

    def _keep_pairs(self, stack: Stack, refusal: Refusal) -> None:
        """Declare the public keys that a key has before it is taken over, or another name."""
        key, client = stack.declared[refusal.logical], self._find_client(refusal.key_id)
        registered = _list_tenant_pairs(client)
        self._require(not registered.issubset(key.pairs), refusal, "they are declared")
        if self._figures.refusals % 3:
            key.pairs = tuple(sorted(registered.union(key.pairs)))
        else:
            key.name = self._find_new_name(refusal.logical)

    def _take_back(self, stack: Stack, refusal: Refusal) -> None:
        client = self._find_client(refusal.key_id)
        self._require(not stack.owns(client), refusal, "the key is the stack's own")
        stack.project.run("state", "delete", "--yes", stack.project.urn_of(refusal.logical))
        stack.declared[refusal.logical].adopt = True

    def _declare_another_name(self, stack: Stack, refusal: Refusal) -> None:
        key = stack.declared[refusal.logical]
        held = stack.recorded()[refusal.logical]["key_id"]
        others = [c for c in self._tenant.clients() if c.name == key.name and c.id != held]
        self._require(bool(others), refusal, "no other key has that name")
        key.name = self._find_new_name(refusal.logical)

    def _leave(self, stack: Stack, refusal: Refusal) -> None:
        del stack.declared[refusal.logical]

    def _run_again(self, stack: Stack, _refusal: Refusal) -> None:
        stack.is_unsettled = True

    def _require_gone(self, _stack: Stack, refusal: Refusal) -> None:
        there = any(client.id == refusal.key_id for client in self._tenant.clients())
        self._require(not there, refusal, "the key is there")

    def _delete_late(self, stack: Stack, refusal: Refusal) -> None:
        name = stack.declared[refusal.logical].name
        self._require(name in self._late_names, refusal, "no request was late")
        recorded = {key["key_id"] for key in self._recorded()}
        clients = [client for client in self._tenant.clients() if client.name == name]
        for client in sorted(clients, key=lambda c: c.id in recorded)[:-1]:
            self._tenant.delete_client(client.id)

    def _revoke_unused(self, _stack: Stack, refusal: Refusal) -> None:
        """Revoke the one of two secrets that no one uses, as far as the states show."""
        self._require("SECRET_ID" in refusal.message, refusal, "it names no command")
        key_id = refusal.message.partition("zdx-keys revoke ")[2].split()[0]
        present = [secret.id for secret in self._list_secrets(self._find_client(key_id))]
        self._require(
            len(present) > 1 and all(secret in refusal.message for secret in present),
            refusal,
            f"the key has the secrets {present}",
        )
        current = {key.get("secret_id") for key in self._recorded()}
        previous = {key.get("previous_secret_id") for key in self._recorded()}
        unused = [s for s in present if s not in current | previous]
        unused += [s for s in present if s in previous - current]
        self._require(bool(unused), refusal, "the states use both secrets")
        self._tenant.delete_secret(key_id, unused[0])
        self._figures.operations += 1

    def _require(self, holds: bool, refusal: Refusal, but: str) -> None:  # noqa: FBT001
        if not holds:
            raise PromiseBrokenError(f"refused without a reason ({but}): {refusal.message}")

    # What must hold

    def _require_promises(self) -> None:
        names = [client.name for client in self._tenant.clients()]
        doubled = {name for name in names if names.count(name) > 1} - self._late_names
        if doubled:
            raise PromiseBrokenError(f"two keys of one name: {doubled}")
        clients = {client.id: client for client in self._tenant.clients()}
        for stack in self._stacks.values():
            for key in stack.project.recorded_keys():
                if key.get("key_secret"):
                    self._planted.add(key["key_secret"])
                self._require_key(stack, key, clients.get(key["key_id"]))
        self._require_nothing_planted()

    def _require_key(self, stack: Stack, key: dict[str, Any], client: ApiClient | None) -> None:
        shown = f"the key {key['name']} ({key['key_id']}) of stack {stack.name}"
        if client is None:
            may_be_gone = self._deleted.union(*(each.deletes for each in self._stacks.values()))
            if key["key_id"] not in may_be_gone:
                raise PromiseBrokenError(f"{shown} is gone")
            return
        if not _is_owned(key, client.description):
            return  # the other stack has taken it over
        if not client.status:
            if client.id not in self._disabled:
                raise PromiseBrokenError(f"{shown} is disabled")
            return
        pairs, registered = _list_pairs(key), _list_tenant_pairs(client)
        if pairs != registered and not stack.is_unsettled:
            raise PromiseBrokenError(f"{shown} authenticates in another way than the state has it")
        if not pairs:
            self._require_secret(shown, key, client)
        elif pairs == registered:
            self._require_pairs(shown, client, pairs)

    def _require_each_authenticates(self, stack: Stack) -> None:
        """Make sure that an update that succeeded left no key with nothing to authenticate with."""
        for key in stack.project.recorded_keys():
            if not _list_pairs(key) and "secret_id" not in key:
                raise PromiseBrokenError(f"the key {key['name']} ({key['key_id']}) has no secret")

    def _require_secret(self, shown: str, key: dict[str, Any], client: ApiClient) -> None:
        # A refresh after an interrupted return to a secret: the next update creates the secret.
        if "secret_id" not in key or key["secret_id"] in self._revoked:
            return
        try:
            self._tenant.token_for(client.id, key["key_secret"])
        except requests.HTTPError as error:
            present = {s.id: s.expires_at for s in self._list_secrets(client)}
            if present.get(key["secret_id"], self._tenant.now() + 1) <= self._tenant.now():
                return  # expired: the clock moved
            raise PromiseBrokenError(
                f"the secret {key['secret_id']} of {shown} is dead; present: {present}"
            ) from error

    def _require_pairs(self, shown: str, client: ApiClient, pairs: set[str]) -> None:
        """Make sure that the private keys of a key get a token, and no other one does."""
        for name, pair in PAIRS.items():
            if can_authenticate(self._tenant, client.id, pair) != (name in pairs):
                works = "does not work" if name in pairs else "works"
                raise PromiseBrokenError(f"{name} of {shown} {works}; declared: {sorted(pairs)}")

    def _require_nothing_unknown(self, stack: Stack) -> None:
        """Make sure that a run that succeeded left no key and no secret that no state knows.

        A secret that no state knows is gone once a rotation of its key has succeeded.
        """
        clients = {client.id: client for client in self._tenant.clients()}
        recorded = {key["key_id"]: key for key in stack.project.recorded_keys()}
        for client in clients.values():
            if stack.owns(client) and client.id not in recorded:
                raise PromiseBrokenError(f"no state knows the key {client.name} ({client.id})")
        for key_id, key in recorded.items():
            if key_id not in clients or not _is_owned(key, clients[key_id].description):
                continue
            before, current = stack.secrets.get(key_id), key.get("secret_id")
            rotated = before != current
            stack.secrets[key_id] = current
            known = {current, key.get("previous_secret_id"), key.get("older_secret_id")}
            unknown = {secret.id for secret in self._list_secrets(clients[key_id])} - known
            if before is None:  # a key that had no secret has nothing to rotate
                unknown -= self._added
            if rotated and unknown:
                raise PromiseBrokenError(f"no state knows {unknown} of {key['name']} ({key_id})")

    def _require_nothing_planted(self) -> None:
        for stack in self._stacks.values():
            shown = "\n".join(stack.project.transcript)
            if any(secret in shown for secret in self._planted):
                raise PromiseBrokenError("a secret is shown")
            stack.project.transcript.clear()
        # States, their backups and history, and the engine's logs.
        for file in (self._folder / "engine").rglob("*"):
            if not file.is_file() or self._searched.get(file) == file.stat().st_mtime_ns:
                continue
            self._searched[file] = file.stat().st_mtime_ns
            text = file.read_text(errors="replace")
            if any(secret in text for secret in self._planted):
                raise PromiseBrokenError(f"a secret stands in {file.name} in plain text")

    # Tools

    def _prepare(self, stack: Stack, what: str) -> None:
        """Write the program as it is declared, and unlock the stack as `pulumi cancel` does."""
        if what == "destroy":
            stack.declared.clear()
        lines = [f"ApiKey({logical!r}, {key})" for logical, key in stack.declared.items()]
        stack.project.program("\n".join(("from zdx_provider import RotationArgs", *lines)))
        locks = self._folder / "engine/state/.pulumi/locks"
        for lock in locks.rglob("*.json*"):
            if lock.parent.name == stack.name:
                lock.unlink()
        clients = {client.id: client for client in self._tenant.clients()}
        # What is gone stays excused; what is still there must stay if it is declared again.
        stack.deletes -= clients.keys()
        for logical, key in stack.recorded().items():
            client = clients.get(key["key_id"])
            if logical not in stack.declared and client and _is_owned(key, client.description):
                stack.deletes.add(key["key_id"])

    def _start(self, stack: Stack, what: str) -> "subprocess.Popen[str]":
        self._figures.commands += 1
        project = stack.project
        return subprocess.Popen(
            project.command(*COMMANDS[what]),
            cwd=project.folder,
            env=project.variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _finish(self, stack: Stack, command: "subprocess.Popen[str]") -> Run:
        shown, _ = command.communicate(timeout=PATIENCE_SECONDS)
        stack.project.transcript.append(shown)
        return Run(command.returncode, shown, "")

    def _command(self, stack: Stack, what: str) -> Run:
        return self._finish(stack, self._start(stack, what))

    def _end_command(self) -> None:
        """Count what a command did, and check what must hold."""
        self._figures.operations += sum(map(self._is_operation, self._tenant.requests()))
        self._tenant.clear_requests()
        self._require_promises()

    def _is_operation(self, request: LoggedRequest) -> bool:
        """Return whether a request is an operation of its own; one that a fault hit is not counted.

        The first secret of a key belongs to the operation that creates the key or takes it over.
        """
        is_done = request.status is not None and request.status < requests.codes.multiple_choices
        if request.fault or not is_done or request.method == "GET" or request.path == TOKEN:
            return False
        if request.method == "POST" and request.path.endswith("/secrets"):
            is_first = request.path not in self._with_secret
            self._with_secret.add(request.path)
            return not is_first
        return True

    def _wait_for_held(self, command: "subprocess.Popen[str]") -> bool:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while command.poll() is None:
            if any(armed.held_count for armed in self._tenant.faults()):
                return True
            assert time.monotonic() < deadline, "the command neither ends nor gets to the step"
            time.sleep(_POLL_SECONDS)
        return False

    def _wait_for_quiet(self) -> None:
        """Wait until the requests that were under way are through."""
        seen, since = len(self._tenant.requests()), time.monotonic()
        while time.monotonic() - since < _QUIET_SECONDS:
            time.sleep(_QUIET_SECONDS / 3)
            if len(self._tenant.requests()) != seen:
                seen, since = len(self._tenant.requests()), time.monotonic()

    def _note_late_names(self, run: Run) -> None:
        """Note the names of the keys whose creation may take effect later."""
        for refusal in read_refusals(run.text) if run.returncode else ():
            named = re.search(r'create the API client "([^"]+)"', refusal.message)
            if named and "it may have been made" in refusal.message:
                self._late_names.add(named[1])

    def _count_states_of(self, client: ApiClient) -> int:
        """Count the states that have a key. If two have it, only its marker says whose it is."""
        return sum(key["key_id"] == client.id for key in self._recorded())

    def _list_secrets(self, client: ApiClient) -> list[ApiClientSecret]:
        """Return the secrets of a key; ZIdentity lists none of a key that uses none."""
        uses_secrets = client.client_authentication.auth_type == "SECRET"
        return self._tenant.secrets(client.id) if uses_secrets else []

    def _find_client(self, key_id: str) -> ApiClient:
        return self._tenant.client(key_id)

    def _find_new_name(self, logical: str) -> str:
        self._new_names += 1
        return f"{logical}-{self._new_names}"

    def _has(self, name: str) -> bool:
        return any(client.name == name for client in self._tenant.clients())

    def _recorded(self) -> Iterator[dict[str, Any]]:
        for stack in self._stacks.values():
            yield from stack.project.recorded_keys()


def _logical_name(key: dict[str, Any]) -> str:
    return re.split(r"[/$]", key["managed_by"])[-1] if key.get("managed_by") else str(key["name"])


def _list_pairs(key: dict[str, Any]) -> set[str]:
    """The names of the public keys of a key in a state; none of a key with a secret."""
    return set((key.get("authentication") or {}).get("public_keys") or ())


def _list_tenant_pairs(client: ApiClient) -> set[str]:
    return {key.key_name for key in client.client_authentication.public_keys or ()}


def _is_owned(key: dict[str, Any], description: str) -> bool:
    """Return whether a key is the one of a state, by its marker; without one, it is."""
    marker = f"[pulumi {key.get('managed_by', '')} #{key['ownership_id']}]"
    return description.endswith(marker) or "[pulumi " not in description
