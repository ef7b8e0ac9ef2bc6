"""Whatever stands in config and environment, settings are read or refused in a line."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fuzz import fuzz_settings
from support.key_pair import KeyPair
from support.samples import PLANTED

from zdx_provider.errors import SettingsError
from zdx_provider.settings import (
    ENVIRONMENT,
    list_secret_paths,
    list_tenant_names,
    load_settings,
    require_known_names,
)
from zdx_provider.stack_config import KEYS, SECRETS, describe_plain_secret

PEM, EC_PEM = KeyPair.make().private_pem, KeyPair.make_ec().private_pem
TYPICAL = st.sampled_from(
    [
        *("acme", "acme.zslogin.net", "beta", "gov", "production", "zscalertwo", "admin"),
        *("https://api.test", "http://127.0.0.1:1", "http://[::1]:2/x", "https://u:p@h"),
        *("3", "true", "NaN", "1e999", "{", "[" * 3000, "{}", '{"kty": "RSA"}', "/", "/dev/null"),
        *("\ufeffx", '"x"', "a\nb", "\x1b[2J", "-----BEGIN PRIVATE KEY-----"),
        "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----",
    ]
)
TEXT = TYPICAL | st.text(max_size=30) | st.text(st.characters(), max_size=5)
DAMAGED = ["{}", " {}\r\n", '"{}"', "{}\nx", "\x00{}", "./{}", "-----BEGIN {}-----"]
SECRET = st.sampled_from([form.format(PLANTED) for form in DAMAGED]) | st.sampled_from(
    [PEM, EC_PEM, PEM.replace("\n", "\\n"), PEM[:900], PEM.replace("PRIVATE", "PUBLIC")]
)
VALUE = st.recursive(
    TEXT | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


# Values that get far: without them nearly every case ends at the first setting.
USUAL: dict[str, list[Any]] = {
    "clientId": ["admin", "98765", " admin\r\n"],
    "vanityDomain": ["acme", "Acme", '"acme"'],
    "cloud": ["", "beta", "GOV", "production"],
    "httpProxy": ["", "http://127.0.0.1:1"],
    "maxRetries": ["", "3"],
    "requestTimeout": ["", "1.5"],
    "apiUrl": [*[""] * 8, "https://api.test", "http://127.0.0.1:1"],
    "tokenUrl": [*[""] * 8, "https://api.test/token", "http://127.0.0.1:1/token"],
    "tokenAudience": ["", "none", "https://api.zscaler.com"],
    "assertionAudience": ["", "https://acme.zslogin.net"],
    "resumeInterrupted": ["", "true"],
}


def draw_for(keys: tuple[str, ...], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values for some of the settings, most of them usual, secrets where they belong."""
    own = {
        key: SECRET | st.just("")
        if key in SECRETS
        else st.sampled_from([*USUAL[key], *USUAL[key], None]).flatmap(
            lambda usual: values if usual is None else st.just(usual)
        )
        for key in keys
    }
    missing = st.lists(st.sampled_from(keys), max_size=2)
    return st.tuples(st.fixed_dictionaries(own), missing).map(
        lambda drawn: {key: value for key, value in drawn[0].items() if key not in drawn[1]}
    )


def seldom(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[Any, Any]]:
    """A few entries more, in one case of four."""
    return st.sampled_from([0, 0, 0, 2]).flatmap(
        lambda size: st.dictionaries(TEXT, values, max_size=size)
    )


NAMES = st.sampled_from([None, "eu", "eu.west", "acme"])
ENTRY = st.tuples(seldom(VALUE), draw_for(KEYS, VALUE)).map(lambda two: {**two[0], **two[1]})
ENTRIES = st.tuples(
    seldom(VALUE), st.fixed_dictionaries({"eu": ENTRY, "eu.west": ENTRY | VALUE})
).map(lambda two: {**two[0], **two[1]})
TENANTS = st.integers(0, 7).flatmap(lambda n: ENTRIES.map(json.dumps) if n else TEXT)
CONFIG = st.tuples(seldom(TEXT), draw_for(KEYS, TEXT), TENANTS).map(
    lambda three: {
        **{f"zdx:{key}": value for key, value in {**three[0], **three[1]}.items()},
        "zdx:tenants": three[2],
    }
)
ENVIRON: st.SearchStrategy[dict[str, Any]] = st.just({}) | draw_for(tuple(ENVIRONMENT), TEXT).map(
    lambda own: {ENVIRONMENT[key]: value for key, value in own.items()}
)


@pytest.fixture(scope="module", autouse=True)
def _nowhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No drawn text is the path of a file of this repository."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("nowhere"))
        yield


def read_all(config: dict[str, str], environ: dict[str, str], name: str | None) -> list[str]:
    """What a user may see of these settings; of a refusal, all that a traceback holds."""
    shown = []
    try:
        settings = load_settings(config.get, environ, name)
        shown += [repr(settings), str(settings), settings.model_dump_json(exclude={"http_proxy"})]
        shown += [repr(settings.build_tenant()), repr(settings.build_credentials())]
        settings.open().close()
    except SettingsError as refused:
        shown += [str(refused), repr(refused), repr(refused.__context__), repr(refused.__cause__)]
    return shown


@given(config=CONFIG, environ=ENVIRON, name=NAMES)
@fuzz_settings(0.1)
def test_load_settings_never_shows_a_secret(
    config: dict[str, str], environ: dict[str, str], name: str | None
) -> None:
    shown = read_all(config, environ, name)

    assert not [text for text in shown if PLANTED in text]
    lines = [line for pem in (PEM, EC_PEM) for line in pem.splitlines()[1:-1]]
    assert not [line for line in lines for text in shown if line in text]


@given(config=CONFIG, environ=ENVIRON, name=NAMES)
@fuzz_settings(0.05)
def test_load_settings_fails_in_one_printable_line(
    config: dict[str, str], environ: dict[str, str], name: str | None
) -> None:
    try:
        require_known_names(config)
        list_tenant_names(config.get)
        line = describe_plain_secret(list_secret_paths(config.get) or ["zdx:clientSecret"])
        load_settings(config.get, environ, name).open().close()
    except SettingsError as refused:
        line = str(refused)

    assert line.isprintable()
    assert PLANTED not in line
