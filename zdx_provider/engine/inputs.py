"""The inputs of a key, as the engine hands them to check."""

from collections.abc import Mapping
from typing import Annotated, Any

from pulumi.dynamic import CheckFailure
from pulumi.output import contains_unknowns
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
from typing_extensions import Self

from zdx_provider.domain import limits
from zdx_provider.domain.rotation import Rotation


def _tidy(text: str) -> str:
    if not text.isprintable() or text != text.strip(" ") or not text:
        raise ValueError
    return text


class RotationInputs(BaseModel):
    """What a program declares of a key's rotation; see ``RotationArgs``."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    secret_lifetime_days: Annotated[
        int,
        Field(
            ge=limits.MIN_SECRET_LIFETIME_DAYS,
            le=limits.MAX_SECRET_LIFETIME_DAYS,
            description="a whole number of days from 30 to 365",
        ),
    ] = limits.MAX_SECRET_LIFETIME_DAYS
    rotate_before_expiry_days: Annotated[
        int | None, Field(ge=1, description="a whole number of days from 1")
    ] = None
    keep_previous_days: Annotated[int, Field(ge=0, description="a whole number of days from 0")] = 7
    triggers: Annotated[dict[str, Any] | None, Field(description="a map of names to values")] = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        contradiction = self.plan().contradiction()
        if contradiction is not None:
            raise ValueError(contradiction)
        return self

    def plan(self) -> Rotation:
        """The rotation as the domain knows it."""
        return Rotation(
            self.secret_lifetime_days,
            self.rotate_before_expiry_days,
            self.keep_previous_days,
            self.triggers or {},
        )


class KeyProperties(BaseModel):
    """What is declared of one key, or found of it; see ``ApiKey`` for the meaning of each.

    A field's description is the rule that a user reads when a declaration breaks it. Rules that
    hold for declarations only are those of ``KeyInputs``: what somebody did by hand in ZIdentity
    is recorded as it is.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    name: StrictStr
    role: StrictStr
    description: Annotated[StrictStr, Field(description="text")] = ""
    enabled: Annotated[StrictBool, Field(description="true or false")] = True
    # Not strict: the engine's numbers are floats.
    token_lifetime_seconds: int = 3600
    rotation: Annotated[RotationInputs | None, Field(description="a RotationArgs")] = None
    tenant: Annotated[
        StrictStr | None, Field(description="the name of a profile of zdx:tenants")
    ] = None
    adopt: Annotated[StrictBool, Field(description="true or false")] = False
    secret_inputs: Annotated[tuple[StrictStr, ...] | None, Field(description="names of inputs")] = (
        None
    )
    managed_by: Annotated[StrictStr, Field(description="the resource's place in its stack")] = ""
    # Not declared by a program: check stamps it, so that a preview shows it as it moves.
    secret_expires_on: Annotated[
        StrictStr | None, Field(description='an ISO date, or "missing"')
    ] = None

    @property
    def plan(self) -> Rotation | None:
        """The rotation, where one is declared."""
        return self.rotation.plan() if self.rotation else None


# The rest is made on the way: by the resource, and by check.
ARGUMENTS = KeyProperties.model_fields.keys() - {
    "secret_inputs",
    "managed_by",
    "secret_expires_on",
}


class KeyInputs(KeyProperties):
    """A declaration, held to its rules."""

    name: Annotated[
        StrictStr,
        AfterValidator(_tidy),
        Field(
            max_length=limits.MAX_NAME_LENGTH,
            description="1 to 128 printable characters without a space at either end",
        ),
    ]
    role: Annotated[
        StrictStr,
        AfterValidator(_tidy),
        Field(description="the name of a ZDX role, such as ZDX Read-only Admin, or its id"),
    ]
    token_lifetime_seconds: Annotated[
        int,
        Field(
            ge=limits.MIN_TOKEN_LIFETIME_SECONDS,
            le=limits.MAX_TOKEN_LIFETIME_SECONDS,
            description="a whole number of seconds from 60 to 86400",
        ),
    ] = 3600


def without_unknowns(news: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are known already; at preview some are not, and must not be touched."""
    return {key: value for key, value in news.items() if not contains_unknowns(value)}


def failures(news: Mapping[str, Any]) -> list[CheckFailure]:
    """The rules that a declaration breaks, each at its own property; unknown values break none."""
    known = without_unknowns(news)
    try:
        KeyInputs.model_validate(known)
    except ValidationError as error:
        rules = {str(problem["loc"][0]): _rule(problem) for problem in error.errors()}
        return [
            failure(news, prop, rule)
            for prop, rule in rules.items()
            if prop in known or prop not in news
        ]
    return []


def failure(news: Mapping[str, Any], prop: str, reason: str) -> CheckFailure:
    """A broken rule at its property; at none where that is a secret, which the engine prints.

    Args:
        news: The inputs as check was given them.
        prop: The input that breaks the rule.
        reason: The rule, without the value.
    """
    if prop in (news.get("secret_inputs") or ()):
        return CheckFailure("", f"the input {prop}, which is a secret, {reason}")
    return CheckFailure(prop, reason)


def declared_rotation(props: Mapping[str, Any]) -> Rotation | None:
    """The rotation in a key's inputs."""
    rotation = props.get("rotation")
    return None if rotation is None else RotationInputs.model_validate(rotation).plan()


def _rule(problem: ErrorDetails) -> str:
    prop, *inner = problem["loc"]
    if not inner and prop == "rotation" and "error" in problem.get("ctx", {}):
        return str(problem["ctx"]["error"])
    if inner and inner[0] in RotationInputs.model_fields:
        return f"{inner[0]} must be {RotationInputs.model_fields[str(inner[0])].description}"
    if inner:
        return f"has no setting {inner[0]}; it has {', '.join(RotationInputs.model_fields)}"
    return f"must be {KeyInputs.model_fields[str(prop)].description}"
