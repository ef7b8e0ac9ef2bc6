"""Many keys in one program, on a tenant that answers a third of the calls with 429."""

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


def assert_many_are_made_once_each(
    count: int, project: PulumiProject, tenant: RunningEmulator
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


def assert_many_rotate_at_once(count: int, project: PulumiProject, tenant: RunningEmulator) -> None:
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
