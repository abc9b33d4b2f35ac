"""What the settings leave out of keys, seen from outside: which requests hit, and what goes upstream."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.http import HTTPFlow

from aicache.domain.unused_names import PATIENCE_S
from in_process import InProcessProxy, a_question, an_answer, in_process


def a_chat(*messages: dict[str, Any], **fields: Any) -> HTTPFlow:
    flow = a_question("")
    flow.request.content = json.dumps({"model": "m", "messages": list(messages), **fields}).encode()
    return flow


async def is_hit(proxy: InProcessProxy, one: HTTPFlow, other: HTTPFlow) -> bool:
    """Whether the answer to a request answers the other; both go on as they came."""
    sent = one.request.content, other.request.content
    await proxy.send(one, an_answer("a"))
    await proxy.settle()
    flow = await proxy.send(other, an_answer("b"))

    assert (one.request.content, other.request.content) == sent
    assert flow.response is not None
    return flow.response.headers["x-cache-status"] == "hit"


def configured(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(text + "\nsemantic: {enabled: false}\n")
    return path


def dated(date: str, place: str) -> HTTPFlow:
    messages = {
        "user": ({"role": "user", "content": f"Bill {date} of Ann"},),
        "tool": (
            {"role": "user", "content": "Go."},
            {
                "role": "assistant",
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": ""}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": f"Bill {date} of Ann"},
        ),
    }
    return a_chat(*messages[place])


@pytest.mark.parametrize("place", ["user", "tool"])
@pytest.mark.parametrize("masked", [True, False])
async def test_a_mask_reaches_users_messages_and_tool_results(tmp_path: Path, place: str, masked: bool) -> None:
    config = configured(tmp_path, f"mask: [{{pattern: '\\d{{4}}-\\d\\d-\\d\\d', in: {place if masked else 'system'}}}]")

    async with in_process(config) as proxy:
        assert await is_hit(proxy, dated("2026-01-05", place), dated("2026-01-06", place)) is masked


async def test_a_path_in_ignore_leaves_a_field_out(tmp_path: Path) -> None:
    config = configured(tmp_path, "ignore: ['messages[].vendor', session]")

    async with in_process(config) as proxy:
        hi = {"role": "user", "content": "Hi"}
        assert await is_hit(proxy, a_chat(hi | {"vendor": 1}), a_chat(hi | {"vendor": 2}))
        assert not await is_hit(proxy, a_chat(hi), a_chat(hi | {"vendors": 1}))


async def test_a_name_that_no_request_has_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    config = configured(tmp_path, "ignore: ['messages[].vendor', 'messages[].vendr', sed, seed, stream]")
    caplog.set_level(logging.WARNING)

    async with in_process(config) as proxy:
        proxy.runtime.settings.unused.due(time.monotonic() - PATIENCE_S)
        for _ in range(2):
            await proxy.send(a_chat({"role": "user", "content": "Hi", "vendor": 1}, seed=1), an_answer("a"))

    said = [record.message for record in caplog.records if record.message.startswith("ignore: ")]
    assert said == ["ignore: no request of the last hour had messages[].vendr, sed"]


async def test_the_sessions_of_codex_are_one_by_default(tmp_path: Path) -> None:
    def turn(session: str) -> HTTPFlow:
        item = {
            "type": "message",
            "id": f"msg_{session}",
            "role": "user",
            "content": [{"type": "input_text", "text": "Hi"}],
            "internal_chat_message_metadata_passthrough": {"turn_id": session, "create_time": 1.5},
        }
        flow = a_question("")
        flow.request.path = "/v1/responses"
        flow.request.content = json.dumps(
            {"model": "m", "store": False, "input": [item], "client_metadata": {"session_id": session}}
        ).encode()
        return flow

    keys = []
    async with in_process(configured(tmp_path, "")) as proxy:
        for session in ("01a22bb2-9940", "01a22bb2-9e19"):
            flow = await proxy.send(turn(session), an_answer("a"))
            assert flow.response is not None
            keys.append(flow.response.headers["x-ai-cache-key"])

    assert keys[0] == keys[1]
