"""A Watcher that prints a line for each request on mitmdump's console, in place of mitmproxy's lines on connections.

It does so where mitmdump prints no flows: with ``flow_detail=0``, as ``serve`` sets it. Lines hold no texts.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter

from mitmproxy import ctx
from mitmproxy.tools.dump import DumpMaster

from aicache.domain.events import Checked, Decided, Finished
from aicache.domain.throttle import CallBudget
from aicache.telemetry.labels import MAX_NAME_CHARS
from aicache.telemetry.phrases import SEPARATOR, describe_decision, format_amount, outcome_name

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)  # also in workers that log warnings only: each has requests of its own

MAX_LINES_PER_S = 20
"""Requests above that are counted, in a line a second: a line costs as much as a look-up."""
CONNECTION_LINES = ("client connect", "client disconnect", "server connect ", "server disconnect ")

_connections = logging.getLogger("mitmproxy.proxy.server")


class ConsoleLines:
    """Prints nothing until `apply` has found that it is to."""

    def __init__(self) -> None:
        self._is_on = False
        self._budget = CallBudget(MAX_LINES_PER_S, 1.0)
        self._unprinted: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def apply(self, *, wanted: bool) -> None:
        """Follow the setting ``log.console`` and mitmproxy's options."""
        options, is_mitmdump = ctx.options, isinstance(ctx.master, DumpMaster)
        prints_no_flows = is_mitmdump and options.flow_detail == 0
        self._is_on = wanted and prints_no_flows and options.termlog_verbosity in ("info", "debug")
        _connections.removeFilter(is_no_connection_line)
        if prints_no_flows and options.termlog_verbosity != "debug":
            _connections.addFilter(is_no_connection_line)

    def uninstall(self) -> None:
        self._is_on = False
        _connections.removeFilter(is_no_connection_line)
        if self._timer is not None:
            self._timer.cancel()
            self._print_rest()

    def decided(self, decided: Decided) -> None:
        if not self._is_on:
            return
        loop = asyncio.get_running_loop()
        if self._timer is None and self._budget.take(loop.time()):
            logger.info("%s", describe_on_console(decided))
            return
        self._unprinted[outcome_name(decided)] += 1
        if self._timer is None:
            self._timer = loop.call_later(1.0, self._print_rest)

    def finished(self, finished: Finished) -> None: ...

    def checked(self, checked: Checked) -> None: ...

    def _print_rest(self) -> None:
        self._timer = None
        if self._unprinted:
            counts = ", ".join(f"{name} {count:,}" for name, count in self._unprinted.most_common())
            logger.info("… and %s more: %s", f"{self._unprinted.total():,}", counts)
            self._unprinted.clear()


def describe_on_console(decided: Decided) -> str:
    """Return the line of a request. Callers choose names in it, so what a terminal could obey is replaced."""
    parts = (describe_decision(decided), decided.model[:MAX_NAME_CHARS], format_amount(0, decided.seconds))
    return "".join(char if char.isprintable() else "�" for char in SEPARATOR.join(filter(None, parts)))


def is_no_connection_line(record: logging.LogRecord) -> bool:
    """Return whether a line of mitmproxy's is about anything but a connection that comes or goes."""
    return not str(record.msg).startswith(CONNECTION_LINES)
