"""What the schema of the package has in addition to types: texts, secrets, settings and origin.

The texts are the docstrings of the resource and of its settings, and the origin is the metadata of
the distribution, so that there is no second copy.
"""

import inspect
import json
import re
from collections.abc import Callable, Mapping
from importlib.metadata import metadata
from typing import Any
from urllib.parse import urlsplit

from docstring_parser import DocstringStyle, parse
from pulumi.provider.experimental.util import camel_case

from zdx_provider import ApiKey, AuthenticationArgs, RotationArgs
from zdx_provider.api_key import SECRET_OUTPUTS
from zdx_provider.settings import Settings
from zdx_provider.stack_config import SECRETS

_JSON_TYPES: Mapping[object, str] = {bool: "boolean", int: "integer", float: "number"}


def complete_schema(types: Mapping[str, Any]) -> dict[str, Any]:
    """Complete the schema that the SDK infers from the component's types.

    Args:
        types: The schema of all types and properties, without texts. Its parts are changed.
    """
    key = types["resources"]["zdx:index:ApiKey"]
    _describe_type(key, ApiKey)
    _describe(key["inputProperties"], _parse_inputs(ApiKey.__init__))
    _describe(key["properties"], _parse_texts(ApiKey.__init__) | _parse_texts(ApiKey))
    for output in SECRET_OUTPUTS:
        key["properties"][camel_case(output)]["secret"] = True
    for name, args in (("Rotation", RotationArgs), ("Authentication", AuthenticationArgs)):
        members = types["types"][f"zdx:index:{name}"]
        _describe_type(members, args)
        _describe(members["properties"], _parse_inputs(args))
    return {
        **types,
        **_read_origin(),
        "config": {"variables": _build_settings()},
        "provider": {"description": "It has no inputs: the settings are in the stack's config."},
    }


def _read_origin() -> dict[str, Any]:
    """Return what the package is and who publishes it, from the installed distribution."""
    package = metadata("zdx-provider")
    urls = dict(url.split(", ", 1) for url in package.get_all("Project-URL") or ())
    return {
        "displayName": "ZDX",
        "description": package["Summary"],
        "publisher": package["Author"],
        "license": package["License-Expression"],
        "keywords": package["Keywords"].split(","),
        "homepage": urls["Homepage"],
        "repository": urls["Source"],
        # A part of the SDKs' names. The CLI takes the same from the URL of a package in git.
        "namespace": urlsplit(urls["Source"]).path.split("/")[1],
    }


def _build_settings() -> dict[str, Any]:
    """Return the settings of a stack. None is required, as the environment can have it."""
    texts = _parse_texts(Settings)
    settings: dict[str, Any] = {
        name: {
            "type": _JSON_TYPES.get(field.annotation, "string"),
            "description": _to_markdown(texts[name] + _format_default(field.default)),
        }
        for name, field in ((camel_case(n), f) for n, f in Settings.model_fields.items())
    }
    settings["tenants"] = {
        "type": "object",
        "additionalProperties": {"$ref": "pulumi.json#/Any"},
        "description": "More tenants by their names, each with these settings.",
    }
    for name in (*SECRETS, "tenants"):
        settings[name]["secret"] = True
    return settings


def _describe_type(definition: dict[str, Any], documented: type) -> None:
    text = parse(documented.__doc__ or "", DocstringStyle.GOOGLE).description or ""
    definition["description"] = _to_markdown(text)


def _describe(properties: Mapping[str, dict[str, Any]], texts: Mapping[str, str]) -> None:
    for name, definition in properties.items():
        definition["description"] = _to_markdown(texts[name])


def _parse_texts(documented: object) -> dict[str, str]:
    """Return what a docstring says of each argument or attribute."""
    parsed = parse(documented.__doc__ or "", DocstringStyle.GOOGLE)
    return {camel_case(param.arg_name): param.description or "" for param in parsed.params}


def _parse_inputs(constructor: Callable[..., object]) -> dict[str, str]:
    """Return what the docstring says of each argument, and the default in the signature."""
    parameters = inspect.signature(constructor).parameters
    defaults = {camel_case(name): param.default for name, param in parameters.items()}
    texts = _parse_texts(constructor)
    return {name: text + _format_default(defaults[name]) for name, text in texts.items()}


def _format_default(value: object) -> str:
    """Return a sentence about a default, if it is a value."""
    is_value = isinstance(value, bool | int | float)
    return f" Default: ``{json.dumps(value)}``." if is_value else ""


def _to_markdown(text: str) -> str:
    """Return a text with the names of the schema, and with Markdown's syntax for code."""
    renamed = re.sub(r"``([a-z_]+)``", lambda code: f"``{camel_case(code[1])}``", text)
    return renamed.replace("``", "`")
