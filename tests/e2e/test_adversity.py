"""A tenant behind a proxy that breaks, as the user of the CLI meets it."""

import pytest
from support.proxy import Failure, running_proxy
from support.pulumi_project import PulumiProject
from support.soundness import assert_sound

from zdx_emulator.testing import RunningEmulator


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
