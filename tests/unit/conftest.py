from hypothesis import HealthCheck, settings

# How long an example takes says something about the machine, and nothing about the product.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("any machine")
