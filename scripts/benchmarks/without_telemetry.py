"""The cache as a mitmproxy script, with nobody who counts: what the dashboard's figures cost is the difference."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "addon"))

from aicache.addon import AICache

cache = AICache()
for watcher in list(cache._watchers._watchers):
    cache._watchers.remove(watcher)
addons = [cache]
