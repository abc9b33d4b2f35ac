"""The content view "AI cache" shows why a flow was answered as it was, and what was answered, also when reloaded."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from mitmproxy.http import Headers, HTTPFlow
from mitmproxy.io import FlowReader, FlowWriter
from mitmproxy.test import tflow, tutils

from aicache.domain.events import Decided, Finished
from aicache.evidence.neighbor import Neighbor
from aicache.ui import contentview, flow_marks
from aicache.ui.decision_view import decision_lines
from e2e.originals import answer
from e2e.originals.said import TEXT
from ui.flow_reports import KEY, NOW, OTHER, a_report, a_semantic_hit, a_trace, an_entry, an_exact_hit
from ui.test_answer_view import WAYS, request_of
from ui.views import names, shown

PATH = "/v1/chat/completions"
WHOLE = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"Paris."},"finish_reason":"stop"}]}'
PIECES = ({"delta": {"content": "Pa"}}, {"delta": {"content": "ris."}, "finish_reason": "stop"})
CHUNKS = (json.dumps({"choices": [{"index": 0, **piece}]}) for piece in PIECES)
STREAM = "".join(f"data: {chunk}\n\n" for chunk in (*CHUNKS, "[DONE]")).encode()


@pytest.fixture(autouse=True)
def registered() -> None:
    contentview.register()


def a_flow(report: Decided | None = None, *, body: bytes = WHOLE, path: str = PATH, asked: bytes = b"{}") -> HTTPFlow:
    request = tutils.treq(method=b"POST", path=path.encode(), content=asked)
    kind = b"application/json" if body.startswith((b"{", b"[")) else b"text/event-stream"
    response = tutils.tresp(content=body, headers=Headers([(b"content-type", kind)]))
    flow = tflow.tflow(req=request, resp=response)
    if report is not None:
        flow_marks.mark_decided(flow, report, "credential")
    return flow


def test_it_is_among_the_views_once_also_when_the_script_is_loaded_again() -> None:
    contentview.register()

    assert "ai cache" in names()


def test_a_semantic_hit_shows_how_it_came_about() -> None:
    report = a_semantic_hit()
    report.trace.neighbors.insert(0, Neighbor(KEY, 0.981, "How do I reset 2 passwords?", "guard:numbers"))
    flow = a_flow(report)

    text = shown(flow.response, flow)

    for line in (
        "semantic hit 0.967 · 3 h old · saved 412 tokens, 2.1 s",
        "exact look-up             0.40 ms",
        "embedding                 2.10 ms",
        "in all                    4.00 ms",
        "threshold             0.9200",
        f"1. 0.9810  refused: guard:numbers  {KEY}",
        "How do I reset [-2 passwords-]{+my password+}?",
        f"2. 0.9670  answered  {OTHER}",
        "How do I reset [-a-]{+my+} password?",
        "scope                 credential",
        f"namespace             {'n' * 40}",
        "age                   3 h",
        "ttl                   4 d, of which 4 d were left",
        "tokens                12 in, 400 out",
        "Paris.",
    ):
        assert line in text, line


def test_a_plain_miss_says_why() -> None:
    report = a_report(trace=a_trace(Neighbor(OTHER, 0.9412, refused="too far")))
    flow = a_flow(report)
    flow_marks.mark_finished(flow, Finished(report, 200, 2.11, 10, an_entry(), None))

    text = shown(flow.response, flow)

    assert text.startswith("miss: no neighbor above 0.92 (nearest 0.941) · 412 tokens, 2.1 s · kept")
    assert "why                   no-neighbor" in text
    assert f"1. 0.9412  refused: too far  {OTHER}" in text
    assert "Answered by" not in text


def test_an_exact_hit_has_no_neighbors() -> None:
    flow = a_flow(an_exact_hit())

    text = shown(flow.response, flow)

    assert text.startswith("exact hit · 3 h old")
    assert "Neighbors" not in text


def test_a_pinned_entry_has_no_ttl() -> None:
    flow = a_flow(an_exact_hit(entry=an_entry(expires_at=253_402_300_799.0)))

    assert "ttl                   none: it is pinned" in shown(flow.response, flow)


@pytest.mark.parametrize("way", WAYS)
def test_answers_of_every_api_are_shown_and_not_their_events(way: str) -> None:
    request = request_of(way)
    body = answer(request).body
    assert body is not None
    flow = a_flow(an_exact_hit(), body=body, path=request.path, asked=request.body)
    flow.request.headers.update(dict(request.headers))  # type: ignore[no-untyped-call]

    text = shown(flow.response, flow)

    assert all(line in text for line in TEXT.splitlines() if line)
    assert "data:" not in text


def test_a_stream_that_the_cache_never_saw_is_shown_in_one_piece_too() -> None:
    flow = a_flow(body=STREAM)

    text = shown(flow.response, flow)

    assert text.startswith("This flow has no decision")
    assert "Paris." in text


@pytest.mark.parametrize(
    "flow",
    [a_flow(), a_flow(an_exact_hit(), path="/index.html"), a_flow(body=STREAM, path="/events")],
    ids=["a whole answer past the cache", "another path", "another's events"],
)
def test_other_messages_keep_mitmproxys_own_views(flow: HTTPFlow) -> None:
    assert "no note" not in shown(flow.response, flow)
    assert "exact hit" not in shown(flow.response, flow)


def test_a_request_is_shown_as_it_is_unless_the_view_is_asked_for() -> None:
    flow = a_flow(an_exact_hit(), asked=b'{"model": "gpt-test"}')

    assert "exact hit" not in shown(flow.request, flow)
    assert "exact hit" in shown(flow.request, flow, "AI cache")


def test_a_saved_flow_shows_the_same() -> None:
    flow, file = a_flow(a_semantic_hit()), io.BytesIO()
    FlowWriter(file).add(flow)
    file.seek(0)

    (loaded,) = FlowReader(file).stream()

    assert isinstance(loaded, HTTPFlow)
    assert shown(loaded.response, loaded) == shown(flow.response, flow)


@pytest.mark.parametrize(
    "decision",
    [
        None,
        {},
        {"steps": "many", "neighbors": [1, {"similarity": "near"}, {"question": "q"}], "entry": 5, "at": "now"},
        {"steps": [["a"], ["b", "c"]], "entry": {"stored_at": 1e300, "expires_at": None}, "at": 1e300},
        {"said": 5, "question": 7, "neighbors": {"a": 1}, "seconds": "long", "at": NOW},
        {"neighbors": 7, "at": float("nan"), "entry": {"stored_at": float("inf"), "expires_at": float("nan")}},
    ],
)
def test_notes_that_anyone_may_have_written_break_nothing(decision: Any) -> None:
    flow = a_flow()
    flow.metadata["ai_cache_decision"] = decision

    assert "Paris." in shown(flow.response, flow, "AI cache")
    assert decision_lines(json.loads(json.dumps(flow.metadata)), None)


def test_what_a_judge_model_said_of_a_neighbor_is_shown() -> None:
    report = a_semantic_hit(judged=True)
    report.trace.neighbors.insert(0, Neighbor(KEY, 0.981, "How do I reset passwords?", "too far", judged="no"))
    flow = a_flow(report)

    text = shown(flow.response, flow)

    assert f"1. 0.9810  refused: too far, judge model: no  {KEY}" in text
    assert "allowed by the judge model" in text
