from pathlib import Path

import certifi
import pytest

from zdx_provider.zidentity import ConnectionOptions, InvalidConnection


def test_a_bundle_of_certificates_is_accepted() -> None:
    assert ConnectionOptions(ca_bundle=certifi.where()).ca_bundle == certifi.where()


def test_a_folder_of_certificates_is_accepted(tmp_path: Path) -> None:
    assert ConnectionOptions(ca_bundle=str(tmp_path)).ca_bundle == str(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no certificate", b"\xff\x00"])
def test_a_bundle_without_certificates_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(content)

    with pytest.raises(InvalidConnection, match=r"bundle\.pem"):
        ConnectionOptions(ca_bundle=str(bundle))


def test_a_bundle_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidConnection, match=r"missing\.pem"):
        ConnectionOptions(ca_bundle=str(tmp_path / "missing.pem"))


def test_a_proxy_password_is_not_shown() -> None:
    options = ConnectionOptions(http_proxy="http://user:obviously-fake@proxy.test:3128")

    assert "obviously-fake" not in repr(options)
