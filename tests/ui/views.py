"""mitmproxy's content views, as mitmdump, console and mitmweb of either version ask for them."""

from __future__ import annotations

from typing import Any

from mitmproxy import contentviews
from mitmproxy.flow import Flow
from mitmproxy.test import taddons


def names() -> set[str]:
    """Return the views that there are, in lower case."""
    theirs: Any = contentviews
    if hasattr(theirs, "registry"):
        return set(theirs.registry.available_views())
    return {view.name.lower() for view in theirs.views}


def shown(message: Any, flow: Flow, view: str = "auto") -> str:
    """Return a message as it is shown in a view."""
    theirs: Any = contentviews
    with taddons.context() as context:
        context.options.add_option("protobuf_definitions", str, "", "")
        if hasattr(theirs, "registry"):
            return str(theirs.prettify_message(message, flow, view_name=view).text)
        _, lines, error = theirs.get_message_content_view(view, message, flow)
        assert error is None, error
        return "\n".join("".join(text for _, text in line) for line in lines)
