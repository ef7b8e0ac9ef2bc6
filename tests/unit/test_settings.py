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
from zdx_provider.settings import (
    Settings,
    list_tenant_names,
    load_settings,
    require_known_names,
)
from zdx_provider.stack_config import KEYS, SECRETS
from zdx_provider.zidentity import (
    ClientSecret,
    PrivateKey,
    Tenant,
)

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
    config: dict[str, str], environ: dict[str, str] | None = None, entry: str | None = None
) -> Settings:
    return load_settings(config.get, environ or {}, entry)


def with_tenants(config: dict[str, str], **entries: Any) -> dict[str, str]:
    return {**config, "zdx:tenants": json.dumps(entries)}


@pytest.fixture(scope="session")
def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def test_settings_have_the_names_that_a_program_uses() -> None:
    assert tuple(map(to_camel, Settings.model_fields)) == KEYS
    assert (
        tuple(
            to_camel(name)
            for name, field in Settings.model_fields.items()
            if "Secret" in str(field)
        )
        == SECRETS
    )


def test_load_settings_reads_everything_from_the_environment() -> None:
    read = settings({}, ENVIRONMENT)

    assert read.build_credentials() == ClientSecret("from-environment", "environment-fake-secret")
    assert read.build_tenant().vanity_domain == "acme-env"
    assert read.build_tenant().cloud == "beta"
    assert read.build_tenant().api_url == "https://api.env.test"
    assert read.build_tenant().token_url == "https://token.env.test/token"
    assert read.build_connection().http_proxy == "http://proxy.test:3128"


def test_load_settings_prefers_the_config_to_the_environment() -> None:
    config = {
        **CONFIG,
        "zdx:cloud": "gov",
        "zdx:httpProxy": "http://other.test",
        "zdx:apiUrl": "https://api.config.test",
        "zdx:tokenUrl": "https://token.config.test/token",
    }

    read = settings(config, ENVIRONMENT)

    assert read.build_credentials() == ClientSecret("admin", PLANTED)
    assert read.build_tenant().vanity_domain == "acme"
    assert read.build_tenant().cloud == "gov"
    assert read.build_tenant().api_url == "https://api.config.test"
    assert read.build_tenant().token_url == "https://token.config.test/token"
    assert read.build_connection().http_proxy == "http://other.test"


@pytest.mark.parametrize("in_environment", [False, True])
def test_audiences_are_settings_of_the_tenant(*, in_environment: bool) -> None:
    config = {"zdx:tokenAudience": "None", "zdx:assertionAudience": "https://acme.zslogin.net"}
    environ = {
        "ZSCALER_TOKEN_AUDIENCE": "none",
        "ZSCALER_ASSERTION_AUDIENCE": "https://acme.zslogin.net",
    }

    read = settings(CONFIG, environ) if in_environment else settings({**CONFIG, **config})

    tenant = read.build_tenant()
    assert tenant.token_audience == "none"
    assert tenant.assertion_audience == "https://acme.zslogin.net"


def test_audiences_are_the_documented_ones_by_default() -> None:
    tenant = settings(CONFIG).build_tenant()

    assert tenant.token_audience == tenant.assertion_audience == "https://api.zscaler.com"


@pytest.mark.parametrize("audience", ["acme", "http://acme.zslogin.net", "https://u:p@h", "a\nb"])
@pytest.mark.parametrize("key", ["tokenAudience", "assertionAudience"])
def test_load_settings_refuses_an_audience_that_is_not_a_url(key: str, audience: str) -> None:
    with pytest.raises(SettingsError, match=rf"is not an https URL\. .*`pulumi .*zdx:{key} VALUE`"):
        settings({**CONFIG, f"zdx:{key}": audience}).build_tenant()


def test_only_the_audience_of_a_token_request_can_be_none() -> None:
    with pytest.raises(SettingsError, match="audience of the assertion is not an https URL"):
        settings({**CONFIG, "zdx:assertionAudience": "none"}).build_tenant()


def test_load_settings_treats_an_empty_value_as_unset() -> None:
    read = settings({"zdx:vanityDomain": "acme", "zdx:clientId": ""}, ENVIRONMENT)

    assert read.client_id == "from-environment"


def test_load_settings_parses_numbers_and_booleans_from_text() -> None:
    numbers = {"zdx:maxRetries": "2", "zdx:requestTimeout": "1.5", "zdx:resumeInterrupted": "true"}

    read = settings({**CONFIG, **numbers})

    assert read.build_connection().max_retries == 2
    assert read.build_connection().request_timeout == 1.5
    assert read.resume_interrupted is True


@pytest.mark.parametrize(
    ("key", "variable"),
    [
        ("vanityDomain", "ZSCALER_VANITY_DOMAIN"),
        ("clientId", "ZSCALER_CLIENT_ID"),
        ("clientSecret", "ZSCALER_CLIENT_SECRET"),
    ],
)
def test_missing_setting_is_named_with_its_variable(key: str, variable: str) -> None:
    read = settings({name: value for name, value in CONFIG.items() if name != f"zdx:{key}"})

    with pytest.raises(SettingsError) as missing:
        (read.build_tenant(), read.build_credentials())

    assert f"the setting zdx:{key} is missing" in str(missing.value)
    assert variable in str(missing.value)


def test_missing_settings_are_named_together() -> None:
    with pytest.raises(SettingsError) as missing:
        settings({}).build_tenant()

    assert "settings zdx:vanityDomain, zdx:clientId and zdx:clientSecret are missing" in str(
        missing.value
    )
    assert "ZSCALER_VANITY_DOMAIN, ZSCALER_CLIENT_ID and ZSCALER_CLIENT_SECRET" in str(
        missing.value
    )


def test_missing_settings_of_a_tenant_are_named_together() -> None:
    with pytest.raises(SettingsError, match="has no vanityDomain and clientSecret") as missing:
        settings(
            with_tenants({}, **{"eu.west": {"clientId": "a"}}), {}, "eu.west"
        ).build_credentials()

    assert """pulumi config set --path 'zdx:tenants["eu.west"].vanityDomain' VALUE""" in str(
        missing.value
    )


@pytest.mark.parametrize(
    "typed", ["{}\r\n", " {} ", "\ufeff{}", '"{}"', "'{}'\n", "\u201c{}\u201d"]
)
def test_load_settings_strips_surrounding_characters(typed: str) -> None:
    config = {key: typed.format(value) for key, value in CONFIG.items()}
    environ = {f"ZSCALER_{key}": typed.format(key) for key in ("CLIENT_ID", "CLIENT_SECRET")}

    assert settings(config).build_credentials() == ClientSecret("admin", PLANTED)
    assert settings({}, environ).build_credentials() == ClientSecret("CLIENT_ID", "CLIENT_SECRET")
    assert settings(config).build_tenant().vanity_domain == "acme"


@pytest.mark.parametrize("typed", ["ad\nmin", "ad min", "ad\u200bmin", "ad\x00min", "\udcffadmin"])
@pytest.mark.parametrize("key", ["clientId", "clientSecret"])
def test_build_credentials_names_a_damaged_text_and_its_setting(key: str, typed: str) -> None:
    with pytest.raises(
        SettingsError, match=r"invisible character.*zdx:client|not valid"
    ) as refused:
        settings({**CONFIG, f"zdx:{key}": typed}).build_credentials()

    assert typed not in str(refused.value)


def test_build_credentials_names_the_placeholder_of_a_secret() -> None:
    with pytest.raises(SettingsError, match="Read the secret with --show-secrets"):
        settings({**CONFIG, "zdx:clientSecret": "[secret]"}).build_credentials()


def test_load_settings_reads_a_whole_number_as_its_text() -> None:
    entry = {**EU, "clientId": 9876543210, "vanityDomain": 9223372036854775807}

    read = settings(with_tenants({}, eu=entry), {}, "eu")

    assert read.build_credentials() == ClientSecret("9876543210", "eu-fake-secret")
    assert read.build_tenant().vanity_domain == "9223372036854775807"


@pytest.mark.parametrize("value", [True, False, 1e300, 0.5])
def test_load_settings_refuses_text_stored_as_another_type(value: object) -> None:
    with pytest.raises(SettingsError, match="is not text: it is stored as") as refused:
        settings(with_tenants({}, eu={**EU, "clientId": value}), {}, "eu")

    assert "`pulumi config set --path zdx:tenants.eu.clientId VALUE --type string`" in str(
        refused.value
    )


@pytest.mark.parametrize("name", ["clientID", "client_id", "ClientId", "clientid", "client-id"])
def test_require_known_names_suggests_the_setting_for_a_typo(name: str) -> None:
    with pytest.raises(SettingsError, match=rf"no setting zdx:{name}\. .*mean zdx:clientId\?"):
        require_known_names([*CONFIG, f"zdx:{name}", "aws:region", "zdx:tenants"])


@pytest.mark.parametrize("name", ["client_id", "entry", "tenantName", "x\x1b[2J"])
def test_load_settings_refuses_an_internal_name_in_a_tenant(name: str) -> None:
    with pytest.raises(SettingsError, match="there is no setting zdx:tenants") as refused:
        settings(with_tenants({}, eu={**EU, name: "x"}), {}, "eu")

    assert str(refused.value).isprintable()


@pytest.mark.parametrize("cloud", ["zscalertwo", "ZSCloud", "zscaler"])
@pytest.mark.parametrize("key", ["zdx:cloud", "ZSCALER_CLOUD"])
def test_build_tenant_refuses_a_zia_cloud_and_names_the_setting(cloud: str, key: str) -> None:
    values = {key: cloud}

    with pytest.raises(SettingsError, match="Leave the cloud unset") as refused:
        settings({**CONFIG, **values}, values).build_tenant()

    assert key in str(refused.value)


def test_build_tenant_lets_production_override_a_cloud_of_the_environment() -> None:
    read = settings({**CONFIG, "zdx:cloud": "production"}, {"ZSCALER_CLOUD": "zscalertwo"})

    assert read.build_tenant() == Tenant("acme")


def test_build_credentials_says_how_to_set_a_missing_secret() -> None:
    with pytest.raises(
        SettingsError, match="`pulumi config set --secret zdx:clientSecret`, which prompts for it"
    ):
        settings({"zdx:clientId": "admin"}).build_credentials()


def test_build_credentials_accepts_a_private_key_instead_of_a_secret(pem: str) -> None:
    read = settings({"zdx:clientId": "admin", "zdx:privateKey": pem})

    assert read.build_credentials() == PrivateKey("admin", pem)


@pytest.mark.parametrize("in_environment", [False, True])
def test_build_credentials_refuses_a_secret_and_a_private_key_of_one_source(
    pem: str, *, in_environment: bool
) -> None:
    config = {**CONFIG, "zdx:privateKey": pem}
    environ = {"ZSCALER_CLIENT_ID": "a", "ZSCALER_CLIENT_SECRET": "b", "ZSCALER_PRIVATE_KEY": pem}
    read = settings({}, environ) if in_environment else settings(config)

    with pytest.raises(
        SettingsError, match="a client authenticates with only one of them"
    ) as refused:
        read.build_credentials()

    names = ["ZSCALER_CLIENT_SECRET", "ZSCALER_PRIVATE_KEY"] if in_environment else [*CONFIG][2:]
    assert all(name in str(refused.value) for name in names)


def test_build_credentials_of_the_config_ignores_those_of_the_environment(pem: str) -> None:
    read = settings(CONFIG, {"ZSCALER_PRIVATE_KEY": pem, "ZSCALER_CLIENT_SECRET": "other"})

    assert read.build_credentials() == ClientSecret("admin", PLANTED)
    assert read.format_origin("clientSecret") == "zdx:clientSecret"
    assert read.unused_credentials == ("ZSCALER_CLIENT_SECRET", "ZSCALER_PRIVATE_KEY")


def test_load_settings_completes_the_config_from_the_environment() -> None:
    config = {"zdx:vanityDomain": "acme", "zdx:clientId": "admin", "zdx:apiUrl": "https://a.test"}

    read = settings(config, {"ZSCALER_CLIENT_SECRET": PLANTED, "ZSCALER_CLIENT_ID": "admin"})

    assert read.build_credentials() == ClientSecret("admin", PLANTED)
    assert read.format_origin("clientId") == "zdx:clientId"
    assert read.format_origin("clientSecret") == "ZSCALER_CLIENT_SECRET"
    assert read.build_tenant().api_url == "https://a.test"


@pytest.mark.parametrize("address", ["API_URL", "TOKEN_URL"])
@pytest.mark.parametrize("own", ["clientId", "clientSecret", "privateKey"])
def test_load_settings_keeps_config_credentials_from_an_environment_address(
    address: str, own: str
) -> None:
    environ = {
        "ZSCALER_VANITY_DOMAIN": "acme",
        "ZSCALER_CLIENT_ID": "admin",
        "ZSCALER_CLIENT_SECRET": PLANTED,
        f"ZSCALER_{address}": "http://127.0.0.1:1",
    }

    with pytest.raises(SettingsError, match=f"^ZSCALER_{address} in the environment") as refused:
        settings({f"zdx:{own}": "admin"}, environ)

    assert f"zdx:{own}" in str(refused.value)
    assert PLANTED not in str(refused.value)


@pytest.mark.parametrize("address", ["apiUrl", "tokenUrl"])
def test_load_settings_keeps_environment_credentials_from_a_config_address(
    address: str,
) -> None:
    config = {"zdx:vanityDomain": "acme", f"zdx:{address}": "https://a.test"}
    environ = {"ZSCALER_CLIENT_ID": "admin", "ZSCALER_CLIENT_SECRET": PLANTED}

    with pytest.raises(SettingsError, match=rf"^zdx:{address} in the stack's config .*CLIENT_ID"):
        settings(config, environ)


def test_load_settings_prefers_a_config_address_to_an_environment_address() -> None:
    config = {**CONFIG, "zdx:apiUrl": "https://a.test", "zdx:tokenUrl": "https://a.test/t"}

    tenant = settings(config, ENVIRONMENT).build_tenant()

    assert (tenant.api_url, tenant.token_url) == ("https://a.test", "https://a.test/t")


@pytest.mark.parametrize("secret", ["CLIENT_SECRET", "PRIVATE_KEY"])
def test_load_settings_does_not_pair_the_secret_of_another_client(secret: str) -> None:
    environ = {"ZSCALER_CLIENT_ID": "another", f"ZSCALER_{secret}": PLANTED}

    with pytest.raises(SettingsError, match=f"ZSCALER_{secret} belongs to the second"):
        settings({"zdx:vanityDomain": "acme", "zdx:clientId": "admin"}, environ)


def test_load_settings_of_a_tenant_reads_its_own_settings() -> None:
    read = settings(with_tenants(CONFIG, eu={**EU, "cloud": "gov"}), ENVIRONMENT, "eu")

    assert read.build_credentials() == ClientSecret("eu-admin", "eu-fake-secret")
    assert (read.build_tenant().vanity_domain, read.build_tenant().cloud) == ("acme-eu", "gov")


def test_load_settings_of_a_tenant_inherits_connection_options() -> None:
    shared = {
        "zdx:maxRetries": "2",
        "zdx:requestTimeout": "7",
        "zdx:resumeInterrupted": "true",
    }

    read = settings(with_tenants({**CONFIG, **shared}, eu=EU), ENVIRONMENT, "eu")

    assert read.build_connection().http_proxy == "http://proxy.test:3128"
    assert read.build_connection().max_retries == 2
    assert read.build_connection().request_timeout == 7
    assert read.resume_interrupted is True


def test_load_settings_of_a_tenant_overrides_inherited_options() -> None:
    config = with_tenants({"zdx:maxRetries": "2"}, eu={**EU, "maxRetries": 9})

    assert settings(config, {}, "eu").build_connection().max_retries == 9


@pytest.mark.parametrize("key", ["vanityDomain", "clientId", "clientSecret"])
def test_load_settings_of_a_tenant_inherits_no_domain_or_credentials(key: str) -> None:
    entry = {name: value for name, value in EU.items() if name != key}
    read = settings(with_tenants(CONFIG, eu=entry), ENVIRONMENT, "eu")

    with pytest.raises(SettingsError) as missing:
        (read.build_tenant(), read.build_credentials())

    assert f'the tenant "eu" in zdx:tenants has no {key}' in str(missing.value)
    assert f"--path zdx:tenants.eu.{key}" in str(missing.value)


def test_load_settings_of_a_tenant_inherits_no_addresses() -> None:
    config = {**CONFIG, "zdx:apiUrl": "https://api.test", "zdx:tokenUrl": "https://api.test/t"}

    tenant = settings(with_tenants(config, eu=EU), ENVIRONMENT, "eu").build_tenant()

    assert tenant.api_url == "https://api.zsapi.net"
    assert tenant.token_url == "https://acme-eu.zslogin.net/oauth2/v1/token"


def test_load_settings_does_not_pass_audiences_to_a_tenant_entry() -> None:
    config = {**CONFIG, "zdx:tokenAudience": "none", "zdx:assertionAudience": "https://a.test"}

    tenant = settings(with_tenants(config, eu=EU), ENVIRONMENT, "eu").build_tenant()

    assert tenant.token_audience == tenant.assertion_audience == "https://api.zscaler.com"


def test_load_settings_of_an_unknown_tenant_lists_the_tenants() -> None:
    with pytest.raises(SettingsError) as refused:
        settings(with_tenants(CONFIG, eu=EU, apac=EU), {}, "us")

    assert 'no tenant "us". It has: apac, eu.' in str(refused.value)


def test_load_settings_of_a_tenant_fails_without_tenants() -> None:
    with pytest.raises(SettingsError, match="It has: none"):
        settings(CONFIG, {}, "eu")


def test_list_tenant_names_returns_sorted_names() -> None:
    assert list_tenant_names(with_tenants(CONFIG, eu=EU, apac=EU).get) == ["apac", "eu"]
    assert list_tenant_names(CONFIG.get) == []


@pytest.mark.parametrize("tenants", ["{", "[]", '"eu"', "7", PLANTED, "[" * 5000, "9" * 5000])
def test_load_settings_refuses_tenants_that_are_not_a_map(tenants: str) -> None:
    with pytest.raises(SettingsError, match="zdx:tenants is not a map of tenants") as refused:
        settings({**CONFIG, "zdx:tenants": tenants}, {}, "eu")

    assert PLANTED not in str(refused.value)


@pytest.mark.parametrize("entry", ["eu-admin", 7, [EU], None])
def test_load_settings_refuses_a_tenant_that_is_not_a_map(entry: object) -> None:
    with pytest.raises(
        SettingsError, match='the tenant "eu" in zdx:tenants is not a set of settings'
    ):
        settings(with_tenants(CONFIG, eu=entry), {}, "eu")


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
def test_load_settings_names_the_setting_of_a_malformed_value(key: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"the setting zdx:{key} is not valid"):
        settings({**CONFIG, f"zdx:{key}": value})


def test_load_settings_reads_numbers_from_the_environment() -> None:
    environ = {"ZSCALER_MAX_RETRIES": "2", "ZSCALER_REQUEST_TIMEOUT": "1.5"}

    connection = settings(CONFIG, environ).build_connection()

    assert (connection.max_retries, connection.request_timeout) == (2, 1.5)


def test_load_settings_names_the_variable_of_a_malformed_value() -> None:
    with pytest.raises(
        SettingsError, match="ZSCALER_MAX_RETRIES in the environment is not valid: input should be"
    ):
        settings(CONFIG, {"ZSCALER_MAX_RETRIES": "many"})


def test_load_settings_names_a_misspelled_setting_of_a_tenant() -> None:
    config = with_tenants(CONFIG, eu={**EU, "vanitydomain": "acme"})

    with pytest.raises(SettingsError, match=r"there is no setting zdx:tenants\.eu\.vanitydomain\."):
        settings(config, {}, "eu")


@pytest.mark.parametrize("vanity_domain", ["acme.zslogin.net", "acme/..", "a b", "-acme", "@host"])
def test_build_tenant_refuses_a_vanity_domain_that_is_not_a_dns_label(vanity_domain: str) -> None:
    with pytest.raises(SettingsError, match="is not one DNS label"):
        settings({**CONFIG, "zdx:vanityDomain": vanity_domain}).build_tenant()


@pytest.mark.parametrize("url", ["http://api.zsapi.net", "ftp://host", "https://u:p@host", "host"])
def test_build_tenant_refuses_an_unsafe_address(url: str) -> None:
    with pytest.raises(SettingsError):
        settings({**CONFIG, "zdx:apiUrl": url}).build_tenant()


@pytest.mark.parametrize("key", ["clientSecret", "privateKey"])
@pytest.mark.parametrize("value", [[PLANTED], {"value": PLANTED}])
def test_load_settings_refuses_a_malformed_secret_without_showing_it(
    key: str, value: object
) -> None:
    with pytest.raises(SettingsError, match=f"{key} is not valid") as refused:
        settings(with_tenants({}, eu={**EU, key: value}), {}, "eu")

    assert PLANTED not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


def test_build_credentials_refuses_an_invalid_private_key_without_showing_it() -> None:
    read = settings({"zdx:clientId": "admin", "zdx:privateKey": PLANTED})

    with pytest.raises(SettingsError) as refused:
        read.build_credentials()

    assert PLANTED not in str(refused.value)


def test_load_settings_refuses_a_deeply_nested_entry() -> None:
    tenants = '{"eu": {"clientId": ' + "[" * 900 + "]" * 900 + "}}"

    with pytest.raises(SettingsError, match=r"zdx:tenants\.eu\.clientId is not valid"):
        settings({"zdx:tenants": tenants}, {}, "eu")


@given(
    st.dictionaries(
        st.sampled_from(KEYS),
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()),
    )
)
def test_load_settings_of_any_tenant_shows_no_secret(own: dict[str, Any]) -> None:
    entry = {**own, "clientSecret": PLANTED, "privateKey": PLANTED}
    try:
        read = settings(with_tenants({}, eu=entry), {}, "eu")
        shown = [repr(read), str(read), read.model_dump_json()]
        read.build_tenant()
        read.build_credentials()
    except ZdxError as refused:
        shown = [str(refused)]

    assert not [text for text in shown if PLANTED in text]


def test_build_credentials_hides_the_secret_in_its_repr(pem: str) -> None:
    secret = settings(CONFIG).build_credentials()
    key = settings({"zdx:clientId": "admin", "zdx:privateKey": pem}).build_credentials()

    assert PLANTED not in repr(secret)
    assert "PRIVATE KEY" not in repr(key)


@pytest.mark.parametrize("only", ["apiUrl", "tokenUrl"])
def test_build_tenant_refuses_only_one_address_on_this_machine(only: str) -> None:
    config = {"zdx:vanityDomain": "acme", f"zdx:{only}": "http://127.0.0.1:8765"}

    with pytest.raises(SettingsError, match="must both point to this machine"):
        load_settings(config.get, {}).build_tenant()
