from zdx_provider.zidentity import ConnectionOptions


def test_a_proxy_password_is_not_shown() -> None:
    options = ConnectionOptions(http_proxy="http://user:obviously-fake@proxy.test:3128")

    assert "obviously-fake" not in repr(options)
