"""Write the reference pages from the code: `python -m tools.reference`.

docs/reference.md has the docstrings of the package, docs/zdx-keys.md the help of the command line.
"""

import inspect
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import get_args, get_origin

import griffe
from typer.models import CommandInfo, OptionInfo, TyperInfo

import zdx_provider
from zdx_provider.cli.app import app

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"

_NOTE = "<!-- Written by `python -m tools.reference` from {source}. -->\n\n"

_PACKAGE = """\
# The package

All names of `zdx_provider`, and those of `zdx_emulator.testing` for tests. Start with
[ApiKey](api-key.md), [rotate secrets](rotation.md) and [look up keys](lookups.md).

## zdx_provider

"""

_TESTING = """\
## zdx_emulator.testing

[Test your own programs](testing.md) shows how to use it.

"""

_TESTING_NAMES = ("running_emulator", "RunningEmulator", "Fault", "Switches")
_WIDTH = 88


def describe_package() -> str:
    """Return the page with the names of the package and of the emulator's helpers for tests."""
    names = [name for name in zdx_provider.__all__ if not name.startswith("__")]
    provider, testing = _load("zdx_provider"), _load("zdx_emulator")["testing"]
    return (
        "".join(
            [
                _NOTE.format(source="the docstrings"),
                _PACKAGE,
                *(part for name in names for part in _describe(provider[name])),
                _TESTING,
                *(part for name in _TESTING_NAMES for part in _describe(testing[name])),
            ]
        ).rstrip()
        + "\n"
    )


def describe_command_line() -> str:
    """Return the page with the help of `zdx-keys` and of its commands."""
    commands = {_get_name(info): info for info in app.registered_commands}
    start, rest = _describe_help(_get_callback(app.registered_callback)).split("\n\n", 1)
    parts = [
        _NOTE.format(source="the help"),
        f"# zdx-keys\n\n{start}\n\n{rest}",
        "| command | |\n|---|---|\n",
        *(
            f"| [`{name}`](#zdx-keys-{name}) | {_get_help(_get_callback(info)).splitlines()[0]} |\n"
            for name, info in commands.items()
        ),
        f"\n{app.registered_callback.epilog}\n\n" if app.registered_callback else "",
    ]
    for name, info in commands.items():
        parts += _describe_command(name, _get_callback(info))
    return "".join(parts).rstrip() + "\n"


def describe() -> dict[Path, str]:
    """Return the text of each page, by its file."""
    return {
        DOCS / "reference.md": describe_package(),
        DOCS / "zdx-keys.md": describe_command_line(),
    }


def _load(package: str) -> griffe.Object:
    loaded = griffe.load(package, search_paths=[ROOT], docstring_parser="google")
    if not isinstance(loaded, griffe.Object):
        raise TypeError(f"{package} is no package here")
    return loaded


def _describe(found: griffe.Object | griffe.Alias, owner: str = "") -> Iterator[str]:
    """Yield the lines of one name, and of its public methods."""
    target = found.final_target if isinstance(found, griffe.Alias) else found
    name = f"{owner}.{target.name}" if owner else target.name
    yield f"{'####' if owner else '###'} {name}\n\n"
    yield f"```text\n{_format_signature(target)}\n```\n\n"
    yield from _describe_docstring(target)
    if "__init__" in target.members:
        yield from _describe_docstring(target.members["__init__"])
    if target.is_class and target.name not in ("Fault", "Switches"):
        for member in target.members.values():
            if member.is_function and not member.name.startswith("_") and member.has_docstring:
                yield from _describe(member, target.name)


def _describe_docstring(found: griffe.Object | griffe.Alias) -> Iterator[str]:
    if found.docstring is None:
        return
    for section in found.docstring.parsed:
        match section:
            case griffe.DocstringSectionText():
                yield f"{_format_text(section.value)}\n\n"
            case griffe.DocstringSectionParameters():
                yield "Arguments:\n\n"
                yield from _describe_items(section, "name")
            case griffe.DocstringSectionAttributes():
                yield "Attributes:\n\n"
                yield from _describe_items(section, "name")
            case griffe.DocstringSectionReturns():
                (returned,) = section.value
                yield f"Returns: {_format_text(returned.description)}\n\n"
            case griffe.DocstringSectionRaises():
                yield "Raises:\n\n"
                yield from _describe_items(section, "annotation")
            case _:
                raise ValueError(f"{found.path}: there is no way to write a {section.kind}")


def _describe_items(section: griffe.DocstringSection, named: str) -> Iterator[str]:
    for item in section.value:
        text = " ".join(_format_text(item.description).split())
        yield f"- `{getattr(item, named)}`: {text}\n"
    yield "\n"


def _format_text(text: str) -> str:
    return text.replace("``", "`").strip()


def _format_signature(found: griffe.Object) -> str:
    """Return what a name is: a function with its parameters, or a class with its fields."""
    if isinstance(found, griffe.Function):
        return _format_call(found, f"def {found.name}", f" -> {found.returns}")
    if not isinstance(found, griffe.Class):
        raise TypeError(f"{found.path} is neither a function nor a class")
    init = found.members.get("__init__")
    if isinstance(init, griffe.Function) and "dataclass" not in found.labels:
        return _format_call(init, f"class {found.name}", "")
    bases = ", ".join(str(base).rpartition(".")[2] for base in found.bases)
    fields = [
        f"    {field.name}: {field.annotation}"
        + (f" = {field.value}" if field.value is not None else "")
        for field in found.members.values()
        if isinstance(field, griffe.Attribute)
        and field.annotation
        and "property" not in field.labels
        and not field.name.startswith("_")
    ]
    head = f"class {found.name}({bases}):" if bases else f"class {found.name}:"
    return "\n".join([head, *fields])


def _format_call(function: griffe.Function, start: str, end: str) -> str:
    parameters: list[str] = []
    for parameter in function.parameters:
        if parameter.name in ("self", "cls"):
            continue
        star = {"variadic positional": "*", "variadic keyword": "**"}
        name = star.get(str(parameter.kind and parameter.kind.value), "") + parameter.name
        is_keyword = parameter.kind is griffe.ParameterKind.keyword_only
        if is_keyword and not any(each.startswith("*") for each in parameters):
            parameters.append("*")
        annotation = f": {parameter.annotation}" if parameter.annotation else ""
        default = "" if parameter.default is None or star.get(name) else f" = {parameter.default}"
        parameters.append(name + annotation + ("" if name.startswith("*") else default))
    line = f"{start}({', '.join(parameters)}){end}"
    if len(line) <= _WIDTH:
        return line
    return f"{start}(\n" + "".join(f"    {each},\n" for each in parameters) + f"){end}"


@dataclass(frozen=True)
class _Parameter:
    """An argument or an option of a command.

    Attributes:
        shown: As its usage shows it.
        help: Its help.
        is_option: Whether it is an option.
        is_required: Whether a command needs it.
        is_repeated: Whether it may be given several times.
    """

    shown: str
    help: str
    is_option: bool
    is_required: bool
    is_repeated: bool

    def format_usage(self) -> str:
        """Return its place in the usage of the command."""
        usage = self.shown.split(", ")[0] if self.is_option else self.shown
        if self.is_option and " " not in usage:
            usage = f"{usage} {self.shown.rpartition(' ')[2]}"
        return (usage if self.is_required else f"[{usage}]") + "..." * self.is_repeated


def _describe_command(name: str, callback: Callable[..., object]) -> Iterator[str]:
    parameters = [*_list_parameters(callback)]
    needed = [each.format_usage() for each in parameters if each.is_required or not each.is_option]
    yield f"## zdx-keys {name}\n\n"
    yield f"```text\n{' '.join(['zdx-keys', name, '[OPTIONS]', *needed])}\n```\n\n"
    yield _describe_help(callback)
    yield "| argument or option | |\n|---|---|\n"
    for each in parameters:
        yield f"| `{_escape(each.shown)}` | {_escape(each.help)} |\n"
    yield "\n"


def _list_parameters(callback: Callable[..., object]) -> Iterator[_Parameter]:
    """Yield the parameters of a command, from the annotations that typer reads."""
    for name, parameter in inspect.signature(callback).parameters.items():
        kind, info = get_args(parameter.annotation)
        kinds = {each for each in (kind, *get_args(kind)) if each is not type(None)}
        is_option = isinstance(info, OptionInfo)
        given = [each for each in (info.default, *(info.param_decls or ())) if each != ...]
        names = ", ".join(given or [f"--{name.replace('_', '-')}"])
        value = info.metavar or _describe_type(kinds)
        choices = [each for each in kinds if isinstance(each, type) and issubclass(each, Enum)]
        default = f" Default: `{parameter.default.value}`." if choices else ""
        yield _Parameter(
            shown=f"{names} {value}".strip() if is_option else value,
            help=f"{info.help}{default}",
            is_option=is_option,
            is_required=parameter.default is parameter.empty,
            is_repeated=any(get_origin(each) is list for each in (kind, *kinds)),
        )


def _describe_type(kinds: Collection[object]) -> str:
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, Enum):
            return "|".join(each.value for each in kind)
    return "" if bool in kinds else "PATH" if Path in {*kinds, *_list_inner(kinds)} else "TEXT"


def _list_inner(kinds: Collection[object]) -> list[object]:
    return [inner for kind in kinds for inner in get_args(kind)]


def _describe_help(callback: Callable[..., object]) -> str:
    text = _get_help(callback)
    text = re.sub(r"^```$(.*?)^```$", r"```sh\1```", text, flags=re.MULTILINE | re.DOTALL)
    return text.replace("Examples:\n```", "Examples:\n\n```") + "\n\n"


def _get_help(callback: Callable[..., object]) -> str:
    return inspect.getdoc(callback) or ""


def _get_name(info: CommandInfo) -> str:
    return info.name or _get_callback(info).__name__.replace("_", "-")


def _get_callback(info: CommandInfo | TyperInfo | None) -> Callable[..., object]:
    if info is None or info.callback is None:
        raise ValueError("there is no function for a command")
    return info.callback


def _escape(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for file, text in describe().items():
        file.write_text(text)
