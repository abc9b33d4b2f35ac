"""The content view "AI cache" for the interfaces of mitmproxy 11 and 12, which show the same text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mitmproxy import contentviews
from mitmproxy.contentviews.base import View
from mitmproxy.flow import Flow
from mitmproxy.http import HTTPFlow

from aicache.formats.sse import is_stream
from aicache.proxy.http_messages import collect_headers
from aicache.ui.answer_view import AnswerView, format_of, variant_of, view_answer
from aicache.ui.decision_view import Line, decision_lines, plain_text
from aicache.ui.flow_fields import DECISION

NAME = "AI cache"
CHOSEN, NEVER_CHOSEN = 2.0, -1.0
"""Priorities: mitmproxy's view of JSON has 1, and what is below 0 is never chosen for anyone."""


def register() -> None:
    """Register the view unless it is registered: a script that is reloaded finds it there."""
    theirs: Any = contentviews  # of either version
    if hasattr(theirs, "registry"):  # since mitmproxy 12
        if NAME.lower() not in theirs.registry:
            theirs.add(TextView())
    elif all(view.name != NAME for view in theirs.views):
        theirs.add(LinesView())


class LinesView(View):
    """The view for mitmproxy 11."""

    name = NAME

    def __call__(
        self, data: bytes, *, flow: Flow | None = None, **unknown_metadata: Any
    ) -> tuple[str, Iterator[list[tuple[str, str | bytes]]]]:
        return NAME, iter([list(line) for line in flow_lines(flow)])

    def render_priority(
        self, data: bytes, *, flow: Flow | None = None, http_message: Any = None, **unknown_metadata: Any
    ) -> float:
        return priority(data, flow, http_message)


class TextView:
    """The view for mitmproxy 12."""

    name = NAME
    syntax_highlight = "none"

    def prettify(self, data: bytes, metadata: Any) -> str:
        return plain_text(flow_lines(metadata.flow))

    def render_priority(self, data: bytes, metadata: Any) -> float:
        return priority(data, metadata.flow, metadata.http_message)


def priority(data: bytes, flow: Flow | None, message: Any) -> float:
    """Return whether this view is the default for a message: an LLM's answer with a decision, or a stream."""
    if not isinstance(flow, HTTPFlow) or message is None or message is not flow.response:
        return NEVER_CHOSEN
    if format_of(flow.request.method, flow.request.path) is None:
        return NEVER_CHOSEN
    return CHOSEN if DECISION in flow.metadata or is_stream(data) else NEVER_CHOSEN


def flow_lines(flow: Flow | None) -> list[Line]:
    """Return the view's lines for a flow."""
    return decision_lines({} if flow is None else flow.metadata, answer_of(flow))


def answer_of(flow: Flow | None) -> AnswerView | None:
    """Return the view of a flow's response; None where there is none, or its request is not to an LLM."""
    if not isinstance(flow, HTTPFlow) or flow.response is None:
        return None
    request = flow.request
    if (format := format_of(request.method, request.path)) is None:
        return None
    if (body := flow.response.get_content(strict=False)) is None:
        return None
    asked = request.get_content(strict=False) or b""
    return view_answer(format, body, variant_of(format, request.path, asked, collect_headers(request.headers)))
