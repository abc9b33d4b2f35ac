"""The mitmproxy script: ``mitmdump -s addon/ai_cache.py``. It holds no logic; the cache is the package beside it."""

import logging

try:
    from aicache.addon import AICache
except ModuleNotFoundError as missing:
    # An error logged at start ends mitmproxy with exit code 1: one line instead of a traceback.
    logging.getLogger("aicache").error(
        "ai_cache.py needs the Python package that holds %r, which this mitmproxy's Python does not have: "
        "install the project there with pip, from its checkout or its wheel; or use scripts/serve, which makes an "
        "environment of its own.",
        missing.name,
    )
    addons = []
else:
    addons = [AICache()]
