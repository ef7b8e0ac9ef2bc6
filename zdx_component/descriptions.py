"""The schema's texts: the docstrings of the resource, so that there is no second copy."""

import re
from typing import Any

from docstring_parser import DocstringStyle, parse
from pulumi.provider.experimental.util import camel_case

from zdx_provider import ApiKey, AuthenticationArgs, RotationArgs
from zdx_provider.api_key import SECRET_OUTPUTS


def add_descriptions(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with a description of each type and property, and its secrets marked."""
    inputs = _parse_texts(ApiKey.__init__)
    outputs = inputs | _parse_texts(ApiKey)
    key = schema["resources"]["zdx:index:ApiKey"]
    _describe(key["inputProperties"], inputs)
    _describe(key["properties"], outputs)
    for output in SECRET_OUTPUTS:
        key["properties"][camel_case(output)]["secret"] = True
    described: list[tuple[dict[str, Any], type]] = [(key, ApiKey)]
    for name, args in (("Rotation", RotationArgs), ("Authentication", AuthenticationArgs)):
        members = schema["types"][f"zdx:index:{name}"]
        _describe(members["properties"], _parse_texts(args))
        described.append((members, args))
    for described_type, documented in described:
        text = parse(documented.__doc__ or "", DocstringStyle.GOOGLE).description or ""
        described_type["description"] = _to_markdown(text)
    return schema


def _parse_texts(documented: object) -> dict[str, str]:
    """What a docstring says of each argument or attribute."""
    parsed = parse(documented.__doc__ or "", DocstringStyle.GOOGLE)
    return {camel_case(of.arg_name): of.description or "" for of in parsed.params}


def _describe(properties: dict[str, Any], texts: dict[str, str]) -> None:
    for name, definition in properties.items():
        definition["description"] = _to_markdown(texts[name])


def _to_markdown(text: str) -> str:
    """The text with the names of the schema, and with Markdown's marks for code."""
    renamed = re.sub(r"``([a-z_]+)``", lambda code: f"``{camel_case(code[1])}``", text)
    return renamed.replace("``", "`")
