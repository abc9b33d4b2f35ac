"""Answers as the providers themselves write them, by hand after their documentation: what our own code did not render.

Every API says the same, once in text and once in two calls of a tool, whole and streamed.
"""

from __future__ import annotations

from demo.answers import Reply, Request, error
from e2e.originals import chat, dashscope, gemini, messages, ollama, responses

_APIS = (chat, responses, messages, gemini, ollama, dashscope)


def answer(request: Request) -> Reply:
    """Answer in the API of the path: with the calls where there are tools to call, else with the text.

    Streams come in pieces that end anywhere.
    """
    path = request.path.partition("?")[0]
    asked = request.json
    tools = bool(asked.get("tools") or asked.get("parameters", {}).get("tools"))
    for api in _APIS:
        if path.endswith(api.PATHS):
            body, content_type = api.stream(request, tools) if api.streams(request) else api.whole(request, tools)
            framing = "chunked" if api.streams(request) else "length"
            return Reply(body=body, content_type=content_type, framing=framing, piece=97)
    return error(404, f"no such route: {request.method} {path}")
