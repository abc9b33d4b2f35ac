"""Ten calls whose money is added up by hand, through the hooks, and the table that must say the same."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from mitmproxy.http import HTTPFlow, Request, Response
from mitmproxy.test import tflow

from aicache.dashboard.api import Api, Csv
from in_process import InProcessProxy, a_question, in_process

CONFIG = "prices: [big=2.50/10/1.25, small=0.15/0.60, words=0.02/0]\n"
CHAT, MESSAGES, EMBEDDINGS = "/v1/chat/completions", "/v1/messages", "/v1/embeddings"


def a_request(path: str, model: str, text: str, credential: str) -> HTTPFlow:
    flow = a_question(text, credential=credential)
    flow.request.path = path
    turns = [{"role": "user", "content": text}]
    body = {"model": model, "input": text} if path == EMBEDDINGS else {"model": model, "messages": turns}
    if path == MESSAGES:
        body["max_tokens"] = 9
    flow.request.content = json.dumps(body).encode()
    return flow


def an_answer_of(path: str, usage: dict[str, Any]) -> Response:
    choice = {"index": 0, "message": {"role": "assistant", "content": "So."}, "finish_reason": "stop"}
    documents: dict[str, dict[str, Any]] = {
        CHAT: {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]},
        MESSAGES: {"id": "1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn"}
        | {"stop_sequence": None, "content": [{"type": "text", "text": "So."}]},
        EMBEDDINGS: {"object": "list", "model": "m", "data": [{"index": 0, "embedding": [0.5]}]},
    }
    return Response.make(200, json.dumps(documents[path] | {"usage": usage}), {"content-type": "application/json"})


CALLS: list[tuple[str, str, str, str, dict[str, Any], int]] = [
    # path, model, question, credential, usage; how often it is a hit after the first time
    (CHAT, "big", "one", "sk-alice", {"prompt_tokens": 1200, "completion_tokens": 300, "total_tokens": 1500}, 3),
    (
        CHAT,
        "big-2024-08-06",
        "two",
        "sk-alice",
        {"prompt_tokens": 2000, "completion_tokens": 50, "prompt_tokens_details": {"cached_tokens": 1536}},
        2,
    ),
    (CHAT, "small", "three", "sk-bob", {"prompt_tokens": 7, "completion_tokens": 11}, 2),
    (
        MESSAGES,
        "small",
        "four",
        "sk-bob",
        {
            "input_tokens": 10,
            "cache_creation_input_tokens": 30,
            "cache_read_input_tokens": 1000,
            "output_tokens": 40,
        },
        1,
    ),
    (CHAT, "nobody-knows", "five", "sk-bob", {"prompt_tokens": 100, "completion_tokens": 100}, 1),
    (EMBEDDINGS, "words", "six", "sk-alice", {"prompt_tokens": 500, "total_tokens": 500}, 1),
]
# By hand, in US dollars a million tokens:
#   3 x (1200 x 2.50 + 300 x 10)                  = 18 000
#   2 x (464 x 2.50 + 1536 x 1.25 + 50 x 10)      =  7 160
#   alice, chat:                                    25 160 -> 0.02516
#   2 x (7 x 0.15 + 11 x 0.60)                    = 15.3    -> 0.0000153
#   1 x (40 x 0.15 + 1000 x 0.015 + 40 x 0.60)    = 45      -> 0.000045 (a tenth for what was cached)
#   500 x 0.02                                    = 10      -> 0.00001
BY_HAND = {
    ("big", "chat"): (3, "0.018"),
    ("big-2024-08-06", "chat"): (2, "0.00716"),
    ("small", "chat"): (2, "0.0000153"),
    ("small", "messages"): (1, "0.000045"),
    ("nobody-knows", "chat"): (1, "0.00"),
    ("words", "embeddings"): (1, "0.00001"),
}
SUM_BY_HAND = "0.0252303"


async def ask_all(proxy: InProcessProxy) -> None:
    for path, model, question, credential, usage, hits in CALLS:
        for _ in range(1 + hits):
            await proxy.send(a_request(path, model, question, credential), an_answer_of(path, usage))
            await proxy.settle()
    assert proxy.upstream == len(CALLS)


def table(value: Any) -> list[dict[str, str]]:
    assert isinstance(value, Csv)
    return list(csv.DictReader(io.StringIO(value.content.decode())))


def a_read() -> HTTPFlow:
    return tflow.tflow(req=Request.make("GET", "http://proxy.test/_ai_cache/api/savings"))


async def test_ten_calls_by_hand_are_what_the_table_says(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    async with in_process(tmp_path / "config.yaml") as proxy:
        await ask_all(proxy)
        api = Api(proxy.addon.parts.observability)

        rows = table(await api.read("api/savings.csv", a_read()))
        document = await api.read("api/savings", a_read())

    assert sum(hits for *_, hits in CALLS) == 10
    assert {(row["model"], row["api"]): (int(row["hits"]), row["saved_usd"]) for row in rows} == BY_HAND
    assert sum(Decimal(row["net_usd"]) for row in rows) == Decimal(SUM_BY_HAND)
    [month] = document["months"]
    assert (month["hits"], month["saved_usd"], month["unpriced_hits"]) == (10, SUM_BY_HAND, 1)
    by_caller = sorted((row["hits"], row["saved_usd"]) for row in document["callers"])
    assert by_caller == [(4, "0.0000603"), (6, "0.02517")]
    assert len({row["caller"] for row in rows}) == 2
    assert not any("alice" in row["caller"] or "bob" in row["caller"] for row in rows)


async def test_a_month_that_nobody_has_is_refused_with_one_that_is(tmp_path: Path) -> None:
    async with in_process() as proxy:
        flow = a_read()
        flow.request.query["month"] = "1999-12"
        try:
            await Api(proxy.addon.parts.observability).read("api/savings", flow)
        except ValueError as exc:
            assert "month: one of the last 13, such as 20" in str(exc)
        else:
            raise AssertionError("not refused")
