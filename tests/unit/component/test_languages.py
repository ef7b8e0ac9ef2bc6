"""The programs on the page of the other languages, held to the package's schema.

Only their names are: no compiler of these languages is needed where these tests run. Slow tests
compile the programs in TypeScript and Go.
"""

import json
import re
from typing import Any

import pytest
import yaml
from support.documents import ROOT, Block, read_blocks_of

from zdx_component.package import Package
from zdx_provider import __version__

PAGE = "docs/languages.md"
INPUT = {
    "typescript": r"^\s+(\w+): ",
    "go": r"^\s+(\w+): ",
    "csharp": r"^\s+(\w+) = ",
    "java": r"^\s+\.(\w+)\((?!\))",
}
OUTPUT = r"\bci\.(\w+)"
IN_YAML = next(yaml.safe_load(b.text) for b in read_blocks_of(PAGE) if "zdx:ApiKey" in b.text)


def spelled_as_in_the_schema(names: list[str]) -> set[str]:
    return {name[0].lower() + name[1:] for name in names}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Package().schema)
    return found


def test_yaml_program_uses_names_of_the_schema(schema: dict[str, Any]) -> None:
    properties = IN_YAML["resources"]["ci"]["properties"]
    key = schema["resources"]["zdx:index:ApiKey"]

    assert properties.keys() <= key["inputProperties"].keys()
    assert (
        properties["rotation"].keys() <= schema["types"]["zdx:index:Rotation"]["properties"].keys()
    )
    assert set(re.findall(OUTPUT, str(IN_YAML["outputs"]))) <= key["properties"].keys()


@pytest.mark.parametrize("block", [b for b in read_blocks_of(PAGE) if b.language in INPUT], ids=str)
def test_program_of_each_language_uses_the_names_of_the_yaml_program(block: Block) -> None:
    properties = IN_YAML["resources"]["ci"]["properties"]
    inputs = re.findall(INPUT[block.language], block.text, re.MULTILINE)
    outputs = re.findall(OUTPUT, block.text)

    assert spelled_as_in_the_schema(inputs) == properties.keys() | properties["rotation"].keys()
    assert spelled_as_in_the_schema(outputs) == {"keyId", "keySecret"}


def test_programs_import_the_sdk_by_the_name_that_the_schema_gives_it(
    schema: dict[str, Any],
) -> None:
    words = schema["namespace"].split("-")
    repository = schema["repository"].removeprefix("https://")
    imported = {
        "typescript": f'import * as zdx from "@{schema["namespace"]}/zdx";',
        "go": f'"{repository}/sdk/go/zdx"',
        "csharp": f"using {''.join(map(str.title, words))}.Zdx;",
        "java": f"import com.{''.join(words)}.zdx.ApiKey;",
    }

    for block in read_blocks_of(PAGE):
        assert imported.get(block.language, "") in block.text


def test_docs_install_the_package_from_the_tag_of_this_version() -> None:
    tags = re.findall(r"zdx_component(?:@|-)v([\d.]*\d)", (ROOT / PAGE).read_text())

    assert set(tags) == {__version__}


def test_docs_have_a_program_in_each_language() -> None:
    assert INPUT.keys() <= {block.language for block in read_blocks_of(PAGE)}
