"""Observability: everything follows the configuration while the proxy runs, and nothing grows with the requests."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from aicache.adapters.memory import MemoryIndex
from aicache.config import Config, Log, Otel
from aicache.dashboard.overview import overview
from aicache.domain.policy import Rules
from aicache.domain.ports import StoreError
from aicache.domain.pricing import Price
from aicache.engine import Engine
from aicache.maintenance import Maintenance
from aicache.telemetry.event_watchers import Watchers
from aicache.telemetry.health import collect_health
from aicache.telemetry.observability import Observability
from benchmarks import telemetry_growth
from fakes import BrokenStore, LetterEmbedder
from telemetry.reports import a_hit, a_near_hit, a_refused_miss, a_report, an_entry, checked, finished

RULES = Rules(ttl=100, max_bytes=10_000, max_temperature=None, threshold=0.95, top_k=5, max_question=400)


class Setup:
    def __init__(self, engine: Engine | None = None) -> None:
        self.watchers = Watchers()
        self.observability = Observability(self.watchers, lambda: engine)

    def tell(self, count: int = 1) -> None:
        for _ in range(count):
            self.watchers.decided(a_hit())


@pytest.fixture
def setup() -> Setup:
    return Setup()


def questions(path: Path) -> list[str | None]:
    return [json.loads(line).get("question") for line in path.read_text().splitlines()]


async def test_the_log_follows_the_configuration(setup: Setup, tmp_path: Path) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    for log in (Log(file=str(one)), Log(file=str(one)), Log(file=str(other), text=True), Log()):
        setup.observability.configure(Config(log=log))
        setup.tell()
    await setup.observability.close()

    setup.tell()

    assert questions(other) == ["a question of the caller"]
    assert questions(one) == [None, None]


async def test_a_desk_that_is_closed_writes_all_and_may_be_used_again(setup: Setup, tmp_path: Path) -> None:
    log = Log(file=str(tmp_path / "log.jsonl"))
    for count in (3000, 1):
        setup.observability.configure(Config(log=log))
        setup.tell(count)
        await setup.observability.close()

    assert len(questions(tmp_path / "log.jsonl")) == 3001


async def test_prices_and_texts_follow_at_once(setup: Setup) -> None:
    setup.observability.configure(Config(prices=(Price("gpt-4o", Decimal(1000), Decimal(0)),), log=Log(text=True)))
    setup.tell()
    before = overview(setup.observability.figures, setup.observability.config, 300)
    setup.observability.configure(Config(prices=(Price("gpt-4o", Decimal(2000), Decimal(0)),)))
    setup.tell()
    after = overview(setup.observability.figures, setup.observability.config, 300)

    assert before["since"]["money"] == pytest.approx(1.0)
    assert after["since"]["money"] == pytest.approx(3.0)
    assert before["top"][0]["question"] == an_entry().question
    assert after["top"][0]["question"] is None


async def test_spans_are_sent_only_while_they_are_wanted(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    setup.observability.configure(Config())
    watching = len(setup.watchers._watchers)
    setup.observability.configure(Config(otel=Otel(endpoint="http://127.0.0.1:9/v1/traces")))
    more = len(setup.watchers._watchers)
    setup.observability.configure(Config())

    assert (more, len(setup.watchers._watchers)) == (watching + 1, watching)
    await setup.observability.close()


def test_the_overview_is_plain_values_and_complete_before_anything_happened(setup: Setup) -> None:
    now = overview(setup.observability.figures, setup.observability.config, 300)

    assert json.loads(json.dumps(now))["since"]["hit"] == 0
    assert now["health"] is None
    assert now["error_bound"] is None
    assert now["guards"] == now["misses"] == now["models"] == now["kinds"] == []


def test_the_overview_tells_what_was_counted(setup: Setup) -> None:
    for _ in range(2):
        setup.watchers.decided(a_refused_miss("guard:numbers"))
    setup.watchers.decided(a_near_hit())
    setup.watchers.decided(a_report("bypass", reason="skip"))
    setup.watchers.decided(a_hit(model="no-price"))
    setup.watchers.finished(finished(entry=an_entry()))
    setup.watchers.checked(checked("wrong", error_bound=0.03, serving_level="off"))
    setup.watchers.checked(checked("right", source="miss", would_serve=False))

    now = overview(setup.observability.figures, setup.observability.config, 300)

    assert now["guards"] == [["numbers", 2]]
    assert now["misses"] == [["guard:numbers", 2]]
    assert now["bypasses"] == [["skip", 1]]
    assert now["since"]["unpriced"] == ["no-price"]
    assert now["judged"] == {"right": 0, "wrong": 1, "unknown": 0}  # of what was served, or would have been
    assert (now["error_bound"], now["kinds"][0]["standing"]) == (0.03, "off")
    assert sum(now["similarity"]["hit"]) == 1
    assert sum(now["similarity"]["miss"]) == 2
    assert [row["model"] for row in now["models"]] == ["gpt-4o", "no-price"]
    assert json.dumps(now)


async def test_health_is_what_the_engine_has_in_use_and_how_it_fares() -> None:
    engine = Engine(RULES, 1.0)
    nothing = collect_health(engine)
    engine.use_exact(BrokenStore(), 1.0)
    engine.use_semantic(LetterEmbedder(), MemoryIndex(), embedder_timeout=1.0, index_timeout=1.0)
    for _ in range(20):
        with pytest.raises(StoreError):
            await Maintenance(engine).fetch("key")

    exact, embedder, index, *writes = collect_health(engine).parts

    assert [part.what for part in nothing.parts] == [None] * 5
    assert [(part.name, part.failing) for part in writes] == [
        ("exact store (writes)", False),
        ("vector index (writes)", False),
    ]
    assert (embedder.what, embedder.failing, index.failing) == ("letters", False, False)
    assert exact.failing
    assert 0 < exact.failures < 20  # then it was not asked any more
    assert exact.last_failure == "broken, as it should be"


@pytest.mark.slow
async def test_nothing_grows_with_the_requests(tmp_path: Path) -> None:
    """The soak of `scripts/bench soak`, for a shorter time."""
    assert await telemetry_growth.measure(tmp_path, 20_000) == 0
