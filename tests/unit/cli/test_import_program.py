import ast
import builtins
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zdx_provider.cli.import_program import (
    Declaration,
    Identifiers,
    ResourceNames,
    format_program,
)
from zdx_provider.keys.owner import Owner

TEXTS = st.text(st.characters(exclude_categories=[]))
NAMES = st.sampled_from(["name", "role", "description", "enabled", "token_lifetime_seconds"])
VALUES = TEXTS | st.booleans() | st.integers(60, 86_400)


def declare(name: str, arguments: dict[str, Any], parents: tuple[str, ...] = ()) -> Declaration:
    return Declaration(Owner("keys", "prod", parents, name), arguments)


DECLARATIONS = st.builds(declare, TEXTS, st.dictionaries(NAMES, VALUES))
EVERY_CHARACTER_OF_INTEREST = "".join(map(chr, range(0x250))) + "\u202e\u2028\ud800 日本語 🔑"


def declared(program: str) -> list[Declaration]:
    """What a program calls ApiKey with."""
    calls = [node for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Call)]
    return [
        declare(
            ast.literal_eval(call.args[0]),
            {str(each.arg): ast.literal_eval(each.value) for each in call.keywords},
        )
        for call in calls
    ]


def test_import_program_omits_defaults_and_declares_each_argument() -> None:
    arguments = {
        "name": "ci",
        "role": "ZDX Read-only Admin",
        "description": "It's Bob's.",
        "enabled": False,
    }
    key = declare("ci", arguments)

    assert format_program([key], "acme") == (
        '"""ZDX API keys of the tenant acme."""\n\n'
        "from zdx_provider import ApiKey\n\n"
        "ci = ApiKey(\n"
        '    "ci",\n'
        '    name="ci",\n'
        '    role="ZDX Read-only Admin",\n'
        "    description=\"It's Bob's.\",\n"
        "    enabled=False,\n"
        ")\n"
    )


def test_import_program_has_the_notes_on_a_key_as_a_comment() -> None:
    keys = [declare("ci", {"name": "ci"}), declare("cd", {"name": "cd"}, ("x:y:Team",))]

    program = format_program([replace(key, notes=["One.", "Two."]) for key in keys], "acme")

    assert "\n\n# One.\n# Two.\nci = ApiKey(\n" in program
    assert program.endswith('# Declared by a parent of the type "x:y:Team": "cd"\n# One.\n# Two.\n')


def test_import_program_has_a_line_for_each_key_that_a_key_authenticates_with() -> None:
    authentication = {"public_keys": {"a": "one\ntwo\n", "b": "x"}, "certificates": ["y"]}

    program = format_program([declare("ci", {"authentication": authentication})], "acme")

    assert program.endswith(
        "    authentication={\n"
        '        "public_keys": {\n'
        '            "a": "one\\ntwo\\n",\n'
        '            "b": "x",\n'
        "        },\n"
        '        "certificates": [\n'
        '            "y",\n'
        "        ],\n"
        "    },\n"
        ")\n"
    )
    assert declared(program) == [declare("ci", {"authentication": authentication})]


@given(st.lists(DECLARATIONS, max_size=3))
def test_import_program_keeps_every_text_unchanged(declarations: list[Declaration]) -> None:
    assert declared(format_program(declarations, "acme")) == declarations


@given(st.lists(TEXTS, max_size=8))
def test_choose_variable_names_gives_each_key_its_own(names: list[str]) -> None:
    program = format_program([declare(name, {}) for name in names], "acme")

    variables = [
        target.id
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    assert len({*variables}) == len(names)
    assert not {*variables} & {"ApiKey", "pulumi", *dir(builtins)}


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("ci", "ci"),
        ("Service-Desk", "service_desk"),
        ("a.b/c", "a_b_c"),
        ("365", "key_365"),
        ("class", "class_2"),
        ("list", "list_2"),
        ("ApiKey", "apikey"),
        ("Ключ-1", "ключ_1"),
        ("ﬁle", "file"),
        ("-", "key"),
        ("x" * 128, "x" * 40),
    ],
)
def test_choose_variable_names_follows_the_names_of_the_keys(name: str, variable: str) -> None:
    assert Identifiers().choose(name) == variable


@pytest.mark.parametrize("text", ["plain", 'a "b"', "it's", '\'""', "\\", "", "x" * 200])
def test_import_program_is_already_formatted(text: str) -> None:
    keys = [declare(text, {"name": text, "role": text}), declare("b", {"role": "b"})]
    noted = [replace(key, notes=["One line.", "Another."]) for key in keys]
    program = format_program([*noted, *keys, declare("c", {}, ("x:y:Team",))], "a")

    done = subprocess.run(
        [Path(sys.executable).with_name("ruff"), "format", "--isolated", "--diff", "-"],
        input=program,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_import_program_shows_a_key_of_a_parent_as_a_comment() -> None:
    below = declare('a "b"\n', {"name": "a"}, ("x:y:Team",))

    program = format_program([declare("b", {"name": "b"}), below], "acme")

    assert declared(program) == [declare("b", {"name": "b"})]
    assert program.endswith("""# Declared by a parent of the type "x:y:Team": 'a "b"\\n'\n""")
    assert "import" not in format_program([below], "acme")


def test_import_program_escapes_unprintable_characters() -> None:
    program = format_program([declare("a", {"name": EVERY_CHARACTER_OF_INTEREST})], "acme")

    assert all(character.isprintable() or character == "\n" for character in program)
    assert declared(program)[0].arguments["name"] == EVERY_CHARACTER_OF_INTEREST


@pytest.mark.parametrize(
    ("wanted", "drawn"),
    [
        ("Service Desk", "Service-Desk"),
        ("a::b/c$d", "a-b-c-d"),
        ("Ключ № 1", "Ключ-1"),
        ("v1.2_final", "v1.2_final"),
        (" - ", "key"),
        ("", "key"),
    ],
)
def test_resource_name_is_close_to_the_name_of_the_key(wanted: str, drawn: str) -> None:
    assert ResourceNames(()).choose(wanted) == drawn


def test_resource_name_is_unique_in_the_stack() -> None:
    names = ResourceNames({"ci"})

    assert [names.choose(name) for name in ("ci", "ci", "ci-2", "cd")] == [
        "ci-2",
        "ci-3",
        "ci-2-2",
        "cd",
    ]
