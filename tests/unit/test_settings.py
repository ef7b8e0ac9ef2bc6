import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel
from support.samples import PLANTED

from zdx_provider.errors import SettingsError, ZdxError
from zdx_provider.settings import Settings, load_settings, profile_names
from zdx_provider.zidentity import ClientSecret, InvalidCredentials, InvalidTenant, PrivateKey

CONFIG = {"zdx:vanityDomain": "acme", "zdx:clientId": "admin", "zdx:clientSecret": PLANTED}
EU = {"vanityDomain": "acme-eu", "clientId": "eu-admin", "clientSecret": "eu-fake-secret"}

ENVIRONMENT = {
    "ZSCALER_CLIENT_ID": "from-environment",
    "ZSCALER_CLIENT_SECRET": "environment-fake-secret",
    "ZSCALER_VANITY_DOMAIN": "acme-env",
    "ZSCALER_CLOUD": "beta",
    "ZSCALER_HTTP_PROXY": "http://proxy.test:3128",
    "ZSCALER_API_URL": "https://api.env.test",
    "ZSCALER_TOKEN_URL": "https://token.env.test/token",
}


def settings(
    config: dict[str, str], environ: dict[str, str] | None = None, profile: str | None = None
) -> Settings:
    return load_settings(config.get, environ or {}, profile)


def with_profiles(config: dict[str, str], **profiles: Any) -> dict[str, str]:
    return {**config, "zdx:tenants": json.dumps(profiles)}


@pytest.fixture(scope="session")
def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def test_the_environment_alone_is_enough() -> None:
    read = settings({}, ENVIRONMENT)

    assert read.credentials() == ClientSecret("from-environment", "environment-fake-secret")
    assert read.tenant().vanity_domain == "acme-env"
    assert read.tenant().cloud == "beta"
    assert read.tenant().api_url == "https://api.env.test"
    assert read.tenant().token_url == "https://token.env.test/token"
    assert read.connection().http_proxy == "http://proxy.test:3128"


def test_the_config_comes_before_the_environment() -> None:
    config = {
        **CONFIG,
        "zdx:cloud": "gov",
        "zdx:httpProxy": "http://other.test",
        "zdx:apiUrl": "https://api.config.test",
        "zdx:tokenUrl": "https://token.config.test/token",
    }

    read = settings(config, ENVIRONMENT)

    assert read.credentials() == ClientSecret("admin", PLANTED)
    assert read.tenant().vanity_domain == "acme"
    assert read.tenant().cloud == "gov"
    assert read.tenant().api_url == "https://api.config.test"
    assert read.tenant().token_url == "https://token.config.test/token"
    assert read.connection().http_proxy == "http://other.test"


def test_an_empty_value_is_one_that_is_not_set() -> None:
    read = settings({**CONFIG, "zdx:clientId": ""}, ENVIRONMENT)

    assert read.client_id == "from-environment"


def test_numbers_and_truth_are_read_from_the_text_of_the_config() -> None:
    numbers = {"zdx:maxRetries": "2", "zdx:requestTimeout": "1.5", "zdx:resumeInterrupted": "true"}

    read = settings({**CONFIG, **numbers})

    assert read.connection().max_retries == 2
    assert read.connection().request_timeout == 1.5
    assert read.resume_interrupted is True


@pytest.mark.parametrize(
    ("key", "variable"),
    [
        ("vanityDomain", "ZSCALER_VANITY_DOMAIN"),
        ("clientId", "ZSCALER_CLIENT_ID"),
        ("clientSecret", "ZSCALER_CLIENT_SECRET"),
    ],
)
def test_a_missing_setting_is_named_in_both_spellings(key: str, variable: str) -> None:
    read = settings({name: value for name, value in CONFIG.items() if name != f"zdx:{key}"})

    with pytest.raises(SettingsError) as missing:
        (read.tenant(), read.credentials())

    assert f"the setting zdx:{key} is missing" in str(missing.value)
    assert variable in str(missing.value)


def test_a_missing_secret_is_set_as_a_secret() -> None:
    with pytest.raises(
        SettingsError, match="pulumi config set --secret zdx:clientSecret, which asks for it"
    ):
        settings({"zdx:clientId": "admin"}).credentials()


def test_a_private_key_signs_in_instead_of_a_secret(pem: str) -> None:
    read = settings({"zdx:clientId": "admin", "zdx:privateKey": pem})

    assert read.credentials() == PrivateKey("admin", pem)


def test_both_kinds_of_secret_at_once_are_refused_in_both_spellings(pem: str) -> None:
    read = settings(CONFIG, {"ZSCALER_PRIVATE_KEY": pem})

    with pytest.raises(SettingsError, match="a client signs in with one of them") as refused:
        read.credentials()

    assert "zdx:clientSecret (ZSCALER_CLIENT_SECRET)" in str(refused.value)
    assert "zdx:privateKey (ZSCALER_PRIVATE_KEY)" in str(refused.value)


def test_a_profile_is_a_tenant_of_its_own() -> None:
    read = settings(with_profiles(CONFIG, eu={**EU, "cloud": "gov"}), ENVIRONMENT, "eu")

    assert read.credentials() == ClientSecret("eu-admin", "eu-fake-secret")
    assert (read.tenant().vanity_domain, read.tenant().cloud) == ("acme-eu", "gov")


def test_a_profile_inherits_how_calls_are_made() -> None:
    shared = {
        "zdx:maxRetries": "2",
        "zdx:requestTimeout": "7",
        "zdx:resumeInterrupted": "true",
    }

    read = settings(with_profiles({**CONFIG, **shared}, eu=EU), ENVIRONMENT, "eu")

    assert read.connection().http_proxy == "http://proxy.test:3128"
    assert read.connection().max_retries == 2
    assert read.connection().request_timeout == 7
    assert read.resume_interrupted is True


def test_a_profile_may_say_otherwise_than_what_it_inherits() -> None:
    config = with_profiles({"zdx:maxRetries": "2"}, eu={**EU, "maxRetries": 9})

    assert settings(config, {}, "eu").connection().max_retries == 9


@pytest.mark.parametrize("key", ["vanityDomain", "clientId", "clientSecret"])
def test_a_profile_inherits_neither_tenant_nor_credentials(key: str) -> None:
    profile = {name: value for name, value in EU.items() if name != key}
    read = settings(with_profiles(CONFIG, eu=profile), ENVIRONMENT, "eu")

    with pytest.raises(SettingsError) as missing:
        (read.tenant(), read.credentials())

    assert f'the profile "eu" of zdx:tenants has no {key}' in str(missing.value)
    assert f"--path 'zdx:tenants.eu.{key}'" in str(missing.value)


def test_a_profile_does_not_send_its_credentials_to_anothers_addresses() -> None:
    config = {**CONFIG, "zdx:apiUrl": "https://api.test", "zdx:tokenUrl": "https://api.test/t"}

    tenant = settings(with_profiles(config, eu=EU), ENVIRONMENT, "eu").tenant()

    assert tenant.api_url == "https://api.zsapi.net"
    assert tenant.token_url == "https://acme-eu.zslogin.net/oauth2/v1/token"


def test_a_profile_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(SettingsError) as refused:
        settings(with_profiles(CONFIG, eu=EU, apac=EU), {}, "us")

    assert 'no profile "us". Its profiles are: apac, eu.' in str(refused.value)


def test_without_profiles_a_profile_is_refused() -> None:
    with pytest.raises(SettingsError, match="Its profiles are: none"):
        settings(CONFIG, {}, "eu")


def test_profiles_are_named_in_order() -> None:
    assert profile_names(with_profiles(CONFIG, eu=EU, apac=EU).get) == ["apac", "eu"]
    assert profile_names(CONFIG.get) == []


@pytest.mark.parametrize("tenants", ["{", "[]", '"eu"', "7", PLANTED])
def test_profiles_that_are_no_map_are_refused(tenants: str) -> None:
    with pytest.raises(SettingsError, match="zdx:tenants is not a map of profiles") as refused:
        settings({**CONFIG, "zdx:tenants": tenants}, {}, "eu")

    assert PLANTED not in str(refused.value)


@pytest.mark.parametrize("profile", ["eu-admin", 7, [EU], None])
def test_a_profile_that_is_no_map_is_refused(profile: object) -> None:
    with pytest.raises(SettingsError, match=r"zdx:tenants\.eu is not a set of settings"):
        settings(with_profiles(CONFIG, eu=profile), {}, "eu")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("maxRetries", "many"),
        ("maxRetries", "-1"),
        ("maxRetries", "21"),
        ("maxRetries", "1.5"),
        ("requestTimeout", "0"),
        ("requestTimeout", "601"),
        ("requestTimeout", "nan"),
        ("requestTimeout", "soon"),
        ("resumeInterrupted", "perhaps"),
    ],
)
def test_a_malformed_value_is_named_by_its_setting(key: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"the setting zdx:{key} is not valid"):
        settings({**CONFIG, f"zdx:{key}": value})


def test_a_misspelled_setting_of_a_profile_is_named() -> None:
    config = with_profiles(CONFIG, eu={**EU, "vanitydomain": "acme"})

    with pytest.raises(SettingsError, match=r"there is no setting zdx:tenants\.eu\.vanitydomain\."):
        settings(config, {}, "eu")


@pytest.mark.parametrize("vanity_domain", ["acme.zslogin.net", "acme/..", "a b", "-acme", "@host"])
def test_a_vanity_domain_that_is_no_dns_label_is_refused(vanity_domain: str) -> None:
    with pytest.raises(InvalidTenant, match="is not one DNS label"):
        settings({**CONFIG, "zdx:vanityDomain": vanity_domain}).tenant()


@pytest.mark.parametrize("url", ["http://api.zsapi.net", "ftp://host", "https://u:p@host", "host"])
def test_an_address_that_credentials_must_not_go_to_is_refused(url: str) -> None:
    with pytest.raises(InvalidTenant):
        settings({**CONFIG, "zdx:apiUrl": url}).tenant()


@pytest.mark.parametrize("key", ["clientSecret", "privateKey"])
@pytest.mark.parametrize("value", [[PLANTED], {"value": PLANTED}])
def test_a_secret_of_the_wrong_shape_is_not_in_the_message(key: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"{key} is not valid") as refused:
        settings(with_profiles({}, eu={**EU, key: value}), {}, "eu")

    assert PLANTED not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


def test_a_private_key_that_is_none_is_not_in_the_message() -> None:
    read = settings({"zdx:clientId": "admin", "zdx:privateKey": PLANTED})

    with pytest.raises(InvalidCredentials) as refused:
        read.credentials()

    assert PLANTED not in str(refused.value)


@given(
    st.dictionaries(
        st.sampled_from(sorted(Settings.model_fields)).map(to_camel),
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()),
    )
)
def test_no_settings_show_a_secret(own: dict[str, Any]) -> None:
    profile = {**own, "clientSecret": PLANTED, "privateKey": PLANTED}
    try:
        read = settings(with_profiles({}, eu=profile), {}, "eu")
        shown = [repr(read), str(read), read.model_dump_json()]
        read.tenant()
        read.credentials()
    except ZdxError as refused:
        shown = [str(refused)]

    assert not [text for text in shown if PLANTED in text]


def test_credentials_do_not_show_their_secret(pem: str) -> None:
    secret = settings(CONFIG).credentials()
    key = settings({"zdx:clientId": "admin", "zdx:privateKey": pem}).credentials()

    assert PLANTED not in repr(secret)
    assert "PRIVATE KEY" not in repr(key)


@pytest.mark.parametrize("only", ["apiUrl", "tokenUrl"])
def test_half_a_tenant_on_this_machine_is_refused_before_credentials_go_astray(only: str) -> None:
    config = {"zdx:vanityDomain": "acme", f"zdx:{only}": "http://127.0.0.1:8765"}

    with pytest.raises(SettingsError, match="only one of zdx:apiUrl"):
        load_settings(config.get, {}).tenant()
