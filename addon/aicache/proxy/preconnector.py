"""Has the connection to the upstream opened while a request is looked up by meaning: a miss finds it open."""

from __future__ import annotations

import logging
from functools import cache

from mitmproxy.http import HTTPFlow

from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.trace import Trace
from aicache.patches import early_connections
from aicache.patches.early_connections import ConnectEarly

logger = logging.getLogger(__name__)


class Preconnector:
    """Connects early for requests. What becomes of the attempt changes nothing: the request tries for itself."""

    def __init__(self) -> None:
        self._tasks = TaskSet()
        self._is_supported = cache(early_connections.is_supported)

    def connect(self, flow: HTTPFlow, trace: Trace) -> None:
        """Begin to open the connection that a request will need if it is a miss; do nothing if there is one.

        It never raises. *trace* is the look-up's.
        """

        def on_opening() -> None:
            trace.preconnected = True

        try:
            if self._is_supported() and (found := early_connections.find_path(flow)) is not None:
                handler, path = found
                self._tasks.spawn(ConnectEarly(path, on_opening).send(handler))
        except Exception:
            logger.exception("no connection was opened early")
