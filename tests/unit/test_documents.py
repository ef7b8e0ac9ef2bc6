"""What can be said of the documents without an engine."""

import ast
import inspect
import json
import re
import subprocess
from itertools import zip_longest
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt
from support.documents import (
    CHECKED,
    CHECKED_ELSEWHERE,
    ROOT,
    SHOWN,
    Block,
    list_documents,
    read_blocks,
    read_blocks_of,
)
from support.shell import split_commands

from zdx_provider import ApiKey
from zdx_provider.settings import ENVIRONMENT, Settings, list_tenant_names, load_settings

SETTINGS = {
    "zdx:tenants",
    *(f"zdx:{field.alias}" for name, field in Settings.model_fields.items() if name != "entry"),
}
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

# What a reader's machine has, and nothing of ours can show about.
ORDINARY_COMMANDS = {".", "cat", "cd", "curl", "echo", "eval", "export", "git", "grep", "kill"}
ORDINARY_COMMANDS |= {"jq", "mkdir", "openssl", "pip", "python", "python3", "rm", "sed"}
ORDINARY_COMMANDS |= {"[", "sleep", "uv", "vault", "wc"}


@pytest.mark.parametrize("document", list_documents())
def test_code_block_has_a_language_that_is_checked(document: str) -> None:
    unknown = {
        str(block): block.language
        for block in read_blocks_of(document)
        if block.language not in CHECKED | SHOWN | CHECKED_ELSEWHERE
    }

    assert unknown == {}


@pytest.mark.parametrize("block", read_blocks("sh"), ids=str)
def test_shell_block_has_valid_syntax(block: Block) -> None:
    read = subprocess.run(
        ["bash", "-n"],  # noqa: S607 - the system's own
        input=block.text,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (read.returncode, read.stderr) == (0, "")


@pytest.mark.parametrize("block", read_blocks("sh"), ids=str)
def test_shell_block_uses_known_commands(block: Block) -> None:
    called = {words[0] for words in split_commands(block.text)}
    targets = {
        word
        for words in split_commands(block.text)
        if words[0] == "make"
        for word in words[1:]
        if not word.startswith("-")
    }

    assert called <= ORDINARY_COMMANDS | {"make", "pulumi", "zdx-keys"}
    assert targets <= set(TARGETS)


@pytest.mark.parametrize("block", read_blocks("json"), ids=str)
def test_json_block_is_valid(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", read_blocks("yaml"), ids=str)
def test_yaml_block_is_valid(block: Block) -> None:
    yaml.safe_load(block.text)


@pytest.mark.parametrize(
    "block", [block for block in read_blocks("yaml") if block.text.startswith("config:")], ids=str
)
def test_stack_config_block_has_valid_settings(block: Block) -> None:
    config = _to_engine_values(yaml.safe_load(block.text)["config"])

    assert {key for key in config if key.startswith("zdx:")} <= SETTINGS
    load_settings(config.get, {})
    for entry in list_tenant_names(config.get):
        settings = load_settings(config.get, {}, entry)
        assert settings.build_tenant().vanity_domain
        assert settings.build_credentials().client_id


@pytest.mark.parametrize("document", list_documents())
def test_link_points_to_an_existing_file(document: str) -> None:
    folder = (ROOT / document).parent
    dead = [link for link in _links(document) if not (folder / link).exists()]

    assert dead == []


def test_resource_page_lists_every_input() -> None:
    parameters = set(inspect.signature(ApiKey.__init__).parameters)

    assert _first_column("docs/api-key.md", "Inputs") == parameters - {
        "self",
        "resource_name",
        "opts",
    }


def test_resource_page_lists_every_output() -> None:
    inputs = _first_column("docs/api-key.md", "Inputs")

    assert _first_column("docs/api-key.md", "Outputs") == set(ApiKey.__annotations__) - inputs


def test_settings_page_lists_each_setting_with_its_variable() -> None:
    page = (ROOT / "docs/settings.md").read_text()
    rows = re.findall(r"^\| (`zdx:.+?) \|(.*?)\|", page, re.MULTILINE)
    documented = {
        key: variable
        for keys, variables in rows
        for key, variable in zip_longest(_quoted(keys), _quoted(variables))
    }

    assert documented == {key: ENVIRONMENT.get(key.removeprefix("zdx:")) for key in SETTINGS}


def test_troubleshooting_page_quotes_existing_messages() -> None:
    page, _, _ = (ROOT / "docs/troubleshooting.md").read_text().partition("## Pulumi")
    quoted = re.findall(r"`([^`]+)`", "".join(re.findall(r"^\|.+?\|", page, re.MULTILINE)))
    pieces = [piece for text in quoted for piece in re.split(r'[" ]*\.\.\.[" ]*|\b[N2]\b', text)]
    given = [*_texts_in(ROOT / "zdx_provider"), *_texts_in(ROOT / "zdx_component")]

    assert [piece for piece in pieces if not any(piece.strip() in text for text in given)] == []


def _texts_in(package: Path) -> list[str]:
    """All texts in a package's code, each whole, without what is put into it when it is shown."""
    nodes = [
        node for file in package.rglob("*.py") for node in ast.walk(ast.parse(file.read_text()))
    ]
    return ["\0".join(_parts(node)) for node in nodes]


def _parts(node: ast.AST) -> list[str]:
    constants = node.values if isinstance(node, ast.JoinedStr) else [node]
    return [
        constant.value
        for constant in constants
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    ]


def _to_engine_values(config: dict[str, object]) -> dict[str, str]:
    """A stack's config as the engine hands it to a program: text, and decrypted."""
    return {
        key: value if isinstance(value, str) else json.dumps(_decrypted(value))
        for key, value in config.items()
    }


def _decrypted(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return "a-secret" if set(value) == {"secure"} else {k: _decrypted(v) for k, v in value.items()}


def _links(document: str) -> list[str]:
    tokens = MarkdownIt().enable("table").parse((ROOT / document).read_text())
    inner = [child for token in tokens for child in token.children or []]
    targets = [str(child.attrs.get("href") or child.attrs.get("src") or "") for child in inner]
    return [
        target.partition("#")[0]
        for target in targets
        if target and ":" not in target and not target.startswith("#")
    ]


def _first_column(document: str, heading: str) -> set[str]:
    """The names in the first column of the first table below a heading."""
    below = re.split(rf"^#+ {heading}$", (ROOT / document).read_text(), flags=re.MULTILINE)[1]
    rows = re.findall(r"^\|(.+?)\|", below.partition("\n#")[0], re.MULTILINE)
    return {name for row in rows for name in _quoted(row)}


def _quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_contributor_docs_name_only_existing_files(document: str) -> None:
    named = re.findall(r"`([\w./-]+(?:\.py|/))`", (ROOT / document).read_text())
    folders = (ROOT, ROOT / "zdx_provider", ROOT / "zdx_emulator")

    assert named
    assert [n for n in named if not any((folder / n).exists() for folder in folders)] == []
