"""The cache as a mitmproxy script without telemetry, to measure what telemetry costs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "addon"))

from aicache.addon import AICache

cache = AICache()
for watcher in list(cache.parts.watchers._watchers):
    cache.parts.watchers.remove(watcher)
addons = [cache]
