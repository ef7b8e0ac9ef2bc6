"""What a shell completes: keys, secrets, stacks and tenants.

A failure completes nothing, because there is no place to show it. What a completion needs is
imported when it runs, as in ``app``.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from zdx_provider.cli.options import Selection

if TYPE_CHECKING:
    from zdx_provider.keys.repository import KeyRepository

_TIMEOUT_SECONDS = 5.0
# A shell runs what it completes: a name with other characters is never put on a command line.
_SAFE = re.compile(r"[\w.@%+=,/][\w.@%+=,/-]*", re.ASCII)
_UNSAFE_IN_HELP = re.compile(r"[^\w .@/-]")

Candidate = tuple[str, str]
Completer = Callable[[typer.Context, str], list[Candidate]]


def _complete_from(find: Callable[[typer.Context, Selection], Iterable[Candidate]]) -> Completer:
    """Return a function that completes from candidates: words and their descriptions."""

    def complete(ctx: typer.Context, incomplete: str) -> list[Candidate]:
        from zdx_provider.errors import ZdxError  # noqa: PLC0415

        params = ctx.params
        folder = params.get("folder") or Path()
        selection = Selection(folder, params.get("stack"), params.get("tenant"))
        try:
            candidates = list(find(ctx, selection))
        except (ZdxError, OSError):
            return []
        return [
            (word, _UNSAFE_IN_HELP.sub("?", about))
            for word, about in candidates
            if word.startswith(incomplete) and _SAFE.fullmatch(word)
        ]

    return complete


def _list_stack_keys(_: typer.Context, selection: Selection) -> Iterator[Candidate]:
    from zdx_provider.cli.stack import Stack  # noqa: PLC0415

    stack = Stack(selection.folder.resolve(), selection.stack)
    for urn, state in stack.read_contents().keys.items():
        yield urn.name, state.name


def _list_tenant_keys(_: typer.Context, selection: Selection) -> Iterator[Candidate]:
    keys = _open_repository(selection).list_keys()
    names = [key.name for key in keys]
    for key in keys:
        if names.count(key.name) == 1:
            yield key.name, key.role
        yield key.id, key.name


def _list_secrets(ctx: typer.Context, selection: Selection) -> Iterator[Candidate]:
    key = _open_repository(selection).get_key_by_name_or_id(ctx.params["key"])
    for secret in key.secrets or ():
        yield secret.id, f"created {secret.created_at:%Y-%m-%d}"


def _list_stacks(_: typer.Context, selection: Selection) -> Iterator[Candidate]:
    from zdx_provider.cli.stack import Stack  # noqa: PLC0415

    for name in Stack(selection.folder.resolve()).list_stacks():
        yield name, ""


def _list_tenants(_: typer.Context, selection: Selection) -> Iterator[Candidate]:
    from zdx_provider.cli.stack import Stack  # noqa: PLC0415
    from zdx_provider.settings import list_tenant_names  # noqa: PLC0415

    config = Stack(selection.folder.resolve(), selection.stack).read_config()
    for name in list_tenant_names(config.get):
        yield name, ""


def _open_repository(selection: Selection) -> "KeyRepository":
    from zdx_provider.cli.stack import find_settings  # noqa: PLC0415
    from zdx_provider.keys.repository import KeyRepository  # noqa: PLC0415

    settings = find_settings(selection, os.environ).settings
    quick = {"max_retries": 0, "request_timeout": _TIMEOUT_SECONDS}
    return KeyRepository(settings.model_copy(update=quick).open())


complete_stack_key = _complete_from(_list_stack_keys)
complete_tenant_key = _complete_from(_list_tenant_keys)
complete_secret = _complete_from(_list_secrets)
complete_stack = _complete_from(_list_stacks)
complete_tenant = _complete_from(_list_tenants)
