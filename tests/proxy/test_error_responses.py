"""A request with only-if-cached that is not answered: a 504 that no client repeats, which says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.http import HTTPFlow, Response

import samples
from aicache.domain.model import Bypass, Miss
from aicache.formats import EMBEDDINGS, FORMATS
from aicache.telemetry.phrases import describe_not_cached
from in_process import InProcessProxy, a_question, an_answer, in_process

EMBEDDING_PATHS = {"embeddings": "/v1/embeddings", "ollama-embed": "/api/embed"}
NOT_STORED = "The answer is not in the cache, and the request says only-if-cached."
UNREACHED = Response.make(200)


def of_api(api: str) -> HTTPFlow:
    flow = a_question("?", cache_control="only-if-cached")
    flow.request.path = samples.PATHS.get(api) or EMBEDDING_PATHS[api]
    body: Any = {"model": "m", "input": ["?"]}
    if api in samples.PATHS:
        body = json.loads(samples.request(api, "?"))
    flow.request.content = json.dumps(body).encode()
    return flow


def message_of(flow: HTTPFlow) -> str:
    assert flow.response is not None
    assert (flow.response.status_code, flow.response.headers["x-should-retry"]) == (504, "false")
    document = flow.response.json()
    fields = document.get("error", document)
    return str(fields if isinstance(fields, str) else fields["message"])


@pytest.mark.parametrize("api", [format.api for format in (*FORMATS, *EMBEDDINGS)])
async def test_every_api_has_it_in_its_own_shape(api: str) -> None:
    async with in_process() as proxy:
        flow = await proxy.send(of_api(api), UNREACHED)

    assert message_of(flow) == NOT_STORED
    assert proxy.upstream == 0
    assert flow.response is not None
    assert flow.response.headers["content-type"] == "application/json"
    assert flow.response.headers["cache-status"] == "ai-cache; detail=only-if-cached"


@pytest.mark.parametrize("api", ["chat", "embeddings"])
async def test_a_credential_that_the_upstream_has_not_accepted_is_told_so(tmp_path: Path, api: str) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("scope: shared\n")
    async with in_process(config) as proxy:
        flow = await proxy.send(of_api(api), UNREACHED)

    assert "has not accepted this credential within the last hour" in message_of(flow)


async def test_a_credential_that_the_upstream_refuses_is_told_so() -> None:
    async def refused(proxy: InProcessProxy) -> None:
        await proxy.send(a_question("?"), Response.make(401, b"{}", {"content-type": "application/json"}))

    async with in_process() as proxy:
        await refused(proxy)
        flow = await proxy.send(a_question("?", cache_control="only-if-cached"), UNREACHED)

    assert message_of(flow).endswith("the upstream has refused this credential.")


async def test_an_answer_that_is_too_old_for_the_request_is_not_said_to_be_missing() -> None:
    async with in_process() as proxy:
        await proxy.send(a_question("?"), an_answer("a"))
        await proxy.settle()
        [entry] = proxy.runtime.store.entries.values()
        flow = await proxy.send(a_question("?", cache_control="only-if-cached, max-age=0"), UNREACHED)

    assert entry is not None
    assert message_of(flow).endswith("the stored answer is older than its max-age.")


async def test_a_bypass_is_told_with_its_reason() -> None:
    async with in_process() as proxy:
        flow = a_question("?", cache_control="only-if-cached")
        flow.request.content = b"{"
        await proxy.send(flow, UNREACHED)

    assert message_of(flow) == (
        "The cache does not look this request up, which says only-if-cached: the request was not understood."
    )
    assert flow.response is not None
    assert flow.response.headers["x-cache-status"] == "bypass"


@pytest.mark.parametrize(
    "outcome", [Miss("no-neighbor"), Miss("guard:numbers"), Miss("foreign"), Miss("too-risky"), Miss("of tomorrow")]
)
def test_what_others_asked_is_not_told(outcome: Miss) -> None:
    assert describe_not_cached(outcome) == NOT_STORED


def test_the_words_of_a_failing_store_are_not_told() -> None:
    told = describe_not_cached(Miss("store-error: redis://user:secret@host refused"))

    assert told.endswith("the cache cannot be read at the moment.")
    assert describe_not_cached(Bypass("skip")).endswith(": the request says so.")
