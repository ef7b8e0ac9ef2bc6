"""How many cases a fuzzing test tries."""

import os

from hypothesis import HealthCheck, settings

SAMPLE = 400
CASES = int(os.environ.get("ZDX_FUZZ_CASES", str(SAMPLE)))


def fuzz_settings(share: float) -> settings:
    """Return settings for a test that tries its share of all cases."""
    return settings(
        max_examples=max(1, int(CASES * share)),
        deadline=None,
        database=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.function_scoped_fixture,
        ],
    )
