"""What holds for every test."""

from hypothesis import HealthCheck, settings

# A machine that has other things to do makes no property untrue; nor do inputs that by chance are often no good ones.
settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
settings.load_profile("unhurried")
