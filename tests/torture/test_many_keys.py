"""Hundreds of keys on a tenant with too many calls; `make test` has some dozens."""

from support.many_keys import assert_many_are_made_once_each, assert_many_rotate_at_once
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import RunningEmulator


def test_two_hundred_keys_are_made_once_each_although_a_third_of_the_calls_is_too_many(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    assert_many_are_made_once_each(200, project, tenant)


def test_a_hundred_keys_rotate_at_once_although_a_third_of_the_calls_is_too_many(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    assert_many_rotate_at_once(100, project, tenant)
