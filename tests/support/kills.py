"""An operation cut short, once or twice in a row, and what a user does afterwards."""

import random
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product

import requests

from support.engine_processes import CLI, LANGUAGE_HOST, PLUGIN, EngineProcesses
from support.operations import (
    DESTROY,
    MINT,
    ONE_KEY,
    OPERATIONS,
    RENAMED,
    UP,
    Credential,
    Operation,
    Step,
)
from support.pulumi_project import PATIENCE_SECONDS, PulumiProject, Run
from support.soundness import assert_sound
from zdx_emulator.request_log import LoggedRequest
from zdx_emulator.testing import API_CLIENTS, TOKEN, RunningEmulator

# What is cut off: one of three processes, or only the answer to a request.
ANSWER = "answer"
VICTIMS = (CLI, PLUGIN, LANGUAGE_HOST, ANSWER)

# Whether the request that is under way takes effect.
SERVED = "served"
LOST = "lost"

_POLL_SECONDS = 0.05
# Longer than the first pause before a lost request is sent again.
_QUIET_SECONDS = 1.5
_MOST_REFUSALS = 3

FINISHED = "finished"


class KeyLost(AssertionError):
    """Something that is declared, or in use, does not work any more."""


class KeyDoubled(AssertionError):
    """Two keys bear one name."""


class NoWayOn(AssertionError):
    """A command failed, and says nothing that helps."""


@dataclass(frozen=True)
class Case:
    """One way of being cut short.

    Attributes:
        operation: What is cut short.
        step: At which request.
        fate: What becomes of that request.
        victim: What is cut off.
        times: How often; the second time at the next run's first change, or again at the mint.
        resume: Whether ``zdx:resumeInterrupted`` is set from the start.
    """

    operation: Operation
    step: Step
    fate: str
    victim: str
    times: int = 1
    resume: bool = False

    def __str__(self) -> str:
        flags = " twice" * (self.times > 1) + " with resume" * self.resume
        return f"{self.operation.name}: {self.victim} at {self.step.name} ({self.fate}){flags}"

    @property
    def may_fill_both_slots(self) -> bool:
        """Whether two secrets that no state holds can be there: then somebody has to choose."""
        return self.step == MINT and (self.times > 1 or self.operation.name == "take over")


def matrix() -> Iterator[Case]:
    """Every case; a step that only reads is cut short once, without resume."""
    for operation in OPERATIONS:
        for step in operation.steps:
            fates = (SERVED, LOST) if step.changes else (LOST,)
            times = (1, 2) if step.changes else (1,)
            for fate, victim, often in product(fates, VICTIMS, times):
                case = Case(operation, step, fate, victim, often)
                yield case
                if step.changes and operation.makes and victim != ANSWER:
                    yield replace(case, resume=True)


def share_of(cases: Iterable[Case], share: float, seed: int) -> list[Case]:
    """Part of the cases, always the same ones for a seed.

    Args:
        cases: All of them.
        share: How many of them, from 0 to 1.
        seed: Which.
    """
    everything = list(cases)
    chosen = random.Random(seed).sample(range(len(everything)), round(share * len(everything)))  # noqa: S311 - a sample
    return [everything[index] for index in sorted(chosen)]


@dataclass
class Ordeal:
    """One case, lived through on the real engine.

    Args:
        case: What happens.
        project: A project with a stack and nothing in it.
        tenant: A tenant without keys.
    """

    case: Case
    project: PulumiProject
    tenant: RunningEmulator
    _in_use: tuple[Credential, ...] = ()
    _survivors: list[EngineProcesses] = field(default_factory=list)

    def live_through(self) -> str:
        """Cut the operation short, finish it, and go on living.

        Returns:
            What the next plain run did: it finished, or refused and said what to do.

        Raises:
            KeyLost: The promise is broken.
            KeyDoubled: The promise is broken.
            NoWayOn: The promise is broken.
        """
        operation = self.case.operation
        self._in_use = operation.prepare(self.project, self.tenant)
        self.project.configure({"zdx:resumeInterrupted": self.case.resume})
        self.project.program(operation.program)
        try:
            self._cut_short()
            outcome = self._go_on()
            self._update_and_destroy()
        finally:
            self.tenant.clear_faults()
            for processes in self._survivors:
                processes.kill_survivors()
        return outcome

    def _cut_short(self) -> None:
        if self.case.victim == ANSWER:
            self._lose_the_answer()
        else:
            self._kill(self.case.step)
            for _ in range(1, self.case.times):
                self._kill(self.case.step if self.case.step == MINT else None)

    def _lose_the_answer(self) -> None:
        drop = "after" if self.case.fate == SERVED else "before"
        self._arm(self.case.step, count=self.case.times, drop=drop)
        self.project.run_unchecked(*self.case.operation.command)
        (armed,) = self.tenant.faults()
        assert armed.met, f"{self.case.step.name} never came"
        self.tenant.clear_faults()
        self._assert_promise()

    def _kill(self, step: Step | None) -> None:
        self._unlock()
        fate = (
            {"hold": "after"} if self.case.fate == SERVED else {"hold": "before", "drop": "before"}
        )
        self._arm(step, **fate)
        with (self.project.folder / "output.txt").open("w+") as output:
            cli = subprocess.Popen(
                self.project.command(*self.case.operation.command),
                cwd=self.project.folder,
                env=self.project.variables(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            if self._wait_for_step(cli):
                self._kill_at_held_step(cli)
            elif step == self.case.step and self.case.times == 1:
                output.seek(0)
                raise AssertionError(f"{step.name} never came: {output.read()}")
        self.tenant.clear_faults()
        self._assert_promise()

    def _arm(self, step: Step | None, **fate: object) -> None:
        self.tenant.clear_faults()
        if step:
            self.tenant.fault(method=step.method, path=step.path, after=step.after, **fate)
        else:
            for method in ("POST", "PUT", "DELETE"):
                self.tenant.fault(method=method, path=f"{API_CLIENTS}*", **fate)

    def _wait_for_step(self, cli: "subprocess.Popen[bytes]") -> bool:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while cli.poll() is None:
            if any(armed.held for armed in self.tenant.faults()):
                return True
            assert time.monotonic() < deadline, "the command neither ends nor sends a request"
            time.sleep(_POLL_SECONDS)
        return False

    def _kill_at_held_step(self, cli: "subprocess.Popen[bytes]") -> None:
        processes = EngineProcesses.of(cli.pid)
        self._survivors.append(processes)
        before = len(self.tenant.requests())
        processes.named(self.case.victim).kill()
        self.tenant.clear_faults()
        cli.wait(PATIENCE_SECONDS)
        if self.case.victim == CLI:
            self._wait_for_quiet()
        if self.case.victim != LANGUAGE_HOST:
            later = self.tenant.requests()[before:]
            assert not _changes(later), f"changed for an engine that was gone: {_changes(later)}"

    def _wait_for_quiet(self) -> None:
        seen, since = self.tenant.requests(), time.monotonic()
        while time.monotonic() - since < _QUIET_SECONDS:
            time.sleep(_POLL_SECONDS)
            now = self.tenant.requests()
            if now != seen:
                seen, since = now, time.monotonic()

    def _go_on(self) -> str:
        ways = []
        while len(ways) <= _MOST_REFUSALS:
            self._unlock()
            run = self.project.run_unchecked(*self.case.operation.command)
            self._assert_promise()
            if run.returncode == 0:
                self._assert_done()
                return " and ".join([f"refused, then {way}" for way in ways]) or FINISHED
            ways.append(self._follow(run))
        raise NoWayOn(f"refused again and again: {ways}")

    def _follow(self, run: Run) -> str:
        """Do what a refusal says."""
        if "pulumi config set zdx:resumeInterrupted true, then pulumi up" in run.text:
            if not self.case.operation.makes:
                raise NoWayOn(f"nothing was to be made: {run}")
            self.project.configure({"zdx:resumeInterrupted": True})
            return "resumed"
        if "End the one that nobody uses: zdx-keys revoke" in run.text:
            if not self.case.may_fill_both_slots:
                raise NoWayOn(f"no two secrets can have been lost: {run}")
            (client,) = self.tenant.clients()
            self.tenant.delete_secret(client.id, self.tenant.secrets(client.id)[-1].id)
            return "revoked"
        raise NoWayOn(str(run))

    def _assert_done(self) -> None:
        name = self.case.operation.leaves
        if name:
            assert_sound(self.project, self.tenant, name)
            assert [client.name for client in self.tenant.clients()] == [name]
        else:
            assert self.tenant.clients() == []
            assert self.project.keys() == []

    def _update_and_destroy(self) -> None:
        if not self.case.operation.leaves:
            self.project.program(ONE_KEY).run(*UP)
        (before,) = self.tenant.clients()
        self.project.program(RENAMED).run(*UP)
        self._assert_promise()
        assert assert_sound(self.project, self.tenant, "ci-renamed") == before.id
        self.project.run(*DESTROY)
        assert self.tenant.clients() == []
        assert self.project.keys() == []

    def _assert_promise(self) -> None:
        names = [client.name for client in self.tenant.clients()]
        if len(names) != len(set(names)):
            raise KeyDoubled(f"the tenant has the keys {names}")
        for credential in self._in_use:
            self._assert_works(credential)
        for key in self.project.keys():
            self._assert_kept(Credential(key["key_id"], key["key_secret"]), key["secret_id"])

    def _assert_kept(self, credential: Credential, secret_id: str) -> None:
        """Make sure that a key that the state holds is as good as it was."""
        operation = self.case.operation
        if credential.key_id not in {client.id for client in self.tenant.clients()}:
            if not operation.removes:
                raise KeyLost(f"{credential.key_id} is gone")
            return
        present = {secret.id for secret in self.tenant.secrets(credential.key_id)}
        if secret_id in present or not operation.mends:
            self._assert_works(credential)

    def _assert_works(self, credential: Credential) -> None:
        try:
            self.tenant.token_for(credential.key_id, credential.secret)
        except requests.HTTPError as error:
            raise KeyLost(f"{credential.key_id} does not work any more") from error

    def _unlock(self) -> None:
        if any(self.project.engine_folder.rglob("state/.pulumi/locks/**/*.json")):
            self.project.run("cancel", "--yes")


def _changes(logged: Iterable[LoggedRequest]) -> list[str]:
    return [
        f"{request.method} {request.path}"
        for request in logged
        if request.method != "GET" and request.path != TOKEN
    ]
