"""The inputs of a key, and the rules that a declaration must follow."""

import unicodedata
from collections.abc import Collection, Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    ValidationError,
)
from pydantic_core import ErrorDetails

from zdx_provider.errors import ZdxError
from zdx_provider.keys.authentication import Authentication, find_broken_members, list_names
from zdx_provider.keys.marker import MAX_OWNER_LENGTH, compute_max_text_length
from zdx_provider.keys.rotation import MISSING, Rotation
from zdx_provider.text import escape_text
from zdx_provider.zidentity.models import (
    MAX_DESCRIPTION_LENGTH,
    MAX_NAME_LENGTH,
    MAX_SECRET_LIFETIME_DAYS,
    MAX_TOKEN_LIFETIME_SECONDS,
    MIN_SECRET_LIFETIME_DAYS,
    MIN_TOKEN_LIFETIME_SECONDS,
    ApiClientRequest,
)


def _require_tidy(text: str) -> str:
    if not text.isprintable() or text != text.strip(" ") or text != escape_text(text) or not text:
        raise ValueError
    return text


def _require_showable(text: str) -> str:
    # The Pulumi CLI shows a description as it is, and panics at a color tag that it doesn't know.
    if "<{%" in text or any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in text):
        raise ValueError
    return text


class _DeclaredRotation(Rotation):
    """A rotation that follows the rules of a declaration; see ``RotationArgs``."""

    model_config = ConfigDict(extra="forbid")

    secret_lifetime_days: Annotated[
        int,
        Field(
            ge=MIN_SECRET_LIFETIME_DAYS,
            le=MAX_SECRET_LIFETIME_DAYS,
            description="a whole number of days from 30 to 365",
        ),
    ] = MAX_SECRET_LIFETIME_DAYS
    rotate_before_expiry_days: Annotated[
        int | None,
        Field(
            ge=1,
            le=MAX_SECRET_LIFETIME_DAYS - 1,
            description="a whole number of days from 1 to 364",
        ),
    ] = None
    keep_previous_days: Annotated[
        int,
        Field(
            ge=0,
            le=MAX_SECRET_LIFETIME_DAYS - 2,
            description="a whole number of days from 0 to 363",
        ),
    ] = 7
    triggers: Annotated[dict[str, Any] | None, Field(description="a map of names to values")] = None
    end_overlap_early: Annotated[StrictBool, Field(description="true or false")] = False


class KeyInputs(BaseModel):
    """The inputs of one key; see ``ApiKey`` for the meaning of each.

    A field's description is the rule that a user reads if a declaration breaks it. The rules of
    declarations are those of ``_Declaration``: a state also holds what was changed manually.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        ser_json_inf_nan="constants",  # a trigger may be any number
    )

    name: StrictStr
    role: StrictStr
    description: Annotated[StrictStr, Field(description="text")] = ""
    enabled: Annotated[StrictBool, Field(description="true or false")] = True
    # Not strict: the engine's numbers are floats.
    token_lifetime_seconds: int = 3600
    rotation: Rotation | None = None
    authentication: Authentication | None = None
    tenant: Annotated[StrictStr | None, Field(description="a tenant name in zdx:tenants")] = None
    adopt: Annotated[StrictBool, Field(description="true or false")] = False
    secret_inputs: Annotated[tuple[StrictStr, ...] | None, Field(description="names of inputs")] = (
        None
    )
    managed_by: Annotated[StrictStr, Field(description="the owner, such as zdx-keys/prod/ci")] = ""
    # Not declared by a program: check sets it, so that a preview shows it as it moves.
    secret_expires_on: Annotated[
        StrictStr | None, Field(description='an ISO date, or "missing"')
    ] = None
    # Set by check too, for the same reason. The output of this name is what an update has done.
    previous_secret_revoke_on: Annotated[date | None, Field(description="an ISO date")] = None


ATTRIBUTES = KeyInputs.model_fields.keys() & ApiClientRequest.model_fields.keys()
"""The inputs that an API client holds under the same names."""

# The other inputs are added by the resource and by check.
ARGUMENTS = KeyInputs.model_fields.keys() - {
    "secret_inputs",
    "managed_by",
    "secret_expires_on",
    "previous_secret_revoke_on",
}


_NOTHING_TO_ROTATE = (
    "cannot be declared together with authentication: the key has no secret to rotate. To replace "
    "a public key or a certificate, declare its successor beside it, and remove it later"
)


class _Declaration(KeyInputs):
    """The inputs that follow the rules of a declaration."""

    rotation: Annotated[_DeclaredRotation | None, Field(description="a RotationArgs or a dict")] = (
        None
    )

    name: Annotated[
        StrictStr,
        AfterValidator(_require_tidy),
        Field(
            max_length=MAX_NAME_LENGTH,
            description="1 to 128 printable characters, without a space at the start or the end",
        ),
    ]
    role: Annotated[
        StrictStr,
        AfterValidator(_require_tidy),
        Field(description="the name of a ZDX role, such as ZDX Read-only Admin, or its role ID"),
    ]
    description: Annotated[
        StrictStr,
        AfterValidator(_require_showable),
        Field(description="text without control characters or Pulumi color tags"),
    ] = ""
    token_lifetime_seconds: Annotated[
        int,
        Field(
            ge=MIN_TOKEN_LIFETIME_SECONDS,
            le=MAX_TOKEN_LIFETIME_SECONDS,
            description="a whole number of seconds from 60 to 86400",
        ),
    ] = 3600


def find_broken_rules(
    values: Mapping[str, Any], unknown_members: Collection[str] = ()
) -> dict[str, str]:
    """Return the broken rule of each input or member of an input, as the end of a sentence.

    Args:
        values: The inputs, without those that are unknown. In the authentication, `NOT_KNOWN`
            stands for what is unknown.
        unknown_members: The members that are missing in the rotation because they are unknown.
    """
    broken = {}
    authentication = values.get("authentication")
    others = {name: value for name, value in values.items() if name != "authentication"}
    try:
        _Declaration.model_validate(others)
    except ValidationError as error:
        broken = {_format_name(problem): _format_rule(problem) for problem in error.errors()}
    if authentication is not None:
        broken |= find_broken_members(authentication)
        if values.get("rotation") is not None:
            broken["rotation"] = _NOTHING_TO_ROTATE
    rotation = values.get("rotation")
    if isinstance(rotation, Mapping):
        usable = {
            name: value
            for name, value in rotation.items()
            if name in Rotation.model_fields and f"rotation.{name}" not in broken
        }
        unusable = {*unknown_members, *(rotation.keys() - usable.keys())}
        contradictions = Rotation.model_validate(usable).find_contradictions(unusable)
        broken |= {f"rotation.{name}": rule for name, rule in contradictions.items()}
    return {**_find_excess_text(values), **broken}


def parse_inputs(props: Mapping[str, Any]) -> KeyInputs:
    """Return the inputs that check has accepted.

    Raises:
        ZdxError: Check did not accept them: something else put them there.
    """
    broken = find_broken_rules(props)
    if broken:
        rules = "; ".join(f"{name} {rule}" for name, rule in broken.items())
        raise ZdxError(
            f"the inputs of the key cannot be used: {rules}.", hint="Run pulumi up again."
        )
    return _Declaration.model_validate(props)


def find_secret_texts(props: Mapping[str, Any]) -> set[str]:
    """Return the texts in the inputs that the program declared as secrets."""
    names = props.get("secret_inputs")
    if not isinstance(names, list):
        return set()
    values = (props.get(name) for name in names if isinstance(name, str))
    # No message shows a value inside the rotation: to hide one such as "7" would garble dates.
    return find_secret_names(props).union(value for value in values if isinstance(value, str))


def find_secret_names(props: Mapping[str, Any]) -> set[str]:
    """Return the quoted names of the public keys or certificates that are secret."""
    names = props.get("secret_inputs")
    is_secret = isinstance(names, list) and "authentication" in names
    return set(list_names(props.get("authentication"))) if is_secret else set()


def find_authentication(props: Mapping[str, Any]) -> Authentication | None:
    """Return the authentication in inputs, which a state may hold; None if it can't be read."""
    try:
        return Authentication.model_validate(props["authentication"])
    except (KeyError, ValidationError):
        return None


def find_rotation(props: Mapping[str, Any]) -> Rotation | None:
    """Return the rotation in inputs, which a state may hold; None if it can't be read.

    Another version of this provider may have written it. `parse_state` reports that.
    """
    try:
        return Rotation.model_validate(props["rotation"])
    except (KeyError, ValidationError):
        return None


def find_expiry(props: Mapping[str, Any]) -> str | None:
    """Return the expiry date in the inputs that a state holds; None if it can't be read."""
    expires_on = props.get("secret_expires_on")
    if expires_on == MISSING:
        return MISSING
    try:
        return date.fromisoformat(expires_on).isoformat() if isinstance(expires_on, str) else None
    except ValueError:
        return None


def find_revoke_date(props: Mapping[str, Any]) -> date | None:
    """Return the day of a revoke in the inputs that a state holds; None if it can't be read."""
    revoke_on = props.get("previous_secret_revoke_on")
    try:
        return date.fromisoformat(revoke_on) if isinstance(revoke_on, str) else None
    except ValueError:
        return None


def _find_excess_text(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the rule that a description breaks with its ownership marker, if any."""
    text, owner = values.get("description"), values.get("managed_by")
    length = len(owner) if isinstance(owner, str) else 0
    if length > MAX_OWNER_LENGTH:
        return {
            "managed_by": f"must have at most {MAX_OWNER_LENGTH} characters to fit into the "
            f"ownership marker, but has {length}. Give the resource a shorter name, or declare it "
            "below fewer components"
        }
    limit = compute_max_text_length(owner if isinstance(owner, str) else "")
    if not isinstance(text, str) or len(text) <= limit:
        return {}
    # How long the text is stays out of the message: it may be a secret.
    needed = MAX_DESCRIPTION_LENGTH - limit
    marker = f", and the ownership marker needs {needed} of them" if needed else ""
    return {
        "description": f"must have at most {limit} characters: ZIdentity stores "
        f"{MAX_DESCRIPTION_LENGTH}{marker}"
    }


def _format_name(problem: ErrorDetails) -> str:
    prop, *inner = problem["loc"]
    return f"rotation.{inner[0]}" if inner and prop == "rotation" else str(prop)


def _format_rule(problem: ErrorDetails) -> str:
    prop, *inner = problem["loc"]
    if inner and prop == "rotation":
        member = _DeclaredRotation.model_fields.get(str(inner[0]))
        if member is None:
            return f"does not exist; rotation has: {', '.join(_DeclaredRotation.model_fields)}"
        return f"must be {member.description}"
    return f"must be {_Declaration.model_fields[str(prop)].description}"
