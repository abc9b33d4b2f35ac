"""Fields whose values are of a wrong type, for every API: no hook raises, and the upstream gets the body as it is."""

from __future__ import annotations

import json
import logging

import pytest
from mitmproxy.http import Response

import samples
from in_process import a_question, in_process

pytestmark = pytest.mark.slow
PATHS = (
    *samples.PATHS.values(),
    "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
    "/api/v1/services/aigc/multimodal-generation/generation",
    *("/v1/embeddings", "/api/embed"),
)
GOOD = {
    "model": "m",
    "messages": [{"role": "user", "content": "Hi"}],
    "prompt": "Hi",
    "input": "Hi",
    "contents": [{"parts": [{"text": "Hi"}]}],
    "max_tokens": 9,
}
"""Of every API."""
OTHERS = ("temperature", "stream", "stream_options", "tools", "system", "options", "parameters", "n")
WRONG = (None, True, 7, -1.5, "x", [], [[]], {}, [{}], [None], {"role": None}, [{"role": 1, "parts": 2}])


@pytest.mark.parametrize("path", PATHS)
async def test_a_value_of_a_wrong_type_in_any_field_raises_nothing(path: str, caplog: pytest.LogCaptureFixture) -> None:
    async with in_process() as proxy:
        for name in (*GOOD, *OTHERS):
            for value in WRONG:
                flow = a_question("", credential="sk-wrong")
                flow.request.path = path
                body = flow.request.content = json.dumps(GOOD | {name: value}).encode()

                await proxy.send(flow, Response.make(400, b'{"error": {"message": "no"}}'))

                assert flow.response is not None
                assert (flow.response.status_code, flow.request.content) == (400, body)
        assert proxy.upstream == (len(GOOD) + len(OTHERS)) * len(WRONG)

    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
