"""Bodies that no honest client sends, to every API: the upstream gets them as they are, and nothing of them is kept."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING

import pytest

from demo.answers import Reply as Answer
from e2e.proxy import Proxy, Reply, post

if TYPE_CHECKING:
    from e2e.conftest import Upstream

PATHS = (
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/responses",
    "/v1/messages",
    "/v1beta/models/gemini-2.5-flash:generateContent",
    "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
    "/api/chat",
    "/api/generate",
    "/api/embed",
    "/v1/embeddings",
    "/api/v1/services/aigc/text-generation/generation",
    "/api/v1/services/aigc/multimodal-generation/generation",
)
MESSAGES = '"messages": [{"role": "user", "content": "Hi"}]'
INPUT = '"prompt": "Hi", "input": "Hi", "contents": [{"parts": [{"text": "Hi"}]}], "max_tokens": 9'
GOOD = f'"model": "m", {MESSAGES}, {INPUT}'
HOSTILE = {
    "nothing": b"",
    "no JSON": b"model=m&prompt=Hi",
    "cut JSON": f"{{{GOOD}".encode(),
    "two documents": f"{{{GOOD}}} {{}}".encode(),
    "a list": f"[{{{GOOD}}}]".encode(),
    "a text": b'"Hi"',
    "null": b"null",
    "deep nesting": f'{{{GOOD}, "x": '.encode() + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a huge number": f'{{{GOOD}, "seed": {"9" * 400}}}'.encode(),
    "an endless number": f'{{{GOOD}, "temperature": 1e400}}'.encode(),
    "not a number": f'{{{GOOD}, "temperature": NaN}}'.encode(),
    "a name twice": f'{{{GOOD}, "model": "n"}}'.encode(),
    "a name twice, within": f'{{{GOOD}, "x": [{{"y": 1, "y": 2}}]}}'.encode(),
    "a lone surrogate": f'{{{GOOD}, "x": "\\ud800"}}'.encode(),
    "a surrogate in UTF-8": f'{{{GOOD}, "x": "'.encode() + b'\xed\xa0\x80"}',
    "NUL, escaped": f'{{{GOOD}, "x": "\\u0000"}}'.encode(),
    "NUL": f'{{{GOOD}, "x": "\0"}}'.encode(),
    "NUL behind": f"{{{GOOD}}}\0".encode(),
    "UTF-16": f"{{{GOOD}}}".encode("utf-16"),
    "UTF-32": f"{{{GOOD}}}".encode("utf-32"),
    "Latin-1": f'{{{GOOD}, "x": "é"}}'.encode("latin-1"),
}
ANSWERS = {
    "error": b'{"error": {"message": "no", "type": "invalid_request_error"}}',
    "nothing": b"",
    "cut": b'{"id": "x", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hel',
    "deep": b"[" * 200_000,
    "a number": b"7",
    "a huge number": b'{"choices": [{"index": ' + b"9" * 400 + b', "message": {"content": "x"}}]}',
    "events of nothing": b"data: {}\n\ndata: [DONE]\n\n",
    "events of junk": b"event: \xff\xfe\ndata: \xff\n\n",
}


@pytest.fixture(scope="module")
def proxy(exact_proxy: Proxy) -> Proxy:
    return exact_proxy


class Client:
    """Asks on one connection, again and again: a thousand connections take longer than what is asked on them."""

    def __init__(self, port: int, credential: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"authorization": f"Bearer {credential}", "content-type": "application/json"}

    def post(self, body: bytes, path: str) -> Reply:
        self._connection.request("POST", path, body, self._headers)
        response = self._connection.getresponse()
        return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read(), 0.0, 0.0)


@pytest.mark.parametrize("path", PATHS)
def test_a_hostile_request_passes_untouched_and_is_not_kept(proxy: Proxy, upstream: Upstream, path: str) -> None:
    chat = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}]}
    reply = json.dumps({"id": "x", "model": "m", **chat}).encode()
    upstream.script = lambda _: Answer(body=reply)

    client = Client(proxy.port, "sk-hostile")
    for name, body in HOSTILE.items():
        for _ in range(2):
            calls = upstream.calls
            answered = client.post(body, path)

            assert (answered.status, answered.body) == (200, reply), name
            assert upstream.calls == calls + 1, name
            assert upstream.last.body == body, name
            assert "stored" not in answered.headers.get("cache-status", ""), name
    assert "Traceback" not in proxy.log


@pytest.mark.parametrize("path", PATHS)
def test_a_hostile_answer_reaches_the_client_as_it_is_and_is_not_kept(
    proxy: Proxy, upstream: Upstream, path: str
) -> None:
    client = Client(proxy.port, "sk-answers")
    for name, answer in ANSWERS.items():
        for kind in ("application/json", "text/event-stream", "application/x-ndjson"):
            upstream.script = lambda _, body=answer, kind=kind: Answer(body=body, content_type=kind)  # type: ignore[misc]
            request = f'{{{GOOD}, "seed": {len(name)}}}'.encode()
            for _ in range(2):
                calls = upstream.calls
                answered = client.post(request, path)

                assert (answered.status, answered.body) == (200, answer), name
                assert upstream.calls == calls + 1, name
    assert "Traceback" not in proxy.log


def test_a_body_of_fifty_megabytes_passes(proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = lambda request: Answer(body=str(len(request.body)).encode())
    body = b'{"model": "m", "messages": [{"role": "user", "content": "' + b"x" * (50 << 20) + b'"}]}'

    for _ in range(2):
        calls = upstream.calls
        answered = post(proxy.port, body, {"authorization": "Bearer sk-huge"})

        assert answered.body == str(len(body)).encode()
        assert upstream.calls == calls + 1
    assert "Traceback" not in proxy.log
