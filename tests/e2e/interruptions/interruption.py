"""An operation cut short on the real engine, and what a user does afterwards."""

import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import requests
from e2e.interruptions.kills import ANSWER, SERVED, Case
from e2e.interruptions.operations import (
    CREATE_SECRET,
    DESTROY,
    ONE_KEY,
    RENAMED,
    UP,
    Credential,
    Step,
)
from support.engine_processes import CLI, LANGUAGE_HOST, EngineProcesses
from support.key_pair import KeyPair
from support.keyless import can_authenticate
from support.pulumi_project import PATIENCE_SECONDS, PulumiProject, Run
from support.soundness import assert_sound

from zdx_emulator.testing import API_CLIENTS, TOKEN, LoggedRequest, RunningEmulator

FINISHED = "finished"
RESUMED = "refused, then resumed"
REVOKED = "refused, then revoked"

_MOST_REFUSALS = 3
_POLL_SECONDS = 0.05
# Longer than the first pause before a lost request is sent again.
_QUIET_SECONDS = 1.5


class KeyLostError(AssertionError):
    """Something that is declared, or in use, no longer works."""


class KeyDoubledError(AssertionError):
    """Two keys bear one name."""


class UnrecordedChangeError(AssertionError):
    """A plugin changed something although no one would record it."""


class NoNextStepError(AssertionError):
    """A command failed, and says nothing that helps."""


BROKEN_PROMISES = (KeyLostError, KeyDoubledError, UnrecordedChangeError, NoNextStepError)


@dataclass
class Interruption:
    """One case, run.

    Args:
        case: What happens.
        project: A project with a stack and nothing in it.
        tenant: A tenant without keys.
    """

    case: Case
    project: PulumiProject
    tenant: RunningEmulator
    _in_use: tuple[Credential, ...] = ()
    _processes: list[EngineProcesses] = field(default_factory=list)

    def run(self) -> str:
        """Cut the operation short, finish it, then update the key and destroy it.

        Returns:
            What the next plain run did: it finished, or it refused and said what to do.

        Raises:
            AssertionError: The promise is broken.
        """
        operation = self.case.operation
        self._in_use = operation.prepare(self.project, self.tenant)
        self.project.configure({"zdx:resumeInterrupted": self.case.resume})
        self.project.program(operation.program)
        try:
            self._cut_short()
            outcome = self._finish()
            self._update_and_destroy()
        finally:
            self.tenant.clear_faults()
            for processes in self._processes:
                processes.kill_survivors()
        return outcome

    def _cut_short(self) -> None:
        if self.case.victim == ANSWER:
            self._lose_the_response()
            return
        assert self._kill(self.case.step), f"{self.case.step.name} never came"
        self._assert_promise()
        if self.case.times > 1:
            self._kill(self.case.step if self.case.step == CREATE_SECRET else None)
            self._assert_promise()

    def _lose_the_response(self) -> None:
        drop = "after" if self.case.fate == SERVED else "before"
        self._arm(self.case.step, count=self.case.times, drop=drop)
        self.project.run_unchecked(*self.case.operation.command)
        (armed,) = self.tenant.faults()
        assert armed.hit_count, f"{self.case.step.name} never came"
        self.tenant.clear_faults()
        self._assert_promise()

    def _kill(self, step: Step | None) -> bool:
        """Kill at a step, or at the first change; False where the command ends without it."""
        self._unlock()
        if self.case.fate == SERVED:
            self._arm(step, hold="after")
        else:
            self._arm(step, hold="before", drop="before")
        command = subprocess.Popen(
            self.project.command(*self.case.operation.command),
            cwd=self.project.folder,
            env=self.project.variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        reached = self._wait_for_step(command)
        if reached:
            self._kill_at_the_held_step(command)
        self.tenant.clear_faults()
        return reached

    def _arm(self, step: Step | None, **fate: object) -> None:
        self.tenant.clear_faults()
        if step:
            self.tenant.fault(method=step.method, path=step.path, after=step.after, **fate)
            return
        for method in ("POST", "PUT", "DELETE"):
            self.tenant.fault(method=method, path=f"{API_CLIENTS}*", **fate)

    def _wait_for_step(self, command: "subprocess.Popen[bytes]") -> bool:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while command.poll() is None:
            if any(armed.held_count for armed in self.tenant.faults()):
                return True
            assert time.monotonic() < deadline, "the command neither ends nor gets to the step"
            time.sleep(_POLL_SECONDS)
        return False

    def _kill_at_the_held_step(self, command: "subprocess.Popen[bytes]") -> None:
        processes = EngineProcesses.of(command.pid)
        self._processes.append(processes)
        before = len(self.tenant.requests())
        processes.named(self.case.victim).kill()
        self.tenant.clear_faults()
        command.wait(PATIENCE_SECONDS)
        if self.case.victim == CLI:
            self._wait_for_quiet()
        if self.case.victim != LANGUAGE_HOST:
            later = _changes(self.tenant.requests()[before:])
            if later:
                raise UnrecordedChangeError(str(later))

    def _wait_for_quiet(self) -> None:
        """Wait until a plugin that has lost its engine sends nothing more."""
        seen, since = self.tenant.requests(), time.monotonic()
        while time.monotonic() - since < _QUIET_SECONDS:
            time.sleep(_POLL_SECONDS)
            now = self.tenant.requests()
            if now != seen:
                seen, since = now, time.monotonic()

    def _finish(self) -> str:
        outcome = FINISHED
        command = self.case.operation.then or self.case.operation.command
        for _ in range(_MOST_REFUSALS):
            self._unlock()
            run = self.project.run_unchecked(*command)
            if run.returncode == 0:
                self._assert_done()
                return outcome
            self._assert_promise()
            outcome = self._follow(run)
        raise NoNextStepError(f"refused again and again, last {outcome}")

    def _follow(self, refusal: Run) -> str:
        """Do what a refusal says, where there is a reason to refuse."""
        if "pulumi config set zdx:resumeInterrupted true, then pulumi up" in refusal.text:
            if not self.case.operation.makes:
                raise NoNextStepError(f"nothing was to be made: {refusal}")
            self.project.configure({"zdx:resumeInterrupted": True})
            return RESUMED
        if "Revoke the unused one: zdx-keys revoke" in refusal.text:
            if not self.case.may_fill_both_slots:
                raise NoNextStepError(f"no two secrets can have been lost: {refusal}")
            (client,) = self.tenant.clients()
            self.tenant.delete_secret(client.id, self.tenant.secrets(client.id)[-1].id)
            return REVOKED
        raise NoNextStepError(str(refusal))

    def _assert_done(self) -> None:
        self._assert_one_key_a_name()
        self._assert_in_use()
        if self.case.operation.leaves:
            self._assert_only_key(self.case.operation.leaves, self.case.operation.pair)
        else:
            assert self.tenant.clients() == []
            assert self.project.recorded_keys() == []

    def _update_and_destroy(self) -> None:
        if not self.case.operation.leaves:
            self.project.program(ONE_KEY).run(*UP)
        (before,) = self.tenant.clients()
        self.project.program(RENAMED).run(*UP)
        self._assert_in_use()
        assert self._assert_only_key("ci-renamed") == before.id
        self.project.run(*DESTROY)
        assert self.tenant.clients() == []

    def _assert_only_key(self, name: str, pair: KeyPair | None = None) -> str:
        assert [client.name for client in self.tenant.clients()] == [name]
        return assert_sound(self.project, self.tenant, name, pair)

    def _assert_promise(self) -> None:
        self._assert_one_key_a_name()
        self._assert_in_use()
        for key in self.project.recorded_keys():
            if "key_secret" in key:
                self._assert_kept(Credential(key["key_id"], key["key_secret"]), key["secret_id"])
            elif self.case.operation.pair is not None:
                self._assert_public_key_kept(key["key_id"], self.case.operation.pair)

    def _assert_one_key_a_name(self) -> None:
        names = [client.name for client in self.tenant.clients()]
        if len(names) != len(set(names)):
            raise KeyDoubledError(f"the tenant has the keys {names}")

    def _assert_in_use(self) -> None:
        for credential in self._in_use:
            self._assert_works(credential)

    def _assert_kept(self, credential: Credential, secret_id: str) -> None:
        """Make sure that a key that the state holds is as good as it was."""
        operation = self.case.operation
        if credential.key_id not in {client.id for client in self.tenant.clients()}:
            if not operation.removes:
                raise KeyLostError(f"{credential.key_id} is gone")
            return
        if not operation.corrects:
            self._assert_works(credential)
            return
        if secret_id in {secret.id for secret in self.tenant.secrets(credential.key_id)}:
            self._assert_works(credential)

    def _assert_public_key_kept(self, key_id: str, pair: KeyPair) -> None:
        """Make sure that a key without a secret, which the state holds, is as good as it was."""
        if not can_authenticate(self.tenant, key_id, pair):
            raise KeyLostError(f"{key_id} no longer works")

    def _assert_works(self, credential: Credential) -> None:
        try:
            self.tenant.token_for(credential.key_id, credential.secret)
        except requests.HTTPError as error:
            raise KeyLostError(f"{credential.key_id} no longer works") from error

    def _unlock(self) -> None:
        if any(self.project.engine_folder.rglob("state/.pulumi/locks/**/*.json")):
            self.project.run("cancel", "--yes")


def _changes(logged: Iterable[LoggedRequest]) -> list[str]:
    return [
        f"{request.method} {request.path}"
        for request in logged
        if request.method != "GET" and request.path != TOKEN
    ]
