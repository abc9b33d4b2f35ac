"""An upstream whose answers are hard to read, by the query ``say``: `python -m benchmarks.hostile_upstream PORT`."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import sys
from collections.abc import Callable

from benchmarks.hostile_attacks import EMBEDDINGS, MB
from demo.answers import Reply, Request
from demo.upstream import StandIn


def _say(request: Request) -> Reply:
    what = request.path.partition("say=")[2].partition("&")[0]
    vectors = request.path.startswith(EMBEDDINGS)
    if what not in _SAID:
        return Reply(body=_answer(b'"hello"') if not vectors else _vectors(b"[0.5,0.5]"))
    return _SAID[what](vectors)


def _answer(content: bytes) -> bytes:
    message = b'{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":' + content + b"}}"
    return b'{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[' + message + b"]}"


def _vectors(vector: bytes) -> bytes:
    item = b'{"object":"embedding","index":%d,"embedding":' + vector + b"}"
    return b'{"object":"list","model":"m","data":[' + item % 0 + b"," + item % 1 + b"]}"


def _inflated(vectors: bool) -> Reply:
    body = _vectors(b"[" + b"0," * (60 * MB) + b"0]") if vectors else _answer(b'"' + b"a" * (250 * MB) + b'"')
    return Reply(body=gzip.compress(body, 6), headers={"content-encoding": "gzip"})


def _lines(vectors: bool) -> Reply:
    return Reply(body=b"data: {}\n\n" * (39 * MB // 100), headers={"content-type": "text/event-stream"})


_SAID: dict[str, Callable[[bool], Reply]] = {
    "large": lambda _: Reply(body=_answer(b'"' + b"a" * (39 * MB // 10) + b'"')),
    "inflated": _inflated,
    "brackets": lambda _: Reply(body=b"[" * (39 * MB // 10)),
    "lines": _lines,
    "wide": lambda vectors: Reply(body=(_vectors if vectors else _answer)(b"[" + b"[]," * (13 * MB // 10) + b"0]")),
}


async def _serve(port: int) -> None:
    made: dict[tuple[bool, str], Reply] = {}

    def script(request: Request) -> Reply:
        upstream.requests.clear()
        key = (request.path.startswith(EMBEDDINGS), request.path.partition("&")[0])
        if key not in made:
            made[key] = _say(request)
        return made[key]

    async with StandIn(script, port) as upstream:
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1])))
