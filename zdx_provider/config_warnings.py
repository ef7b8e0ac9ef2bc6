"""Warnings about the stack's config and folder that only the program can give.

A program knows which settings are secrets and the names of all of them. The provider gets values
only.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from weakref import WeakSet

import pulumi
from pulumi.runtime import get_root_resource
from pulumi.runtime.config import CONFIG, get_config_env, get_config_secret_keys_env

from zdx_provider.shadowing import find_shadowing
from zdx_provider.stack_config import (
    KEYS,
    SECRETS,
    TENANTS,
    describe_plain_secret,
    describe_unknown,
    to_path,
)
from zdx_provider.text import escape_text


class _NoRoot:
    """Stands for the run where a program has no stack resource, as in a component's process."""


_NO_ROOT = _NoRoot()
_warned_runs: WeakSet[object] = WeakSet()


def warn_of_config() -> None:
    """Warn once a run: of plain secrets, names that are no settings, files that hide modules."""
    run = get_root_resource() or _NO_ROOT
    if run in _warned_runs:
        return
    _warned_runs.add(run)
    for warning in _list_warnings():
        pulumi.log.warn(escape_text(warning))


def _list_warnings() -> Iterator[str]:
    config = {**get_config_env(), **CONFIG.get()}
    plain = [name for name in _list_plain_names(config) if not _is_secret(name)]
    paths = [path for name in plain for path in _list_secrets_below(name, config[name])]
    if paths:
        yield describe_plain_secret(paths)
    for name in sorted(config):
        key = name.removeprefix("zdx:")
        if key != name and to_path(key) != TENANTS and key not in KEYS:
            yield describe_unknown(key)
    # Most of these end the provider's process before any code of ours runs there.
    for problem in find_shadowing():
        yield f"{problem} Rename it."


def _list_plain_names(config: Mapping[str, Any]) -> list[str]:
    return [name for name in (*map(to_path, SECRETS), TENANTS) if config.get(name)]


def _is_secret(name: str) -> bool:
    return pulumi.runtime.is_config_secret(name) or name in get_config_secret_keys_env()


def _list_secrets_below(name: str, value: Any) -> list[str]:
    """The paths of the secrets in a plain setting.

    Pulumi marks all of ``zdx:tenants`` as soon as one value in it is a secret, so that a plain one
    beside it shows only in ``zdx-keys verify``.
    """
    if name != TENANTS:
        return [name]
    try:
        entries = json.loads(value)
    except (TypeError, ValueError, RecursionError):
        return []
    if not isinstance(entries, dict):
        return []
    return [
        to_path(key, tenant)
        for tenant, own in entries.items()
        if isinstance(own, dict)
        for key in SECRETS
        if own.get(key)
    ]
