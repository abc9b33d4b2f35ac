"""One line says what became of a request, and why."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from mitmproxy.utils.emoji import emoji

import aicache
from aicache.domain.events import Decided, Finished
from aicache.evidence.error_bound import ServingLevel
from aicache.evidence.neighbor import Neighbor
from aicache.telemetry import phrases
from aicache.telemetry.phrases import describe_completion, describe_decision, flow_marker
from ui.flow_reports import HOURS, KEY, NOW, OTHER, a_report, a_semantic_hit, a_trace, an_entry, an_exact_hit

NEAR = Neighbor(OTHER, 0.981, "How do I reset 2 passwords?", "guard:numbers")
FAR = Neighbor(KEY, 0.9412, refused="too far")


@pytest.mark.parametrize(
    ("report", "comment"),
    [
        (an_exact_hit(), "exact hit · 3 h old · saved 412 tokens, 2.1 s"),
        (a_semantic_hit(), "semantic hit 0.967 · 3 h old · saved 412 tokens, 2.1 s"),
        (an_exact_hit(tier="legacy"), "legacy hit · saved 412 tokens, 2.1 s"),
        (an_exact_hit(entry=an_entry(prompt_tokens=0, completion_tokens=0, took=0.0)), "exact hit · 3 h old"),
        (an_exact_hit(entry=an_entry(completion_tokens=4321, took=0.0)), "exact hit · 3 h old · saved 4,333 tokens"),
        (an_exact_hit(entry=an_entry(stored_at=NOW + 5)), "exact hit · 0 s old · saved 412 tokens, 2.1 s"),
        (a_report("hit", tier="embeddings"), "embeddings hit"),
        (a_report(trace=a_trace(FAR)), "miss: no neighbor above 0.92 (nearest 0.941)"),
        (a_report(trace=a_trace()), "miss: no neighbor above 0.92 (none there)"),
        (a_report(trace=a_trace(FAR, threshold=None)), "miss: no neighbor near enough (nearest 0.941)"),
        (
            a_report(reason="guard:numbers", trace=a_trace(NEAR, FAR)),
            "miss: neighbor at 0.981 refused by guard: numbers",
        ),
        (
            a_report(trace=a_trace(replace(FAR, judged="no"), replace(FAR, judged="late"))),
            "miss: no neighbor above 0.92 (nearest 0.941); judge model: no, late",
        ),
        (
            a_semantic_hit(judged=True),
            "semantic hit 0.967 · allowed by the judge model · 3 h old · saved 412 tokens, 2.1 s",
        ),
        (a_report(reason="expired"), "miss: what is stored has expired"),
        (a_report(reason="store-error: exact store: timed out"), "miss: store error: exact store: timed out"),
        (a_report(reason="2/5 known", tier="embeddings"), "miss: 2/5 known"),
        (a_report(reason="of tomorrow"), "miss: of tomorrow"),
        (a_report("bypass", reason="skip"), "bypass: the request says so"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_comment_names_the_outcome_and_its_reason(report: Decided, comment: str) -> None:
    assert describe_decision(report) == comment


def test_a_risk_is_told_where_it_was_estimated() -> None:
    trace = a_trace(FAR)
    trace.risk = 0.034

    assert (
        describe_decision(a_report(reason="too-risky", trace=trace))
        == "miss: neighbor too risky (at 0.941, 3.4 % likely wrong)"
    )


def test_what_came_of_a_miss_is_told_with_what_it_took() -> None:
    report = a_report()

    assert describe_completion(Finished(report, 200, 2.11, 900, an_entry(), None)) == "412 tokens, 2.1 s · kept"
    assert describe_completion(Finished(report, 500, 0.02, 900, None, "status 500")) == "20 ms · not kept: status 500"
    assert describe_completion(Finished(report, 0, 0.0, 0, None, "broken off")) == "not kept: broken off"


def test_every_outcome_has_a_marker_of_its_own_that_mitmproxy_can_draw() -> None:
    reports = {
        "exact": an_exact_hit(),
        "semantic": a_semantic_hit(),
        "legacy": an_exact_hit(tier="legacy"),
        "miss": a_report(),
        "failed": a_report(reason="store-error: embedder: timed out"),
        "in part": a_report(reason="1/2 known", tier="embeddings"),
        "bypass": a_report("bypass", reason="skip"),
    }

    markers = {name: flow_marker(report) for name, report in reports.items()}

    assert len(set(markers.values())) == len(markers)
    assert {marker.strip(":") for marker in markers.values()} <= {name.strip(":") for name in emoji}
    assert flow_marker(a_report(reason="0/2 known", tier="embeddings")) == markers["miss"]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3 * HOURS, "3 h"), (50 * HOURS, "2 d")]
)
def test_a_duration_is_told_in_its_largest_unit(seconds: float, words: str) -> None:
    assert phrases.format_duration(seconds) == words


def test_every_reason_that_there_is_has_words() -> None:
    sources = {path: path.read_text("utf-8") for path in Path(aicache.__file__).parent.rglob("*.py")}
    policy = next(source for path, source in sources.items() if path.name == "policy.py")
    code = "".join(sources.values())
    misses = {*re.findall(r'Miss\("([a-z-]+)"', code), *re.findall(r'^    +return "([a-z-]+)"$', policy, re.MULTILINE)}
    bypasses = set(re.findall(r'Bypass\("([a-z-]+)"\)', code))
    assert {"not-stored", "starting", "foreign", "expired"} <= misses
    assert {"skip", "streamed", "switched-off"} <= bypasses

    for outcome, reasons in (("miss", misses | set(ServingLevel) - {ServingLevel.LEARNED}), ("bypass", bypasses)):
        for reason in reasons:
            assert describe_decision(a_report(outcome, reason=reason)) != f"{outcome}: {reason}", reason
