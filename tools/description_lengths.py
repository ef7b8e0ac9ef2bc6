"""How long the text of a description can be, beside the ownership marker of typical owners.

Usage: python -m tools.description_lengths

Prints the table of docs/ownership.md. The lengths are measured: they are the longest that a preview
accepts.
"""

import sys

from zdx_provider.keys.inputs import find_broken_rules
from zdx_provider.keys.owner import Owner
from zdx_provider.zidentity.models import MAX_DESCRIPTION_LENGTH

_COMPONENTS = ("acme:identity:Team", "acme:identity:Pipeline")
# Pulumi's longest names of projects and stacks.
_LONGEST = "x" * 100

_TYPICAL = (
    ("of a program", Owner("zdx-keys", "prod", (), "ci")),
    ("in another language", Owner("zdx-keys", "prod", ("zdx:index:ApiKey",), "ci")),
    ("below two components", Owner("acme-keys", "production-eu", _COMPONENTS, "payments-deploy")),
)


def measure_text(owner: str) -> int:
    """Return the length of the longest text that a preview accepts for an owner."""
    lengths = range(MAX_DESCRIPTION_LENGTH + 1)
    return max(length for length in lengths if _is_accepted("x" * length, owner))


def measure_owner() -> int:
    """Return the length of the longest owner that a preview accepts, without any text."""
    lengths = range(1, MAX_DESCRIPTION_LENGTH + 1)
    return max(length for length in lengths if _is_accepted("", "x" * length))


def measure_name() -> int:
    """Return the length of the longest logical name beside the longest project and stack."""
    lengths = range(1, MAX_DESCRIPTION_LENGTH + 1)
    owners = {n: str(Owner(_LONGEST, _LONGEST, (), "x" * n)) for n in lengths}
    return max(length for length, owner in owners.items() if _is_accepted("", owner))


def format_table() -> str:
    """Return the table of docs/ownership.md."""
    rows = [
        (f"{kind}: `{owner}`", len(str(owner)), measure_text(str(owner)))
        for kind, owner in _TYPICAL
    ]
    longest = measure_owner()
    rows.append(("with the longest owner", longest, measure_text("x" * longest)))
    return "".join(
        [
            "| key | characters of its owner | characters left for your text |\n",
            "|---|---|---|\n",
            *(f"| {key} | {taken} | {left} |\n" for key, taken, left in rows),
        ]
    )


def _is_accepted(description: str, managed_by: str) -> bool:
    values = {"name": "ci", "role": "r", "description": description, "managed_by": managed_by}
    return not find_broken_rules(values)


if __name__ == "__main__":
    sys.stdout.write(format_table())
    sys.stdout.write(
        f"\nThe longest logical name, outside of components, in a project and a stack of "
        f"{len(_LONGEST)} characters each: {measure_name()}\n"
    )
