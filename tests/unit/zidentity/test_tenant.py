import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zdx_provider.errors import SettingsError
from zdx_provider.zidentity import Tenant


@pytest.mark.parametrize(
    ("cloud", "api_url", "token_host"),
    [
        ("", "https://api.zsapi.net", "acme.zslogin.net"),
        ("production", "https://api.zsapi.net", "acme.zslogin.net"),
        ("beta", "https://api.beta.zsapi.net", "acme.zsloginbeta.net"),
        ("gov", "https://api.zscalergov.net", "acme.zidentitygov.net"),
        ("govus", "https://api.zscalergov.us", "acme.zidentitygov.us"),
    ],
)
def test_tenant_has_the_hosts_of_its_cloud(cloud: str, api_url: str, token_host: str) -> None:
    tenant = Tenant("acme", cloud)

    assert tenant.api_url == api_url
    assert tenant.token_url == f"https://{token_host}/oauth2/v1/token"


def test_tenant_ignores_case() -> None:
    assert Tenant("Acme", "Production") == Tenant("acme")


@pytest.mark.parametrize(
    "vanity_domain",
    ["", "acme.zslogin.net", "-acme", "acme-", "a" * 64, "a b", "acme/", "x@127.0.0.1", "acme\n"],
)
def test_tenant_refuses_a_vanity_domain_that_is_not_a_dns_label(vanity_domain: str) -> None:
    with pytest.raises(SettingsError, match="the vanity domain"):
        Tenant(vanity_domain)


@pytest.mark.parametrize("cloud", ["x@127.0.0.1:80/", "be.ta", "-beta", "beta-", "b" * 64, " "])
def test_tenant_refuses_a_cloud_that_changes_the_host(cloud: str) -> None:
    with pytest.raises(SettingsError, match="the cloud"):
        Tenant("acme", cloud)


@pytest.mark.parametrize(
    "cloud",
    ["zscaler", "zscalertwo", "ZSCLOUD", "alpha", "preview", "production2", "net", "zslogin"],
)
def test_tenant_refuses_an_unknown_cloud(cloud: str) -> None:
    for addresses in ({}, {"api_url": "https://a.test"}, {"token_url": "https://a.test/t"}):
        with pytest.raises(SettingsError, match="is not a Zscaler OneAPI cloud"):
            Tenant("acme", cloud, **addresses)


@pytest.mark.parametrize("cloud", ["zscalertwo", "zscalerbeta", "ZSCloud"])
def test_tenant_refuses_a_zia_cloud_and_says_what_to_do(cloud: str) -> None:
    with pytest.raises(SettingsError, match=r"name of a ZIA cloud\. Leave the cloud unset"):
        Tenant("acme", cloud)


def test_tenant_accepts_any_cloud_name_with_both_addresses() -> None:
    tenant = Tenant("acme", "Preview", "https://api.test", "https://login.test/token")

    assert (tenant.cloud, str(tenant)) == ("preview", "acme (cloud preview)")
    assert (tenant.api_url, tenant.token_url) == ("https://api.test", "https://login.test/token")


@pytest.mark.parametrize(
    "host", ["Acme.zslogin.net", "https://acme.zsloginbeta.net/", "acme.zidentitygov.us"]
)
def test_tenant_refuses_a_login_host_and_shows_its_vanity_domain(host: str) -> None:
    with pytest.raises(SettingsError, match=r'such as "acme"\.$'):
        Tenant(host)


def test_tenant_has_a_custom_api_url_only_for_another_origin() -> None:
    assert Tenant("acme").custom_api_url == Tenant("acme", "gov").custom_api_url == ""
    assert Tenant("acme", api_url="https://api.zsapi.net/").custom_api_url == ""
    assert Tenant("acme", api_url="https://a.test").custom_api_url == "https://a.test"


@given(st.text(max_size=80), st.text(max_size=80) | st.sampled_from(["beta", "GOV", "govus"]))
@settings(deadline=None, database=None)
def test_tenant_always_has_a_zscaler_host(vanity_domain: str, cloud: str) -> None:
    try:
        tenant = Tenant(vanity_domain, cloud)
    except SettingsError:
        return
    host = tenant.token_url.removeprefix("https://").removesuffix("/oauth2/v1/token")
    label, domain = host.split(".", 1)
    assert label == vanity_domain.lower()
    assert domain in {"zslogin.net", "zsloginbeta.net", "zidentitygov.net", "zidentitygov.us"}


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:8080", "https://proxy.test"],
)
def test_tenant_accepts_an_address_by_https_or_on_this_machine(url: str) -> None:
    tenant = Tenant("acme", api_url=f"{url}/", token_url=f"{url}/oauth2/v1/token")

    assert tenant.api_url == url
    assert tenant.token_url == f"{url}/oauth2/v1/token"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.test",
        "http://127.0.0.1.evil.test",
        "http://localhost.evil.test",
        "http://10.0.0.1",
    ],
)
def test_tenant_refuses_an_http_address_of_another_machine(url: str) -> None:
    with pytest.raises(SettingsError, match="the API URL must begin with https://"):
        Tenant("acme", api_url=url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://api.test",
        "api.test",
        "https://",
        "https://user:obviously-fake@api.test",
        "https://api.test?x=1",
        "https://api.test#x",
        "https://api.test:99999",
        "https://[::1",
        "https://evil.test\\@api.test",
        "http://127.0.0.1\n",
    ],
)
def test_tenant_refuses_a_url_with_extra_parts_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError, match="the token URL is not a plain URL") as error:
        Tenant("acme", token_url=url)

    assert "obviously-fake" not in str(error.value)
