"""A tenant that is slow, broken or not the tenant at all, as the user of the CLI meets it."""

import pytest
from support.key_pair import KeyPair
from support.proxy import Failure, running_proxy
from support.pulumi_project import PulumiProject
from support.soundness import assert_sound

from zdx_emulator.testing import ADMIN_ID, RESOURCE_SERVERS, RunningEmulator

TEN = """
for n in range(10):
    ApiKey(f"key-{n}", name=f"key-{n:03}", role="ZDX Read-only Admin")
"""
HTML = "<html><title>Proxy login</title></html>"


def test_preview_against_a_login_page_fails_in_one_line(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    tenant.fault(method="GET", path=RESOURCE_SERVERS, body=HTML)

    failed = project.fail("preview")

    assert "Check that no proxy or login page responds instead of ZIdentity" in failed.text
    assert "Traceback" not in failed.text
    assert tenant.clients() == []


def test_preview_without_settings_says_what_to_set(project: PulumiProject) -> None:
    project.configure(
        dict.fromkeys(["zdx:vanityDomain", "zdx:apiUrl", "zdx:tokenUrl", "zdx:clientId"])
    )

    failed = project.fail("preview")

    assert "the settings zdx:vanityDomain and zdx:clientId are missing" in failed.text
    assert "ZSCALER_VANITY_DOMAIN and ZSCALER_CLIENT_ID in the environment" in failed.text


def test_preview_with_a_private_key_works_and_names_a_wrong_clock(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    pair = KeyPair.make()
    client = tenant.create_client(
        "pipeline",
        role="Super Admin",
        service="ZIAM",
        clientAuthentication=pair.authentication,
    )
    project.configure(
        {
            "zdx:clientId": client.id,
            "zdx:clientSecret": None,
            "zdx:privateKey": pair.private_pem,
        }
    )
    project.preview()
    tenant.move_clock(6 * 3600)

    failed = project.fail("preview")

    assert "clock" in failed.text
    assert "Traceback" not in failed.text


@pytest.mark.parametrize(
    "path", ["/ziam/admin/api/v1/api-clients", pytest.param(".*/secrets", marks=pytest.mark.slow)]
)
def test_create_behind_a_proxy_that_breaks_after_the_effect_creates_one_key(
    project: PulumiProject, tenant: RunningEmulator, path: str
) -> None:
    with running_proxy(tenant.url, ("scanner", "obviously-fake-proxy-password")) as proxy:
        project.configure({"zdx:apiUrl": None, "zdx:tokenUrl": None, "zdx:httpProxy": proxy.url})
        project.environment["REQUESTS_CA_BUNDLE"] = str(proxy.ca_file)
        proxy.fail("POST", path, Failure.CLOSE_AFTER)

        project.up()

        (client,) = tenant.clients()
        assert_sound(project, tenant)
        assert [s.id for s in tenant.secrets(client.id)] == [project.key()["secret_id"]]
        project.destroy()
    assert tenant.clients() == []


@pytest.mark.slow
def test_create_behind_a_proxy_that_breaks_before_the_effect_works_next_time(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    with running_proxy(tenant.url) as proxy:
        project.configure({"zdx:apiUrl": None, "zdx:tokenUrl": None, "zdx:httpProxy": proxy.url})
        project.environment["REQUESTS_CA_BUNDLE"] = str(proxy.ca_file)
        proxy.fail("POST", "/ziam/admin/api/v1/api-clients", Failure.BAD_GATEWAY_BEFORE)

        failed = project.up_fails()
        project.up()

        assert "may have been made. Run the command again" in failed.text
        assert_sound(project, tenant)


def test_up_sends_only_the_documented_requests(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.program(TEN)
    project.up()

    made = [f"{request.method} {_kind(request.path)}" for request in tenant.requests()]

    assert {request.client_id for request in tenant.requests()} == {ADMIN_ID}
    assert {kind: made.count(kind) for kind in set(made)} == {
        "POST token": 1,
        "GET resource-servers": 1,
        "GET api-clients": 11,  # one before all, and one beside the secret of each key
        "POST api-clients": 10,
        "POST secrets": 10,
    }


def _kind(path: str) -> str:
    kinds = ("secrets", "api-clients", "resource-servers", "token")
    return next(kind for kind in kinds if kind in path)
