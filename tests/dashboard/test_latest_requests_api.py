"""What is asked of the latest requests, and what is shown of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aicache.config import Config, Log
from aicache.dashboard.api import Api
from aicache.dashboard.latest_requests_api import MAX_TEXT_CHARS, Wanted, parse_wanted, to_document
from aicache.telemetry.event_watchers import Watchers
from aicache.telemetry.latest_requests import LatestRequest, LatestRequests
from aicache.telemetry.observability import Observability
from in_process import a_question
from telemetry.reports import a_hit, a_refused_miss, an_entry


def asked(path: str, body: Any = None) -> Any:
    flow = a_question("whatever")
    flow.request.path = f"/_ai_cache/{path}"
    flow.request.content = json.dumps(body).encode()
    return flow


async def test_they_are_found_by_outcome_and_by_text() -> None:
    watchers = Watchers()
    api = Api(Observability(watchers, lambda: None))
    watchers.decided(a_refused_miss("guard:numbers", owners=("a digest of the caller",)))
    watchers.decided(a_hit())

    every = await api.read("api/requests", asked("api/requests"))
    misses = await api.read("api/requests", asked("api/requests?outcome=miss"))
    found = await api.change("api/requests", asked("api/requests", {"outcome": "", "text": " Numbers "}))

    assert len(every["requests"]) == 2
    assert misses["requests"] == found["requests"]
    [miss] = found["requests"]
    assert (miss["outcome"], miss["differences"], miss["similarity"]) == ("miss", ("numbers",), 0.93)
    assert "a digest of the caller" not in json.dumps(every)


@pytest.mark.parametrize("shown", [False, True])
async def test_questions_are_shown_and_searched_only_with_log_text(shown: bool) -> None:
    watchers = Watchers()
    observability = Observability(watchers, lambda: None)
    observability.configure(Config(log=Log(text=shown)))
    watchers.decided(a_hit())

    found = await Api(observability).change("api/requests", asked("api/requests", {"outcome": "", "text": "refund"}))

    assert found["texts"] is shown
    assert [each["question"] for each in found["requests"]] == ([an_entry().question] if shown else [])


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"outcome": "hits", "text": ""}, "outcome: one of exact, semantic"),
        ({"outcome": "", "text": "x" * (MAX_TEXT_CHARS + 1)}, "text: more than"),
        ({"outcome": ""}, "an outcome and a text"),
        (["miss"], "an outcome and a text"),
    ],
)
def test_what_cannot_be_asked_is_said_to_be_wrong(document: Any, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        parse_wanted(document)


def test_all_of_a_request_but_its_owners_is_shown() -> None:
    latest = LatestRequests()
    latest.decided(a_hit())

    [row] = to_document(latest.find(Wanted().outcome), texts=False)["requests"]

    assert {*row} == {*LatestRequest.__slots__} - {"owners"}
