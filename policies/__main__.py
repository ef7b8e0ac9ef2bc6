"""The policy pack: each rule with its settings, for every ZDX API key of a program."""

from collections.abc import Callable, Mapping
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)
from rules import (
    find_name_problem,
    find_role_problem,
    find_rotation_problem,
    find_secret_problem,
    has_secret_in_state,
)

API_KEY = "pulumi-python:dynamic/zdx:ApiKey"
LONGEST_LIFETIME_DAYS = 365  # ZIdentity's own bound, and what a rotation that names none means

Values = Mapping[str, Any]


def texts(*default: str) -> dict[str, Any]:
    """A setting that is a list of texts."""
    return {"type": "array", "items": {"type": "string"}, "default": list(default)}


def rule(
    name: str,
    description: str,
    problem: Callable[[Values, Values], str | None],
    *,
    level: EnforcementLevel,
    settings: Mapping[str, dict[str, Any]],
) -> ResourceValidationPolicy:
    """A rule that keys may be excepted from.

    Args:
        name: What the config and the CLI call it.
        description: What it asks.
        problem: What is wrong with a key, given its inputs and the rule's config.
        level: What a violation means where the config does not say.
        settings: The JSON schema of each setting.
    """
    known = {**settings, "exceptions": texts()}

    def validate(key: ResourceValidationArgs, report: ReportViolation) -> None:
        if key.resource_type != API_KEY or is_looked_up(key):
            return
        config = key.get_config()
        require_known(config)
        found = problem(key.props, config)
        if found is not None and not is_excepted(key, config["exceptions"]):
            report(found, key.urn)

    def require_known(config: Values) -> None:
        # The engine lets settings pass that the schema does not name.
        for setting in config:
            if setting not in known:
                raise ValueError(
                    f'{name} has no setting "{setting}"; it has: {", ".join(sorted(known))}'
                )

    return ResourceValidationPolicy(
        name=name,
        description=description,
        validate=validate,
        enforcement_level=level,
        config_schema=PolicyConfigSchema(known),
    )


def is_looked_up(key: ResourceValidationArgs) -> bool:
    """Whether the program only reads the key; `pulumi policy analyze` shows those too."""
    return "role" not in set(key.props)  # `in` alone would fail at a role that is unknown yet


def is_excepted(key: ResourceValidationArgs, exceptions: list[str]) -> bool:
    """Whether the key's URN or name is listed; a name may be unknown, and is read last."""
    return key.urn in exceptions or (bool(exceptions) and key.props["name"] in exceptions)


def check_restricted_role(key: Values, config: Values) -> str | None:
    """See `find_role_problem`."""
    return find_role_problem(
        key["role"], restricted=config["restrictedRoles"], allowed_ids=config["allowedRoleIds"]
    )


def check_rotation(key: Values, config: Values) -> str | None:
    """See `find_rotation_problem`."""
    if not has_secret(key):
        return None
    longest = config["maxSecretLifetimeDays"]
    rotation = key.get("rotation")
    if rotation is None:
        return find_rotation_problem(None, longest_days=longest)
    lifetime = rotation.get("secret_lifetime_days", LONGEST_LIFETIME_DAYS)
    return find_rotation_problem(lifetime, longest_days=longest)


def check_secret(key: Values, config: Values) -> str | None:
    """See `find_secret_problem`."""
    return find_secret_problem(
        key["role"],
        has_secret=has_secret(key) or has_secret_in_state(key),
        allowed_roles=config["allowedRoles"],
    )


def has_secret(key: Values) -> bool:
    """Whether the key authenticates with a secret, which is the default."""
    return key.get("authentication") is None


def check_name_pattern(key: Values, config: Values) -> str | None:
    """See `find_name_problem`."""
    return find_name_problem(key["name"], pattern=config["pattern"])


PolicyPack(
    "zdx-keys",
    [
        rule(
            "restricted-role",
            "A restricted role needs an exception.",
            check_restricted_role,
            level=EnforcementLevel.MANDATORY,
            settings={"restrictedRoles": texts("ZDX Super Admin"), "allowedRoleIds": texts()},
        ),
        rule(
            "rotation-required",
            "Every secret is rotated before it expires.",
            check_rotation,
            level=EnforcementLevel.MANDATORY,
            settings={
                "maxSecretLifetimeDays": {
                    "type": "integer",
                    "minimum": 30,
                    "maximum": LONGEST_LIFETIME_DAYS,
                    "default": LONGEST_LIFETIME_DAYS,
                }
            },
        ),
        rule(
            "no-secret-in-state",
            "Keys authenticate without a secret.",
            check_secret,
            level=EnforcementLevel.DISABLED,
            settings={"allowedRoles": texts()},
        ),
        rule(
            "name-pattern",
            "Names follow the team's pattern.",
            check_name_pattern,
            level=EnforcementLevel.ADVISORY,
            settings={"pattern": {"type": "string", "default": "[a-z0-9]+(-[a-z0-9]+)*"}},
        ),
    ],
)
