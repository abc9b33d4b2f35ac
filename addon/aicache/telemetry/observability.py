"""Everything that observes the cache: builds the watchers from the configuration, and gives access to their figures."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from aicache.config import Config, Header, Loaded, Shared
from aicache.config import Log as LogConfig
from aicache.config import Otel as OtelConfig
from aicache.config.request_settings import Settings
from aicache.domain.caller_digests import CallerMatcher, caller_matcher
from aicache.domain.pricing import Price, cost
from aicache.domain.store_ports import Measurable
from aicache.engine import Engine
from aicache.engine.guarded_store import GuardedStore
from aicache.telemetry import otel
from aicache.telemetry.counters import Counters
from aicache.telemetry.decision_log import DecisionLog
from aicache.telemetry.event_watchers import Watchers
from aicache.telemetry.figures import Figures
from aicache.telemetry.header_miss_log import HeaderMissLog
from aicache.telemetry.health import Health, collect_health
from aicache.telemetry.latest_requests import LatestRequest, LatestRequests
from aicache.telemetry.prometheus import Metrics
from aicache.telemetry.resource_meter import ResourceMeter
from aicache.telemetry.savings_store import Accountant
from aicache.telemetry.timeline import Timeline
from aicache.telemetry.top_questions import TopQuestions

logger = logging.getLogger(__name__)


class Observability:
    """*engine* returns the engine in use, or None; *settings* the settings in force, or None.

    *loaded* returns the configuration as it was read.
    """

    def __init__(
        self,
        watchers: Watchers,
        engine: Callable[[], Engine | None],
        settings: Callable[[], Settings | None] = lambda: None,
        loaded: Callable[[], Loaded] = lambda: Loaded(Config(), {}),
    ) -> None:
        self.engine = engine
        self.loaded = loaded
        self._settings = settings
        self.config = Config()
        self.bypassed = False
        """Whether every request passes by the cache, on an operator's word."""
        self.on_bypass: Callable[[], None] = lambda: None
        """Called when an operator of this process has changed that."""
        self._own: tuple[Price, ...] = ()
        self.counters, self.timeline, self.top_questions = Counters(self._cost), Timeline(self._cost), TopQuestions()
        self.latest = LatestRequests()
        """The latest requests of this process alone."""
        self.accountant = Accountant(self._cost, self._exact_store)
        self.resources = ResourceMeter(self._measurable_store)
        self.metrics = Metrics(self.counters, self.health, lambda: self.log_dropped)
        """Those of this process alone."""
        self.collect: Callable[[bool], Awaitable[Figures]] = self._collect_own
        """Returns all figures, those of other workers included; False leaves out the last hour and the questions."""
        self.find_latest: Callable[[str, str], Awaitable[list[LatestRequest]]] = self._find_own_latest
        """Returns the latest requests of an outcome (empty: of any) with a text, those of other workers included."""
        self._watchers = watchers
        watching = (self.counters, self.timeline, self.top_questions, self.latest, self.accountant, HeaderMissLog())
        for watcher in watching:
            watchers.add(watcher)
        self._log: DecisionLog | None = None
        self._ending: list[DecisionLog | otel.LookupSpans] = []  # closed, but may still be writing or sending
        self._log_config: LogConfig | None = None  # what _log was built from
        self._spans: otel.LookupSpans | None = None
        self._spans_config: tuple[OtelConfig, bool] | None = None

    def configure(self, config: Config, data: Path | None = None) -> None:
        """Apply a configuration; watchers whose settings are unchanged keep running. *data* is the data folder."""
        self.config = config
        self.resources.folder = data
        self._own = config.prices
        self.top_questions.keep_texts(config.log.text)
        self.latest.keep_texts(config.log.text)
        self._use_log(config.log)
        self._use_spans(config.otel, text=config.log.text)

    async def close(self) -> None:
        """Stop watching; queued lines and spans have a few seconds to be written and sent."""
        self._end_log()
        self._end_spans()
        self._log_config = self._spans_config = None
        ending, self._ending = self._ending, []
        await asyncio.gather(*(asyncio.to_thread(each.wait) for each in ending))

    @property
    def log_dropped(self) -> int:
        """Lines that the current decision log has dropped."""
        return self._log.dropped if self._log is not None else 0

    @property
    def scope(self) -> str:
        """The scope in which answers are shared, as the configuration spells it."""
        match self.config.scope:
            case Header(name):
                return f"header:{name}"
            case Shared():
                return "shared"
            case _:
                return "credential"

    @property
    def settings(self) -> Settings:
        """The settings that identify requests."""
        return self._settings() or Settings.of(self.config)

    @property
    def figures(self) -> Figures:
        """The figures of this process, which go on changing."""
        return Figures(self.counters, self.timeline, self.top_questions, self.health(), self.log_dropped)

    async def _collect_own(self, with_history: bool) -> Figures:
        return self.figures

    async def _find_own_latest(self, outcome: str, text: str) -> list[LatestRequest]:
        return self.latest.find(outcome, text)

    def resolve_caller(self, who: str) -> CallerMatcher:
        """Return a matcher for a credential, another identity, or a caller's name. Raises ValueError."""
        settings = self.settings
        if settings.starting:
            raise ValueError("the cache has not started")
        if not who.strip():
            raise ValueError("caller: empty")
        return caller_matcher(who, settings.key_rules.salt)

    def health(self) -> Health | None:
        engine = self.engine()
        return None if engine is None else collect_health(engine)

    def _measurable_store(self) -> Measurable | None:
        store = self._exact_store()
        return store.port if store is not None and isinstance(store.port, Measurable) else None

    def _exact_store(self) -> GuardedStore | None:
        engine = self.engine()
        return None if engine is None else engine.exact

    def _cost(self, model: str, prompt: int, completion: int, *, cached: int = 0) -> int | None:
        return cost(model, prompt, completion, self._own, cached=cached)

    def _use_log(self, wanted: LogConfig) -> None:
        if wanted == self._log_config:
            return
        self._end_log()
        self._log_config = wanted
        if wanted.file is not None:
            path = Path(wanted.file).expanduser()
            self._log = DecisionLog(
                path, text=wanted.text, max_bytes=wanted.max_bytes, keep=wanted.keep, max_age=wanted.max_age
            )
            self._watchers.add(self._log)

    def _use_spans(self, wanted: OtelConfig, *, text: bool) -> None:
        if (wanted, text) == self._spans_config:
            return
        self._end_spans()
        self._spans_config = (wanted, text)
        if not otel.is_configured(wanted.endpoint, os.environ):
            return
        if not otel.is_installed():
            logger.warning(
                "traces need the extra otel, which is not installed: "
                "pip install '.[otel]' in a checkout, pip install './FILE.whl[otel]' with a wheel file"
            )
            return
        self._spans = otel.LookupSpans(wanted.endpoint, text=text)
        self._watchers.add(self._spans)

    def _end_log(self) -> None:
        if self._log is not None:
            self._watchers.remove(self._log)
            self._log.close()
            self._ending.append(self._log)
        self._log = None

    def _end_spans(self) -> None:
        if self._spans is not None:
            self._watchers.remove(self._spans)
            self._spans.close()
            self._ending.append(self._spans)
        self._spans = None
