"""The mitmproxy script: ``mitmdump -s addon/ai_cache.py``. It holds no logic; the cache is the package beside it."""

import logging

try:
    from aicache.addon import AICache
except ModuleNotFoundError as missing:
    # An error logged at start ends mitmproxy with exit code 1: one line instead of a traceback.
    logging.getLogger("aicache").error(
        "ai_cache.py needs the Python package that holds %r, which this mitmproxy's Python does not have: "
        "`pip install mitmproxy-ai-cache` (or scripts/serve, which makes its own environment).",
        missing.name,
    )
    addons = []
else:
    addons = [AICache()]
