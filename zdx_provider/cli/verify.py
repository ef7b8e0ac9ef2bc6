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
from zdx_provider.cli.keyless_assumptions import KEYLESS_ASSUMPTIONS
from zdx_provider.cli.options import Selection
from zdx_provider.cli.output import (
    Exit,
    create_console,
    create_table,
    format_cell,
    get_exit_code,
    print_json,
)
from zdx_provider.cli.progress import show_attempt, show_progress
from zdx_provider.cli.sandbox import (
    Assumption,
    Result,
    Sandbox,
    Timing,
    Verdict,
    leave_open,
)
from zdx_provider.cli.stack import TenantSettings, find_settings, read_keys
from zdx_provider.errors import ZdxError
from zdx_provider.keys.authentication import find_broken_members
from zdx_provider.keys.jwks import PrivateKeyPublishedError, find_url_rule, parse_jwks
from zdx_provider.keys.key import Key
from zdx_provider.keys.repository import FULL_TENANT_HINT, KeyRepository
from zdx_provider.keys.roles import RoleNotFoundError
from zdx_provider.stack_config import describe_plain_secret
from zdx_provider.zidentity import (
    ApiClient,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    ZIdentityError,
)
from zdx_provider.zidentity.connection import is_loopback
from zdx_provider.zidentity.jwks import fetch_jwks
from zdx_provider.zidentity.models import MAX_API_CLIENTS

ASSUMPTIONS = (*CLIENT_ASSUMPTIONS, *SECRET_ASSUMPTIONS, *KEYLESS_ASSUMPTIONS)

# The user waits for the result, and a setting that is wrong stays wrong.
_MAX_RETRIES = 1

_STYLES = {Verdict.HOLDS: "green", Verdict.DIFFERS: "red", Verdict.UNKNOWN: "yellow"}


@dataclass(frozen=True)
class Step:
    """One thing that was verified.

    Attributes:
        title: What.
        passed: Whether it is as needed; None if that can't be known.
        detail: What was found; if it isn't as needed, what to do about it.
        exit: The exit code of the command because of it.
    """

    title: str
    passed: bool | None
    detail: str
    exit: Exit = Exit.DONE


@dataclass(frozen=True)
class Report:
    """The document of ``verify --json``."""

    steps: list[Step]
    results: list[Result]


def run(selection: Selection, *, live: bool, as_json: bool) -> Exit:
    """Verify, print what was found, and return the exit code."""
    verification = Verification(selection)
    steps = []
    for step in verification.run_steps():
        steps.append(step)
        if not as_json:
            create_console().print(format_step(step), soft_wrap=True)
    code = next((step.exit for step in steps if step.exit), Exit.DONE)
    results: list[Result] = []
    try:
        if live and not code:
            results.extend(_check_live(verification))
    finally:  # the results are printed even if the temporary clients could not be deleted
        if as_json:
            print_json(Report(steps, results))
        elif results:
            create_console().print(build_table(results, str(verification.repository.tenant)))
    if any(result.verdict is Verdict.DIFFERS for result in results):
        return Exit.FAILED
    return code


class Verification:
    """Verifies one thing after another, and stops if the next one can't be verified.

    Args:
        selection: The stack and the tenant.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._client_count = 0
        self._keys: Sequence[Key] = ()

    @cached_property
    def found(self) -> TenantSettings:
        """The settings."""
        return find_settings(self._selection, os.environ)

    @cached_property
    def repository(self) -> KeyRepository:
        """The keys of the tenant that they name."""
        settings = self.found.settings
        few = {"max_retries": min(settings.max_retries, _MAX_RETRIES)}
        return KeyRepository(settings.model_copy(update=few).open(on_attempt=show_attempt))

    def run_steps(self) -> Iterator[Step]:
        """Yield each thing that was verified."""
        yield (settings := _run_step("settings", self._verify_settings))
        if not settings.passed:
            return
        yield from self._verify_stack_config()
        yield (credentials := _run_step("credentials", self._verify_credentials))
        if not credentials.passed:
            return
        yield _run_step("permission to read API Resources", self._read_resources)
        yield (clients := _run_step("permission to read API Clients", self._read_clients))
        if clients.passed:
            yield self._verify_client_count()
        yield self._verify_writes()
        yield _run_step("ZDX roles", self._list_roles)
        yield _run_step("ZDX keys", self._count_keys)
        yield from self._verify_jwks()

    def _verify_settings(self) -> str:
        settings = self.found.settings
        credentials = settings.build_credentials()
        kind = "privateKey" if settings.private_key else "clientSecret"
        unused = " and ".join(settings.unused_credentials)
        return (
            f"tenant {self.repository.tenant} ({settings.format_origin('vanityDomain')}), "
            f"client {credentials.client_id} ({settings.format_origin('clientId')}) with its "
            f"{credentials.kind} ({settings.format_origin(kind)}), "
            f"API {self.repository.tenant.api_url}; from {self.found.source}"
            + (f"; {unused} is also set and not used" if unused else "")
        )

    def _verify_stack_config(self) -> Iterator[Step]:
        try:
            paths = self.found.list_plain_secrets()
        except ZdxError as error:
            yield Step("stack config", passed=None, detail=str(error))
            return
        if paths:
            yield Step("stack config", passed=None, detail=describe_plain_secret(paths))

    def _verify_credentials(self) -> str:
        with suppress(PermissionDeniedError):  # the next step is about permissions
            self.repository.zidentity.resource_servers.list()
        return f"accepted by {self.repository.tenant.token_url}"

    def _read_resources(self) -> str:
        self.repository.zidentity.resource_servers.list()
        return "granted"

    def _read_clients(self) -> str:
        self._client_count = len(self.repository.zidentity.api_clients.list())
        return "granted"

    def _verify_client_count(self) -> Step:
        title = "number of API clients"
        used = f"{self._client_count} of {MAX_API_CLIENTS} are used"
        if self._client_count < MAX_API_CLIENTS:
            return Step(title, passed=True, detail=used)
        return Step(title, passed=None, detail=f"{used}. {FULL_TENANT_HINT}")

    def _verify_writes(self) -> Step:
        title = "permission to change API Clients"
        # Deleting a client that doesn't exist changes nothing, and shows whether one may.
        missing = f"zdx-keys-verify-{secrets.token_hex(16)}"
        try:
            self.repository.zidentity.api_clients.delete(missing)
        except NotFoundError:
            return Step(title, passed=True, detail="granted")
        except (PermissionDeniedError, AuthenticationError) as error:
            return Step(title, passed=False, detail=str(error), exit=get_exit_code(error))
        except ZIdentityError as error:
            return Step(
                title, passed=None, detail=f"{error} To check it, run zdx-keys verify --live."
            )
        return Step(title, passed=None, detail="unknown. To check it, run zdx-keys verify --live.")

    def _list_roles(self) -> str:
        roles = self.repository.get_roles()
        if not roles:
            raise RoleNotFoundError(
                "this tenant has no ZDX role.",
                hint="Give the provider's API client access to the service ZDX, in ZIdentity "
                "under API Resources. The tenant also needs a ZDX subscription.",
            )
        return ", ".join(role.name for role in roles)

    def _count_keys(self) -> str:
        self._keys = read_keys(self.repository)
        declared = sum(key.marker is not None for key in self._keys)
        return f"{len(self._keys)}, {declared} of them managed by a stack"

    def _verify_jwks(self) -> Iterator[Step]:
        """Yield what is at each JWKS URL; ZIdentity may reach one that this machine doesn't."""
        names: dict[str, list[str]] = {}
        for key in self._keys:
            url = key.authentication.jwks_url if key.authentication else None
            if url:
                names.setdefault(url, []).append(key.name)
        for url, users in names.items():
            place = f"{', '.join(users)}: {url}"
            try:
                keys = self._read_jwks(url)
            except PrivateKeyPublishedError as error:
                yield Step("JWKS", passed=False, detail=f"{place}: {error}", exit=Exit.FAILED)
            except ZdxError as error:
                yield Step("JWKS", passed=None, detail=f"{place}: {error}")
            else:
                yield Step("JWKS", passed=True, detail=f"{place} has {keys}")

    def _read_jwks(self, url: str) -> str:
        is_local = is_loopback(self.repository.tenant.api_url)
        declared = {"jwks_url": url}
        rule = next(iter(find_broken_members(declared).values()), None) or find_url_rule(
            declared, is_tenant_local=is_local
        )
        if rule:
            raise ZdxError(f"the URL {rule}.")
        keys = parse_jwks(fetch_jwks(url, self.found.settings.build_connection()))
        if not keys:
            raise ZdxError("it has no RSA or EC P-256 key.")
        if len(keys) > 1 and not all(key.key_id for key in keys):
            raise ZdxError("it has several keys, and not each has a kid to choose it by.")
        return ", ".join(f"{key.key_id or 'a key without a kid'} {key.fingerprint}" for key in keys)


def format_step(step: Step) -> Text:
    """Return a step as a line for people."""
    sign, style = {True: ("✓", "green"), False: ("✗", "red"), None: ("?", "yellow")}[step.passed]
    return Text.assemble((sign, style), " ", (step.title, "bold"), ": ", format_cell(step.detail))


def check_assumptions(
    sandbox: Sandbox, assumptions: Sequence[Assumption] = ASSUMPTIONS
) -> Iterator[Result]:
    """Check assumptions one after the other on one temporary client.

    Raises:
        ZIdentityError: The client could not be created.
    """
    client = sandbox.create("main")
    for assumption in assumptions:
        yield _check(sandbox, client, assumption)


def build_table(results: Sequence[Result], tenant: str) -> Table:
    """Return the results as a table for people."""
    table = create_table(f"Assumptions, checked on {tenant}", "Assumption", "Result", "Observed")
    for result in results:
        verdict = format_cell(result.verdict.value, _STYLES[result.verdict])
        table.add_row(format_cell(result.assumption), verdict, format_cell(result.observed))
    return table


def _check_live(verification: Verification) -> Iterator[Result]:
    repository = verification.repository
    sandbox = Sandbox(
        verification.found.settings.open(on_attempt=show_attempt),
        verification.found.settings.build_connection(),
        repository.list_roles(),
        prefix=f"zdx-keys-verify-{secrets.token_hex(8)}-",
        timing=Timing(time.monotonic, time.sleep),
    )
    with sandbox:
        results = check_assumptions(sandbox)
        yield from show_progress(results, len(ASSUMPTIONS), "Checking assumptions")


def _check(sandbox: Sandbox, client: ApiClient, assumption: Assumption) -> Result:
    try:
        outcome = assumption.check(sandbox, client)
    except ZIdentityError as error:
        outcome = leave_open(str(error))
    return Result(assumption.statement, outcome.verdict, outcome.observed)


def _run_step(title: str, verify: Callable[[], str]) -> Step:
    try:
        return Step(title, passed=True, detail=verify())
    except ZdxError as error:
        return Step(title, passed=False, detail=str(error), exit=get_exit_code(error))
