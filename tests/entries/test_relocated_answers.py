"""Answers that were recorded in one directory are given in another's words, in every API, whole and streamed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from aicache import formats
from aicache.domain.directories import relocate
from aicache.domain.keys import Identity
from aicache.entries import recording
from aicache.entries.recording import Recording
from aicache.formats import RequestContext
from demo.answers import Request
from e2e.agents.model import Model, Turn

WAS, NOW = "/home/zoë/src/weather", "/builds/42"
RECORDED, ASKED = (("directory 0", WAS),), (("directory 0", NOW),)
ARGUMENTS = {"path": "/DIR/a.py", "text": "in\n/DIR\nand /DIR-2, /mnt/DIR"}
TURN = Turn("I read /DIR/a.py, not /DIR-2.", (("read", ARGUMENTS),))
TOOL = {"name": "read", "parameters": {"type": "object"}}
REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", {"messages": [], "tools": [{"type": "function", "function": TOOL}]}),
    "responses": ("/v1/responses", {"input": "?", "tools": [{"type": "function", **TOOL}]}),
    "messages": ("/v1/messages", {"messages": [], "tools": [TOOL], "max_tokens": 9}),
    "gemini": ("/v1beta/models/m:generateContent", {"contents": [], "tools": [{"functionDeclarations": [TOOL]}]}),
}


def said_in(directory: str) -> Turn:
    """What the model says in a directory; names that are only longer stay what they are."""
    packed = json.dumps([TURN.text, ARGUMENTS]).replace("/mnt/DIR", "/mnt/X").replace("/DIR-2", "/X-2")
    packed = packed.replace("/DIR", directory).replace("/mnt/X", f"/mnt{WAS}").replace("/X-2", f"{WAS}-2")
    text, arguments = json.loads(packed)
    return Turn(text, (("read", arguments),))


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("api", REQUESTS)
def test_a_hit_names_the_directory_of_its_request(api: str, streams: bool) -> None:
    path, body = REQUESTS[api]
    question = {"role": "user", "content": "?", "parts": [{"text": "?"}]}
    body = {name: [question] if value == [] else value for name, value in body.items()}
    if api == "gemini":
        path = path.replace(":generate", ":streamGenerate") + "?alt=sse" if streams else path
        body["contents"] = [{"role": "user", "parts": question["parts"]}]
    else:
        body |= {"model": "m", "stream": streams}
        body = json.loads(json.dumps(body).replace(', "parts": [{"text": "?"}]', ""))
    request = Request("POST", path, {}, json.dumps(body).encode())
    format = formats.match("POST", path.partition("?")[0])
    assert format is not None
    call = format.parse_request(path.partition("?")[0], request.body, RequestContext(query=path.partition("?")[2]))
    there, here = (Model([said_in(each)])(request) for each in (WAS, NOW))
    response = Recording(200, there.content_type or "application/json", "", there.body or b"")
    identity = Identity("k", "n", directories=RECORDED)

    entry = recording.record(call, identity, response, format, now=0.0, until=9.0, max_bytes=1 << 20)
    relocation = relocate(entry.directories, ASKED)
    body_here, _ = recording.replay(entry, call, format, relocation=relocation)

    assert relocation is not None
    assert format.parse_answer(body_here) == format.parse_answer(here.body or b"")
    assert recording.replay(entry, call, format)[0] == there.body
    elsewhere = replace(entry, directories=(("directory 0", "/not/said"),))
    assert recording.replay(entry, call, format, relocation=relocate(elsewhere.directories, ASKED))[0] == there.body
