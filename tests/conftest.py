"""What holds for every test."""

from hypothesis import HealthCheck, settings

# A machine that has other things to do makes no property untrue.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
