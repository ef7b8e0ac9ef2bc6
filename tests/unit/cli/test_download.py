import json
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.samples import PLANTED
from unit.cli.conftest import PulumiAnswers

from zdx_provider.cli.key_files import format_key
from zdx_provider.cli.options import KeyFormat
from zdx_provider.cli.stack import Stack
from zdx_provider.cli.state_keys import find_key
from zdx_provider.errors import ZdxError
from zdx_provider.keys.authentication import Authentication
from zdx_provider.keys.state import KeyState


def build_state(*, secret: str | None = PLANTED, cloud: str = "") -> KeyState:
    return KeyState(
        name="ci-prod",
        role="ZDX Read-only Admin",
        role_id="zdx::1",
        key_id="id-1",
        key_secret=SecretStr(secret) if secret else None,
        vanity_domain="acme",
        cloud=cloud,
    )


def test_download_json_has_the_format_of_the_portal() -> None:
    content = format_key(build_state(), KeyFormat.JSON).get_secret_value()

    assert json.loads(content) == {"key_id": "id-1", "key_secret": PLANTED}


def test_download_env_names_the_cloud_unless_it_is_production() -> None:
    production = format_key(build_state(), KeyFormat.ENV).get_secret_value()
    beta = format_key(build_state(cloud="beta"), KeyFormat.ENV).get_secret_value()

    assert production.splitlines() == [
        "ZSCALER_CLIENT_ID=id-1",
        f"ZSCALER_CLIENT_SECRET={PLANTED}",
        "ZSCALER_VANITY_DOMAIN=acme",
    ]
    assert beta.splitlines()[-1] == "ZSCALER_CLOUD=beta"


def test_download_env_names_the_addresses_of_a_tenant_that_has_its_own() -> None:
    addresses = {"ZSCALER_API_URL": "http://127.0.0.1:9", "ZSCALER_TOKEN_URL": "http://h/a b"}

    content = format_key(build_state(), KeyFormat.ENV, addresses).get_secret_value()

    assert content.splitlines()[-2:] == [
        "ZSCALER_API_URL=http://127.0.0.1:9",
        "ZSCALER_TOKEN_URL='http://h/a b'",
    ]


def test_download_env_names_no_cloud_without_a_known_host() -> None:
    content = format_key(build_state(cloud="preview"), KeyFormat.ENV).get_secret_value()

    assert "CLOUD" not in content


def test_download_env_quotes_shell_characters() -> None:
    content = format_key(build_state(secret="$(fake) 'x'"), KeyFormat.ENV).get_secret_value()

    assert """ZSCALER_CLIENT_SECRET='$(fake) '"'"'x'"'"''""" in content


def test_download_refuses_a_key_without_its_secret() -> None:
    with pytest.raises(ZdxError, match="without its secret"):
        format_key(build_state(secret=None), KeyFormat.JSON)


def test_download_of_a_key_without_a_secret_says_how_it_authenticates() -> None:
    declared = Authentication(jwks_url="https://keys.example/jwks.json")
    key = build_state(secret=None, cloud="beta").model_copy(update={"authentication": declared})

    document = format_key(key, KeyFormat.JSON).get_secret_value()
    variables = format_key(key, KeyFormat.ENV).get_secret_value()

    assert json.loads(document) == {
        "key_id": "id-1",
        "vanity_domain": "acme",
        "cloud": "beta",
        "authentication": "private key",
    }
    assert variables.splitlines() == [
        "# This key authenticates with a private key. Set ZSCALER_PRIVATE_KEY to it.",
        "ZSCALER_CLIENT_ID=id-1",
        "ZSCALER_VANITY_DOMAIN=acme",
        "ZSCALER_CLOUD=beta",
    ]


@pytest.mark.parametrize("wanted", ["ci", "ci-prod", "id-1"])
def test_download_finds_a_key_by_logical_name_name_or_id(
    pulumi_answers: PulumiAnswers, tmp_path: Path, wanted: str
) -> None:
    pulumi_answers(_export("ci", "cd"))

    assert find_key(Stack(tmp_path), wanted).key_id == "id-1"


def test_download_of_an_ambiguous_name_lists_the_ids(
    pulumi_answers: PulumiAnswers, tmp_path: Path
) -> None:
    pulumi_answers(_export("ci", "x:y:Team$ci"))

    with pytest.raises(ZdxError, match="Use an ID: id-1, id-2"):
        find_key(Stack(tmp_path), "ci")


def _export(*places: str) -> str:
    kind = "pulumi-python:dynamic/zdx:ApiKey"
    resources = []
    for number, place in enumerate(places, start=1):
        *parents, name = place.split("$")
        outputs = {
            "name": f"{name}-prod",
            "role": "ZDX Read-only Admin",
            "role_id": "zdx::1",
            "key_id": f"id-{number}",
            "vanity_domain": "acme",
        }
        urn = f"urn:pulumi:prod::keys::{'$'.join([*parents, kind])}::{name}"
        resources.append({"urn": urn, "type": kind, "outputs": outputs})
    return json.dumps({"deployment": {"resources": resources}})
