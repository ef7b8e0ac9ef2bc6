"""Many keys in one program, on a tenant that refuses a third of the requests with 429."""

import pytest
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import RunningEmulator

MANY = """
for n in range({count}):
    ApiKey(f"key-{{n}}", name=f"key-{{n:03}}", role="ZDX Read-only Admin")
"""

_ROTATING = """
from zdx_provider import RotationArgs

for n in range({count}):
    ApiKey(f"key-{{n}}", name=f"key-{{n:03}}", role="ZDX Read-only Admin",
           rotation=RotationArgs(triggers={{"incident": "{trigger}"}}))
"""


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_create_of_many_keys_creates_each_once_despite_the_rate_limit(
    project: PulumiProject, tenant: RunningEmulator, count: int
) -> None:
    project.program(MANY.format(count=count))
    _refuse_a_third_of_calls(tenant, until=2 * count)

    said = project.up("--debug")

    names = sorted(client.name for client in tenant.clients())
    assert names == [f"key-{n:03}" for n in range(count)]
    assert sum(request.status == 429 for request in tenant.requests()) >= 0.95 * count
    assert 'to create the API client "key-' in said.text
    assert "the rate limit is reached" in said.text
    assert len(project.recorded_keys()) == count


@pytest.mark.slow
@pytest.mark.parametrize("count", [24, 100])
def test_rotation_of_many_keys_succeeds_despite_the_rate_limit(
    project: PulumiProject, tenant: RunningEmulator, count: int
) -> None:
    project.program(_ROTATING.format(count=count, trigger="a"))
    project.up()
    before = {key["key_id"]: key["secret_id"] for key in project.recorded_keys()}
    project.program(_ROTATING.format(count=count, trigger="b"))
    _refuse_a_third_of_calls(tenant, until=2 * count)

    project.up()

    rotated = project.recorded_keys()
    assert len(rotated) == count
    for key in rotated:
        assert key["previous_secret_id"] == before[key["key_id"]]
        assert tenant.token_for(key["key_id"], key["key_secret"])


def _refuse_a_third_of_calls(tenant: RunningEmulator, *, until: int) -> None:
    for after in range(0, until, 2):
        tenant.fault(
            method="*",
            path="/ziam/admin/api/v1/api-clients*",
            after=after,
            status=429,
            headers={"x-ratelimit-reset": ["1", "1"]},
        )
