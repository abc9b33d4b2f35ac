"""`scripts/bench soak-workers`: when its verdict is bad, and a few seconds with real workers."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("resource", reason="wants POSIX")

from benchmarks.faults.answer_checker import Response, Verdict
from benchmarks.faults.load import CheckedRequest
from benchmarks.faults.requests import KEYS, Corpus, Kind, PlannedRequest
from benchmarks.faults.sent_answers import Ledger, UpstreamRequest, answer
from benchmarks.soak_report import MB
from benchmarks.soak_workers import Settings, SoakTest
from benchmarks.soak_workers_load import Purges, ShortLivedCorpus, SoakLoad
from benchmarks.soak_workers_report import (
    SPARE_FILES,
    Sample,
    Soak,
    find_problems,
    growth,
    rows,
    summary,
    table_by_kind,
    table_by_process,
    table_by_time,
)
from benchmarks.soak_workers_state import Stored, number_of

SECONDS = 1200.0
QUESTION = PlannedRequest(Kind.REPEAT, KEYS[0], "m", ("How do I paint the fence?",))


def stored(**changes: int) -> Stored:
    return dataclasses.replace(Stored(50, 40, 0, 0, 2 * MB, 0, 0), **changes)


def sample(at: float = 0.0, memory: float = 100.0, files: int = 20, **changes: int) -> Sample:
    return Sample(at, {"worker 1": round(memory * MB)}, {"worker 1": files}, stored(**changes))


def seen(kind: Kind = Kind.REPEAT, verdict: Verdict = Verdict.GOOD, cache: str = "exact") -> CheckedRequest:
    return CheckedRequest(kind, 5.0, 0.01, verdict, "", cache)


AFTER = sample(SECONDS, evicted=7, expired=9)
GOOD = Soak(
    *(SECONDS, [seen(), seen(Kind.PARAPHRASE)], [sample(15.0 * n) for n in range(1, 80)], sample(), AFTER),
    *(100.0, 0, 3, 0.0, ()),
)
GROWING = [sample(15.0 * n, 100 + n / 5) for n in range(1, 80)]
GONE = dataclasses.replace(AFTER, memory={})


def problems(**changes: Any) -> list[str]:
    return [*find_problems(dataclasses.replace(GOOD, **changes))]


def test_what_expires_and_is_evicted_in_step_is_no_problem() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seen": [*GOOD.seen, seen(verdict=Verdict.WRONG)]}, "1 of 3 answers: wrong"),
        ({"seen": [seen(cache="miss"), *GOOD.seen[1:]]}, "only 0.0% of repeat"),
        ({"after": sample(SECONDS, evicted=7)}, "nothing expired"),
        ({"after": sample(SECONDS, expired=7)}, "nothing was evicted"),
        ({"after": sample(SECONDS, evicted=7, expired=9, orphans=2)}, "2 vectors have no entry"),
        ({"after": sample(SECONDS, evicted=7, expired=9, lacking=3)}, "3 entries have no vector"),
        ({"after": sample(SECONDS, files=21 + SPARE_FILES, evicted=7, expired=9)}, "more files"),
        ({"after": GONE}, "worker 1 has ended"),
        ({"samples": GROWING}, "the memory grew"),
        ({"on_disk": 4}, "4 vectors are in the index or in its files"),
        ({"found": ["a purge failed"]}, "a purge failed"),
    ],
)
def test_what_is_out_of_step_or_went_wrong_is_one(changes: dict[str, Any], words: str) -> None:
    [problem] = problems(**changes)
    assert words in problem


def test_memory_may_fill_and_have_peaks_and_must_be_flat_then() -> None:
    filling = [sample(15.0 * n, 60 + min(n, 20)) for n in range(1, 80)]
    teeth = [sample(15.0 * n, 100 + n % 10) for n in range(1, 80)]

    assert growth(filling, "worker 1", SECONDS)[0] == pytest.approx(0.0)
    assert growth(teeth, "worker 1", SECONDS)[0] == pytest.approx(0.0)
    assert growth(GROWING, "worker 1", SECONDS)[0] == pytest.approx(3600 / 15 / 5 / 1.1, rel=0.1)  # % an hour
    assert growth(GROWING[:9], "worker 1", SECONDS) == (0.0, 0.0, 0.0)


def test_tables_and_rows_have_what_was_seen() -> None:
    assert table_by_time(GOOD).splitlines()[1].split()[:4] == ["120", "2", "0", "100.0%"]
    assert table_by_kind(GOOD).splitlines()[1].split()[:4] == ["repeat", "1", "0", "100.0%"]
    assert table_by_process(GOOD).splitlines()[1].split() == [
        "worker",
        "1",
        "100.0",
        "100.0",
        "100.0",
        "+0.0",
        "20",
        "20",
    ]
    assert "100 s later: 50 entries" in summary(GOOD)
    head, *values = rows(GOOD)
    assert len(values) == len(GOOD.samples) + 2
    assert all(len(each) == len(head) for each in values)


def test_half_of_the_answers_are_stored_for_a_short_time_always_the_same_ones() -> None:
    corpus = ShortLivedCorpus(20, 60.0)
    asks = [corpus.some() for _ in range(400)]
    short = {ask.texts for ask in asks if ("x-ai-cache-ttl", "60") in ask.headers}
    rest = {ask.texts for ask in asks if ask.kind is not Kind.PARAPHRASE and not ask.headers}

    assert short
    assert rest
    assert not short & rest
    assert len(short) == pytest.approx(len(rest), rel=0.5)
    assert [*corpus.warm()] == [*Corpus(20).warm()]


@pytest.mark.parametrize("purge", [lambda purges: purges.add(1), lambda purges: purges.add_caller(KEYS[0], 1)])
def test_what_was_purged_must_not_come_back(purge: Callable[[Purges], None], monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger()
    sent = answer(ledger.number(), UpstreamRequest("before", QUESTION.path, KEYS[0], "m", QUESTION.texts, stream=False))
    ledger.add(sent)
    purges = Purges(ledger)
    load = SoakLoad(1, Corpus(1), ledger, 1.0, "test", purges)
    hit = Response(
        200,
        {"content-type": "application/json", "x-cache-status": "hit", "cache-status": "ai-cache; hit; detail=exact"},
        sent.body,
    )

    def verdict(asked_at: float) -> Verdict:
        assert load.note(QUESTION, "now", hit, asked_at) is load.seen[-1]
        return load.seen[-1].verdict

    assert number_of(sent.body) == 1
    assert verdict(time.monotonic()) is Verdict.GOOD
    purge(purges)
    assert purges.count == 1
    assert verdict(time.monotonic()) is Verdict.GOOD  # the other worker is being told
    assert verdict(time.monotonic() + 10) is Verdict.WRONG
    assert "purged" in load.seen[-1].why


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="workers share a port, and it looks into /proc")
async def test_store_and_index_of_real_workers_are_in_step(tmp_path: Path) -> None:
    settings = Settings(
        *(5.0, 10.0, 10),
        short_ttl=2.0,
        erased_within=4.0,
        sample_interval=2.0,
        purge_interval=1.0,
        settle_interval=1.0,
        settle_timeout=30.0,
    )

    soak = await SoakTest(tmp_path, settings).run()

    assert {each.why for each in soak.seen if each.verdict is not Verdict.GOOD} == set()
    assert any(each.cache == "exact" for each in soak.seen)
    assert soak.after.stored.in_step
    assert soak.after.stored.expired
    assert (soak.on_disk, soak.failed, [*soak.found]) == (0, 0.0, [])
    assert soak.purges
    assert set(soak.before.memory) == {"supervisor", "folder", "worker 1", "worker 2", "Valkey", "encoder"}
    assert soak.after.memory.keys() == soak.before.memory.keys()
