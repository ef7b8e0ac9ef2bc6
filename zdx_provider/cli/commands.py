"""How a command line is read, and how the help of a command names its arguments and its flags."""

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from zdx_provider.private_text import find_private_key

_COMMAND_WITH_ANOTHER = "run"  # what follows its -- is another command line


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

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse a private key on the command line, before any message can show an argument.

        Raises:
            typer.BadParameter: An argument is a private key, or all of them together are one:
                a shell splits a text that isn't quoted.
        """
        if find_private_key(" ".join(_list_own(args))):
            raise typer.BadParameter(
                "the command line contains a private key. --private-key needs a file, not its "
                "content. Other users and the shell's history can see arguments: treat the key as "
                "exposed and create another one",
                ctx,
            )
        return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, the flags without a type."""
        return _hide_types_of_flags(super().get_params(ctx))


def _list_own(args: list[str]) -> list[str]:
    """Return the arguments that a message can show: of another command, only its name."""
    if "--" not in args or _COMMAND_WITH_ANOTHER not in args[: args.index("--")]:
        return args
    end = args.index("--")
    return [*args[:end], *args[end + 1 : end + 2]]


def _hide_types_of_flags(params: list[Any]) -> list[Any]:
    for param in params:
        if getattr(param, "is_flag", False):
            param.metavar = ""
    return params
