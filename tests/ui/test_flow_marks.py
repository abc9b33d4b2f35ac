"""A flow tells what the cache did, in plain values that mitmproxy saves, filters by and shows."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from mitmproxy import flowfilter
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader, FlowWriter
from mitmproxy.test import taddons, tflow

from aicache.domain.events import Decided, Finished
from aicache.evidence.neighbor import Neighbor
from aicache.ui import flow_marks
from ui.flow_reports import KEY, OTHER, a_report, a_semantic_hit, a_trace, an_entry, an_exact_hit


def a_flow(report: Decided) -> HTTPFlow:
    flow = tflow.tflow(resp=True)
    flow_marks.mark_decided(flow, report, "credential")
    return flow


def reloaded(flow: HTTPFlow) -> HTTPFlow:
    """Save a flow as ``-w`` does and read it as ``-r`` does."""
    file = io.BytesIO()
    FlowWriter(file).add(flow)
    file.seek(0)
    (found,) = FlowReader(file).stream()
    assert isinstance(found, HTTPFlow)
    return found


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("~marked", {"exact", "semantic", "miss", "bypass"}),
        ("~marker :large_blue_circle:", {"semantic"}),
        ("~comment 'semantic hit 0.9'", {"semantic"}),
        ("~comment ^miss", {"miss"}),
        ("~meta '^ai_cache: exact hit'", {"exact"}),
        ("~meta '^ai_cache: .* hit'", {"exact", "semantic"}),
        ("~meta '^ai_cache_why: guard:numbers'", {"miss"}),
        ("~meta '^ai_cache_model: gpt-test' & !~meta '^ai_cache: bypass'", {"exact", "semantic", "miss"}),
    ],
)
def test_filters_find_flows_by_what_became_of_them_also_when_saved_and_loaded(expression: str, found: set[str]) -> None:
    refused = Neighbor(OTHER, 0.98, "How do I reset 2 passwords?", "guard:numbers")
    flows = {
        "exact": a_flow(an_exact_hit()),
        "semantic": a_flow(a_semantic_hit()),
        "miss": a_flow(a_report(reason="guard:numbers", trace=a_trace(refused))),
        "bypass": a_flow(a_report("bypass", reason="skip", key="", namespace="")),
        "none of ours": tflow.tflow(resp=True),
    }
    matches = flowfilter.parse(expression)

    assert {name for name, flow in flows.items() if matches(flow)} == found
    assert {name for name, flow in flows.items() if matches(reloaded(flow))} == found


def test_what_somebody_else_has_written_stays() -> None:
    flow = tflow.tflow()
    flow.marked, flow.comment = ":cat:", "look at this"

    flow_marks.mark_decided(flow, a_report(), "credential")
    flow_marks.mark_finished(flow, Finished(a_report(), 200, 1.0, 10, an_entry(), None))

    assert (flow.marked, flow.comment) == (":cat:", "look at this")
    assert flow.metadata["ai_cache"] == "miss"


def test_a_miss_is_told_to_its_end_unless_somebody_has_written_since() -> None:
    report = a_report(trace=a_trace())
    flow, edited = a_flow(report), a_flow(report)
    edited.comment = "mine"

    for each in (flow, edited):
        flow_marks.mark_finished(each, Finished(report, 200, 2.11, 10, an_entry(), None))

    assert flow.comment == "miss: no neighbor above 0.92 (none there) · 412 tokens, 2.1 s · kept"
    assert edited.comment == "mine"


def test_texts_that_no_file_could_hold_are_made_to_fit() -> None:
    flow = a_flow(
        a_report(question="half a \ud83d pair", model="\ud83d", trace=a_trace(Neighbor(OTHER, 0.5, "\ude00")))
    )

    assert reloaded(flow).metadata == flow.metadata
    assert flow.metadata["ai_cache_model"] == "?"


def test_a_question_that_may_be_another_owners_is_not_told() -> None:
    flow = a_flow(a_report(reason="foreign", trace=a_trace(Neighbor(OTHER, 0.99, "a secret", "foreign"))))
    hit = a_semantic_hit()
    hit.trace.neighbors.append(Neighbor(KEY, 0.95, "a secret"))

    assert "a secret" not in str(flow.get_state())
    assert "a secret" not in str(a_flow(hit).get_state())
    assert flow.metadata["ai_cache_decision"]["neighbors"] == [{"key": OTHER, "similarity": 0.99, "refused": "foreign"}]


def test_a_hit_tells_what_answered_it() -> None:
    flow = a_flow(a_semantic_hit())

    assert (flow.metadata["ai_cache_key"], flow.metadata["ai_cache_entry"]) == (KEY, OTHER)
    assert flow.metadata["ai_cache_similarity"] == pytest.approx(0.967)
    assert type(flow.metadata["ai_cache_similarity"]) is float
    assert flow.metadata["ai_cache_decision"]["entry"]["question"] == "How do I reset a password?"


@pytest.mark.parametrize(("chosen", "shown"), [(None, ["path", "comment"]), (["path", "size"], ["path", "size"])])
def test_mitmwebs_list_shows_comments_unless_its_columns_were_chosen(
    chosen: list[str] | None, shown: list[str]
) -> None:
    with taddons.context() as context:
        flow_marks.show_comments()  # mitmdump and console have no such columns
        context.options.add_option("web_columns", Sequence[str], ["path"], "")
        if chosen is not None:
            context.options.update(web_columns=chosen)

        for _ in range(2):
            flow_marks.show_comments()

        assert context.options.web_columns == shown
