"""How the help of a command names its arguments and its flags."""

from typing import Any

from typer.core import TyperCommand, TyperGroup


class Command(TyperCommand):
    """A command whose usage names arguments as the documentation does: ``revoke KEY SECRET_ID``."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, the flags without a type."""
        return _hide_types_of_flags(super().get_params(ctx))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the usage line, without braces around a required argument."""
        pieces = super().collect_usage_pieces(ctx)
        return [piece.replace("{", "").replace("}", "") for piece in pieces]


class Group(TyperGroup):
    """The program itself."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, the flags without a type."""
        return _hide_types_of_flags(super().get_params(ctx))


def _hide_types_of_flags(params: list[Any]) -> list[Any]:
    for param in params:
        if getattr(param, "is_flag", False):
            param.metavar = ""
    return params
