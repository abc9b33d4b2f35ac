"""Hits whose usage and ids are others than recorded, through the hooks: whole, streamed, by meaning of nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.http import HTTPFlow, Response

from aicache.formats import sse
from in_process import InProcessProxy, a_question, in_process

COUNTS = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
ZEROS = dict.fromkeys(COUNTS, 0)
QUESTION = "How many tokens?"
ID = "chatcmpl-AbC123dEfGhIjKlMnOpQrStUvWxYz"


def counted_answer() -> Response:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Twelve."}, "finish_reason": "stop"}
    document = {"id": ID, "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": COUNTS}
    return Response.make(200, json.dumps(document), {"content-type": "application/json"})


def a_counted_stream() -> Response:
    chunk = {"id": ID, "object": "chat.completion.chunk", "created": 1, "model": "m"}
    delta = {"index": 0, "delta": {"role": "assistant", "content": "Twelve."}, "finish_reason": "stop"}
    chunks = [chunk | {"choices": [delta], "usage": None}, chunk | {"choices": [], "usage": COUNTS}]
    body = "".join(f"data: {json.dumps(each)}\n\n" for each in chunks) + "data: [DONE]\n\n"
    return Response.make(200, body, {"content-type": "text/event-stream"})


def a_counting_question(*, stream: bool) -> HTTPFlow:
    flow = a_question(QUESTION, stream=stream)
    if stream:
        body = json.loads(flow.request.content or b"") | {"stream_options": {"include_usage": True}}
        flow.request.content = json.dumps(body).encode()
    return flow


def documents(flow: HTTPFlow) -> list[dict[str, Any]]:
    assert flow.response is not None
    body = flow.response.content or b""
    if not sse.is_stream(body):
        return [json.loads(body)]
    return [json.loads(event.data) for event in sse.decode(body) if event.data != "[DONE]"]


def told_usage(flow: HTTPFlow) -> Any:
    return documents(flow)[-1]["usage"]


async def hit(proxy: InProcessProxy, *, stream: bool = False) -> HTTPFlow:
    """Ask until the answer comes from the cache."""
    await proxy.send(a_counting_question(stream=stream), a_counted_stream() if stream else counted_answer())
    await proxy.settle()
    flow = await proxy.send(a_counting_question(stream=stream), counted_answer())
    assert flow.response is not None
    assert flow.response.headers["cache-status"].startswith("ai-cache; hit")
    return flow


def configured(tmp_path: Path, text: str) -> Path:
    (tmp_path / "config.yaml").write_text(text)
    return tmp_path / "config.yaml"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("recorded", COUNTS),
        ("zero", ZEROS),
        ("cached", COUNTS | {"prompt_tokens_details": {"cached_tokens": 5}}),
    ],
)
async def test_hits_tell_the_usage_that_the_setting_names(
    tmp_path: Path, setting: str, told: dict[str, Any], *, stream: bool
) -> None:
    async with in_process(configured(tmp_path, f"usage: {setting}\n")) as proxy:
        assert told_usage(await hit(proxy, stream=stream)) == told
        assert told_usage(await hit(proxy, stream=not stream)) == told  # the other mode, rendered from it


async def test_the_answer_of_the_upstream_itself_tells_what_it_did(tmp_path: Path) -> None:
    async with in_process(configured(tmp_path, "usage: zero\nfresh_ids: true\n")) as proxy:
        miss = await proxy.send(a_counting_question(stream=False), counted_answer())

        assert (told_usage(miss), documents(miss)[0]["id"]) == (COUNTS, ID)


async def test_every_hit_has_an_id_of_its_own(tmp_path: Path) -> None:
    async with in_process(configured(tmp_path, "fresh_ids: true\n")) as proxy:
        flows = [await hit(proxy, stream=stream) for stream in (False, False, True)]
        ids = [{each["id"] for each in documents(flow)} for flow in flows]

        assert [len(each) for each in ids] == [1, 1, 1]
        assert len({ID, *set().union(*ids)}) == 4
        assert all(each["created"] > 1_700_000_000 for flow in flows for each in documents(flow))


async def test_a_hit_names_the_answer_that_it_was(tmp_path: Path) -> None:
    async with in_process(configured(tmp_path, "fresh_ids: true\n")) as proxy:
        first = await hit(proxy)
        streamed = await hit(proxy, stream=True)

        sources = [flow.response.headers["x-ai-cache-source"] for flow in (first, streamed) if flow.response]
        assert sources[0] == sources[1]
        assert sources[0].startswith(f'"{ID}"; at=1')


async def test_a_template_is_the_operators_own(tmp_path: Path) -> None:
    template = '{"usage": {"total_tokens": 3}, "text": "%s"}'
    config = f"usage: zero\nfresh_ids: true\ntemplates: {{whole: '{template}'}}\n"
    async with in_process(configured(tmp_path, config)) as proxy:
        assert documents(await hit(proxy)) == [{"usage": {"total_tokens": 3}, "text": "Twelve."}]
