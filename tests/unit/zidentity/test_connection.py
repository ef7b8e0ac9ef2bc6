from zdx_provider.zidentity import ConnectionOptions


def test_connection_options_hide_a_proxy_password() -> None:
    options = ConnectionOptions(http_proxy="http://user:obviously-fake@proxy.test:3128")

    assert "obviously-fake" not in repr(options)
