"""Settings of the process, which every key needs, are read into a tenant once."""

from zdx_provider.engine.tenants import Tenants


def test_tenant_is_built_once_from_the_same_texts() -> None:
    tenants = Tenants({"zdx:vanityDomain": "acme"}.get, {})

    assert tenants.find_tenant(None) is tenants.find_tenant(None)
    assert tenants.load_settings(None) is tenants.load_settings(None)


def test_tenant_is_built_again_from_other_texts() -> None:
    config, environ = {"zdx:vanityDomain": "acme"}, {"ZSCALER_CLOUD": "beta"}
    tenants = Tenants(config.get, environ)
    before = tenants.find_tenant(None)

    environ["ZSCALER_CLOUD"] = "gov"
    moved = tenants.find_tenant(None)
    config["zdx:tenants"] = '{"eu": {"vanityDomain": "acme-eu"}}'
    first = tenants.find_tenant("eu")
    config["zdx:tenants"] = '{"eu": {"vanityDomain": "acme-fr"}}'
    second = tenants.find_tenant("eu")

    assert [str(each) for each in (before, moved)] == ["acme (cloud beta)", "acme (cloud gov)"]
    assert [str(each) for each in (first, second)] == ["acme-eu", "acme-fr"]
