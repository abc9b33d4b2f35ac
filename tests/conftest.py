"""What holds for every test."""

from hypothesis import settings

# A machine that has other things to do makes no property untrue.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
