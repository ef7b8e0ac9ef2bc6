"""``zdx-keys verify``: check settings, credentials, permissions and assumptions."""

import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from rich.table import Table
from rich.text import Text

from zdx_provider.cli.assumptions import CLIENT_ASSUMPTIONS, SECRET_ASSUMPTIONS
from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import Exit, cell, console, exit_of, print_json, table, with_progress
from zdx_provider.cli.sandbox import Assumption, Finding, Timing, Trial, Verdict, unknown
from zdx_provider.cli.stack import FoundSettings, OpenTenant, connect, find_settings
from zdx_provider.errors import ZdxError
from zdx_provider.keys.roles import RoleNotFound
from zdx_provider.stack_config import describe_plain_secret
from zdx_provider.zidentity import (
    ApiClient,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    ZIdentityError,
)


@dataclass(frozen=True)
class Step:
    """One thing that was looked at.

    Attributes:
        title: What.
        passed: Whether it is as needed; None where that cannot be told.
        detail: What was found; for a cross, what to do about it.
        exit: How the command ends because of it.
    """

    title: str
    passed: bool | None
    detail: str
    exit: Exit = Exit.DONE


@dataclass(frozen=True)
class Report:
    """What ``verify --json`` prints."""

    steps: list[Step]
    findings: list[Finding]


def run(selection: Selection, *, live: bool, as_json: bool) -> Exit:
    """Verify, show what was found, and say how the command ends."""
    verification = Verification(selection)
    steps = []
    for step in verification.steps():
        steps.append(step)
        if not as_json:
            console().print(rendered(step), soft_wrap=True)
    end = next((step.exit for step in steps if step.exit), Exit.DONE)
    found: list[Finding] = []
    try:
        if live and not end:
            found.extend(_tried(verification.found))
    finally:  # what was found is told even if what was made for it could not be removed
        if as_json:
            print_json(Report(steps, found))
        elif found:
            console().print(finding_table(found, verification.tenant.name))
    if any(finding.verdict is Verdict.DIFFERS for finding in found):
        return Exit.FAILED
    return end


class Verification:
    """Looks at one thing after another, and stops where the next cannot be looked at.

    Args:
        selection: Whose settings.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection

    @cached_property
    def found(self) -> FoundSettings:
        """The settings."""
        return find_settings(self._selection, os.environ)

    @cached_property
    def tenant(self) -> OpenTenant:
        """The tenant that they name."""
        return connect(self.found.settings)

    def steps(self) -> Iterator[Step]:
        """Each thing in turn."""
        yield (settings := _looked("settings", self._settings))
        if not settings.passed:
            return
        yield from self._plain_secrets()
        yield (credentials := _looked("credentials", self._credentials))
        if not credentials.passed:
            return
        yield _looked("permission to read API Resources", self._read_resources)
        yield _looked("permission to read API Clients", self._read_clients)
        yield self._change_clients()
        yield _looked("ZDX roles", self._roles)
        yield _looked("ZDX keys", self._keys)

    def _settings(self) -> str:
        settings = self.found.settings
        credentials = settings.credentials()
        proof = "privateKey" if settings.private_key else "clientSecret"
        unused = " and ".join(settings.unused_credentials)
        return (
            f"tenant {self.tenant.name} ({settings.origin('vanityDomain')}), "
            f"client {credentials.client_id} ({settings.origin('clientId')}) with its "
            f"{credentials.kind} ({settings.origin(proof)}), "
            f"API {self.tenant.zidentity.tenant.api_url}; from {self.found.source}"
            + (f"; {unused} is set too and not used" if unused else "")
        )

    def _plain_secrets(self) -> Iterator[Step]:
        try:
            paths = self.found.plain_secrets()
        except ZdxError as error:
            yield Step("stack config", passed=None, detail=str(error))
            return
        if paths:
            yield Step("stack config", passed=None, detail=describe_plain_secret(paths))

    def _credentials(self) -> str:
        with suppress(
            PermissionDeniedError
        ):  # a matter of permission, which the next step is about
            self.tenant.zidentity.resource_servers.list()
        return f"accepted by {self.tenant.zidentity.tenant.token_url}"

    def _read_resources(self) -> str:
        self.tenant.zidentity.resource_servers.list()
        return "granted"

    def _read_clients(self) -> str:
        return f"granted; {len(self.tenant.zidentity.api_clients.list())} API clients"

    def _change_clients(self) -> Step:
        title = "permission to change API Clients"
        # Deleting what is not there changes nothing and is answered by whether one may.
        nobody = f"zdx-keys-verify-{secrets.token_hex(16)}"
        try:
            self.tenant.zidentity.api_clients.delete(nobody)
        except NotFoundError:
            return Step(title, passed=True, detail="granted")
        except (PermissionDeniedError, AuthenticationError) as error:
            return Step(title, passed=False, detail=str(error), exit=exit_of(error))
        except ZIdentityError as error:
            return Step(
                title, passed=None, detail=f"{error} zdx-keys verify --live tells for certain."
            )
        return Step(
            title, passed=None, detail="not told; zdx-keys verify --live tells for certain."
        )

    def _roles(self) -> str:
        roles = self.tenant.inventory.roles.known()
        if not roles:
            raise RoleNotFound(
                "this tenant offers no ZDX role.",
                hint="The client must see the service ZDX under API Resources in ZIdentity, "
                "and the tenant must be subscribed to ZDX.",
            )
        return ", ".join(role.name for role in roles)

    def _keys(self) -> str:
        keys = self.tenant.read_keys()
        declared = sum(key.mark is not None for key in keys)
        return f"{len(keys)}, of which stacks declare {declared}"


def rendered(step: Step) -> Text:
    """A step for people."""
    sign, style = {True: ("✓", "green"), False: ("✗", "red"), None: ("?", "yellow")}[step.passed]
    return Text.assemble((sign, style), " ", (step.title, "bold"), ": ", cell(step.detail))


def _tried(found: FoundSettings) -> Iterator[Finding]:
    with open_trial(found) as trial:
        yield from with_progress(findings(trial), len(ASSUMPTIONS), "Trying assumptions")


def _looked(title: str, look: Callable[[], str]) -> Step:
    try:
        return Step(title, passed=True, detail=look())
    except ZdxError as error:
        return Step(title, passed=False, detail=str(error), exit=exit_of(error))


ASSUMPTIONS = (*CLIENT_ASSUMPTIONS, *SECRET_ASSUMPTIONS)

# Assumed too, and out of reach for what an API client may ask.
_NOT_TRIED = (
    Finding(
        "The ZDX API answers to a token of such a key",
        Verdict.UNKNOWN,
        "not tried: ask /zdx/v1 for something that the key's role may read",
    ),
)

_STYLES = {Verdict.HOLDS: "green", Verdict.DIFFERS: "red", Verdict.UNKNOWN: "yellow"}


def open_trial(found: FoundSettings) -> Trial:
    """A trial in the tenant that settings name.

    Raises:
        ZIdentityError: The tenant could not be asked for its roles.
    """
    tenant = connect(found.settings)
    return Trial(
        tenant.zidentity,
        found.settings.connection(),
        tenant.inventory.roles.now(),
        prefix=f"zdx-keys-verify-{secrets.token_hex(8)}-",
        timing=Timing(time.monotonic, time.sleep),
    )


def findings(trial: Trial, assumptions: Sequence[Assumption] = ASSUMPTIONS) -> Iterator[Finding]:
    """Try assumptions one after the other on one throwaway client.

    Raises:
        ZIdentityError: The client could not be made.
    """
    client = trial.make("main")
    for assumption in assumptions:
        yield _found(trial, client, assumption)
    yield from _NOT_TRIED


def finding_table(found: Sequence[Finding], tenant_name: str) -> Table:
    """The findings for people."""
    made = table(f"What is assumed, tried on {tenant_name}", "Assumption", "Verdict", "Seen")
    for finding in found:
        verdict = cell(finding.verdict.value, _STYLES[finding.verdict])
        made.add_row(cell(finding.claim), verdict, cell(finding.seen))
    return made


def _found(trial: Trial, client: ApiClient, assumption: Assumption) -> Finding:
    try:
        outcome = assumption.tried(trial, client)
    except ZIdentityError as error:
        outcome = unknown(str(error))
    return Finding(assumption.claim, outcome.verdict, outcome.seen)
