"""Tries every assumption in turn, and tells the outcome as a table."""

import secrets
import time
from collections.abc import Iterator, Sequence

from rich.table import Table

from zdx_provider.cli.live.clients import CLIENT_ASSUMPTIONS
from zdx_provider.cli.live.findings import Assumption, Finding, Verdict, unknown
from zdx_provider.cli.live.secrets import SECRET_ASSUMPTIONS
from zdx_provider.cli.live.trial import Timing, Trial
from zdx_provider.cli.tenant import FoundSettings, connect
from zdx_provider.cli.terminal import cell, table
from zdx_provider.zidentity import ApiClient, ZIdentityError

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
