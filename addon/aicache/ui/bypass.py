"""The switch that sends every request past the cache, for the command and the dashboard."""

from __future__ import annotations

import logging

from mitmproxy.log import ALERT

from aicache.telemetry.observability import Observability

logger = logging.getLogger(__name__)


def switch_bypass(observability: Observability, *, on: bool) -> None:
    """Send every request past the cache, or not any more; with workers, those of all."""
    if on != observability.bypassed:
        observability.bypassed = on
        logger.log(ALERT, "%s", describe_bypass(observability))
        observability.on_bypass()


def describe_bypass(observability: Observability) -> str:
    return f"aicache.bypass is {'on: every request passes by the cache' if observability.bypassed else 'off'}"
