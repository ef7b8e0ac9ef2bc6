"""The rules, as functions of a key's inputs and of the pack's config.

A problem quotes the config and never an input, which may be a secret.
"""

import re
from collections.abc import Collection, Iterable, Mapping

# A role's name is "Role:ZDX Super Admin" in ZIdentity, and on older tenants
# "zs:config:zdx.zscalerbeta.net:8061240:config:18347:ZDX Super Admin".
_SCOPE_PREFIX = re.compile(r"\A(?:Role:|zs:config:[^:]*:[^:]*:config:[^:]*:)\s*")

# <service>:<ZPA scope>:<scope>, such as "hhlm4bhmbg7ir::hplm4bko707jp".
_SCOPE_ID = re.compile(r"[^:\s]+:[^:\s]*:[^:\s]+")


def find_role_problem(
    role: str, *, restricted: Iterable[str], allowed_ids: Collection[str]
) -> str | None:
    """Say what is wrong with a key's role.

    Args:
        role: The role as it is declared: a name in any case, with or without the prefix that
            ZIdentity gives it, or a scope id.
        restricted: The names, or ids, of roles that need an exception.
        allowed_ids: The scope ids that are known to be other roles. What any other id stands
            for, only the tenant knows.
    """
    for name in restricted:
        if _is_same_name(role, name):
            return (
                f'Its role is "{name}". Declare a role with fewer permissions, or add the '
                'key\'s name or URN to the "exceptions" of this rule.'
            )
    if _SCOPE_ID.fullmatch(role) and role not in allowed_ids:
        return (
            "Its role is declared by an ID, which hides the name. Declare the name, or add the "
            'ID to the "allowedRoleIds" of this rule.'
        )
    return None


def find_rotation_problem(secret_lifetime_days: float | None, *, longest_days: float) -> str | None:
    """Say what is wrong with a key's rotation.

    Args:
        secret_lifetime_days: How long its secrets live; None: it declares no rotation.
        longest_days: How long they may live.
    """
    if secret_lifetime_days is None:
        found = "It declares no rotation."
    elif secret_lifetime_days > longest_days:
        found = "The lifetime of its secrets is too long."
    else:
        return None
    return f"{found} Declare a rotation with a secret lifetime of at most {longest_days:.0f} days."


def find_secret_problem(role: str, *, has_secret: bool, allowed_roles: Iterable[str]) -> str | None:
    """Say what is wrong with a key whose secret is in the state.

    Args:
        role: The role as it is declared.
        has_secret: Whether the key has a secret: it declares no other authentication, or the state
            still has one.
        allowed_roles: The names, or ids, of roles whose keys may have a secret.
    """
    if not has_secret or any(_is_same_name(role, name) for name in allowed_roles):
        return None
    return (
        "Its secret is in the state. Declare an authentication with a public key, a certificate or "
        'a JWKS URL, and run pulumi up. Or add the key\'s name or URN to the "exceptions" of this '
        "rule."
    )


def has_secret_in_state(props: Mapping[str, object]) -> bool:
    """Whether the state has a secret, also of a key that no longer uses it.

    Args:
        props: What the policy sees of a key: its state in `pulumi policy analyze`, else its inputs.
    """
    return any(props.get(name) is not None for name in ("key_secret", "secret_id"))


def find_name_problem(name: str, *, pattern: str) -> str | None:
    """Say what is wrong with a key's name.

    Args:
        name: The key's name in the portal.
        pattern: The regular expression that the whole of it must match.

    Raises:
        ValueError: The pattern is no regular expression.
    """
    try:
        matches = re.fullmatch(pattern, name)
    except re.error as error:
        raise ValueError(
            f'the "pattern" of name-pattern is not a regular expression: {error}'
        ) from error
    if matches:
        return None
    return f"Its name does not match {pattern}. Rename it: the ID and the secret are kept."


def _is_same_name(role: str, other: str) -> bool:
    return _parse_role_name(role).casefold() == _parse_role_name(other).casefold()


def _parse_role_name(role: str) -> str:
    return _SCOPE_PREFIX.sub("", role, count=1)
