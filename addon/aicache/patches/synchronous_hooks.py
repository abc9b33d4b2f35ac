"""Runs the hooks of a connection's events synchronously until one must be awaited, instead of in a task for each.

On Python 3.12 and later mitmproxy's task for an event starts eagerly. Here hooks start at once on any Python, and a
task is made only for those that must be awaited.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import Any

from mitmproxy.proxy.commands import Command, StartHook
from mitmproxy.proxy.events import Event, HookCompleted
from mitmproxy.proxy.layer import Layer


class SynchronousHooks(Layer):
    """Wraps a connection's layers and runs their hooks; other commands go on to the connection.

    *begin* calls the hooks of an event and tells whether none of them has to be awaited.
    """

    def __init__(self, layers: Layer, begin: Callable[[StartHook], bool]) -> None:
        self.context = layers.context  # without a place among its layers: they do not know of this one
        self._layers = layers
        self._begin = begin

    def __repr__(self) -> str:
        return repr(self._layers)

    def _handle_event(self, event: Event) -> Generator[Command, Any, None]:
        yield from self.handle_event(event)

    def handle_event(self, event: Event) -> Generator[Command, Any, None]:
        events = deque([event])
        while events:
            for command in self._layers.handle_event(events.popleft()):
                if isinstance(command, StartHook) and self._begin(command):
                    if command.blocking:
                        events.append(HookCompleted(command))
                else:
                    yield command
