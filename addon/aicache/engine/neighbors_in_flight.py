"""Questions in flight as neighbors: which of them has an answer coming that may be given to another question as well.

The decision is the one on stored neighbors, on entries that are still to come. Nothing here waits for an answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from aicache.domain import policy
from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.in_flight import RECENT_FOR_S
from aicache.domain.keys import question_alias
from aicache.domain.loop_time import loop_time
from aicache.domain.model import Entry, Hit, Miss
from aicache.domain.ports import Purpose, StoreError
from aicache.domain.trace import Trace
from aicache.engine.admission import Admission
from aicache.engine.backends import Backends
from aicache.engine.collapsing import Collapsing, Flight
from aicache.engine.exchange import Exchange, after_miss
from aicache.engine.guarded_semantic import Semantic
from aicache.engine.in_flight_search import InFlightSearch, OpenQuestion, build_entry_to_come
from aicache.engine.learning import Learning
from aicache.engine.lookup import Lookup
from aicache.engine.neighbor_search import disowned_flags
from aicache.engine.same_words_lookup import alias_of, answer_same_words
from aicache.engine.semantic_lookup import SemanticLookup
from aicache.engine.step_names import Step

MAX_QUESTIONS = 1024
"""Questions in flight that others are compared with; a vector has a few kilobytes."""
MAX_QUESTIONS_OF_NAMESPACE = 64
_UNINFORMATIVE = frozenset({"no-neighbor", "neighbor-gone", "not-stored", "busy"})
"""Reasons for a miss that say less than what the look-up of stored neighbors has said."""


class NeighborsInFlight:
    """The open questions of this process, by namespace. Used from one event loop. *rules* returns those in force."""

    def __init__(
        self,
        backends: Backends,
        collapsing: Collapsing,
        learning: Learning,
        admission: Admission,
        rules: Callable[[], policy.Rules],
        clock: Callable[[], float],
    ) -> None:
        self._backends, self._collapsing, self._learning = backends, collapsing, learning
        self._admission, self._rules, self._clock = admission, rules, clock
        self._open: dict[str, dict[str, OpenQuestion]] = {}
        self._size = 0
        self._embeddings = TaskSet()

    def __len__(self) -> int:
        return self._size

    def add(self, exchange: Exchange, flight: Flight) -> None:
        """Let others wait for the answer to a call that goes upstream, if that may be found by meaning once stored."""
        rules, identity = self._rules(), exchange.identity
        if rules.shadow or not policy.may_answer_by_meaning(exchange.call, exchange.directives, rules):
            return
        of_namespace = self._open.get(identity.namespace, {})
        if self._size >= MAX_QUESTIONS or len(of_namespace) >= MAX_QUESTIONS_OF_NAMESPACE:
            return
        has_alias = policy.may_have_alias(exchange.directives, rules)
        alias = question_alias(identity, exchange.call.question) if has_alias else ""
        question = OpenQuestion(build_entry_to_come(exchange, self._clock()), alias, {})
        semantic = self._backends.semantic
        if semantic is not None and exchange.vector is not None and not semantic.embedder.asymmetric:
            question.vectors[semantic.namespace(identity)] = exchange.vector
        self._size += identity.key not in of_namespace
        self._open.setdefault(identity.namespace, of_namespace)[identity.key] = question
        flight.when_over(partial(self._over, question))

    def has_same_words(self, lookup: Lookup) -> bool:
        """Tell whether a question in the same words is open: then nothing need be embedded."""
        if not (questions := self._open.get(lookup.exchange.identity.namespace)):
            return False
        alias = alias_of(lookup)
        return bool(alias) and any(question.alias == alias for question in questions.values())

    async def find(self, exchange: Exchange, miss: Miss, trace: Trace, began: float, deadline: float) -> Hit | Miss:
        """Find an open question whose answer may be given to a call for which nothing stored may be.

        A hit has the entry to come, whose key is that of the question in flight. Else the miss, with what was learned
        of the call; by then every question that is open has been looked at. *began* as in `Collapsing.decide`.
        """
        rules, store = self._rules(), self._backends.exact
        if store is None or rules.shadow or _is_sampled(miss):
            return miss
        if not policy.may_answer_by_meaning(exchange.call, exchange.directives, rules):
            return miss
        bound = store.within(deadline, exchange.label)
        lookup = Lookup(exchange, rules, self._backends, bound, deadline, self._clock, trace)
        seen = {exchange.identity.key}
        while questions := self._unseen(exchange, seen, began):
            seen.update(question.entry.key for question in questions)
            found = await self._decide(lookup, questions)
            if isinstance(found, Hit):
                return found
            miss = _joined(miss, found)
            if _is_sampled(miss) or loop_time().time() >= deadline:
                break
            lookup = replace(lookup, exchange=after_miss(exchange, miss))
        return miss

    def _unseen(self, exchange: Exchange, seen: set[str], began: float) -> list[OpenQuestion]:
        questions = self._open.get(exchange.identity.namespace, {})
        now, state = time.monotonic(), self._collapsing.state
        return [each for key, each in questions.items() if key not in seen and state.may_give(key, began, now)]

    async def _decide(self, lookup: Lookup, questions: Sequence[OpenQuestion]) -> Hit | Miss:
        exchange, semantic = lookup.exchange, self._backends.semantic
        if alias := alias_of(lookup):
            same = [question.entry for question in questions if question.alias == alias]
            if same and (answered := await self._answer_same_words(lookup, semantic, same[0])) is not None:
                return answered
        if semantic is None:
            return Miss("not-stored")
        if self._admission.is_full_for(exchange.caller):
            return Miss("busy")
        semantic = semantic.within(lookup.deadline, exchange.label)
        keys = {question.entry.key for question in questions}
        others = (n for n in lookup.trace.neighbors if n.key not in keys and n.refused not in ("gone", "foreign"))
        with self._admission.admit(exchange.caller) as release:
            embeddings = self._embed_soon(questions, semantic, exchange)
            search = InFlightSearch(
                lookup,
                semantic,
                self._learning,
                release,
                found_before=tuple(others),
                questions={question.entry.key: question for question in questions},
                embeddings=embeddings,
            )
            outcome, _ = await SemanticLookup(search).run()
        return outcome

    async def _answer_same_words(self, lookup: Lookup, semantic: Semantic | None, entry: Entry) -> Hit | Miss | None:
        try:
            if flags := disowned_flags(lookup.exchange, [entry.key]):
                _, told_wrong = await lookup.store.get_with_flags((), flags, Step.SAME_WORDS)
                if any(flag is not False for flag in told_wrong):
                    return None
            return await answer_same_words(lookup, self._learning, semantic, entry)
        except StoreError:
            return None

    def _embed_soon(
        self, questions: Sequence[OpenQuestion], semantic: Semantic, exchange: Exchange
    ) -> set[asyncio.Task[None]]:
        """Have the questions embedded that are not yet, each once for all who are compared with it."""
        namespace = semantic.namespace(exchange.identity)
        for question in questions:
            if namespace not in question.vectors and question.embedding is None:
                question.embedding = self._embeddings.spawn(self._embed(question, namespace, semantic, exchange))
        return {question.embedding for question in questions if question.embedding is not None}

    async def _embed(self, question: OpenQuestion, namespace: str, semantic: Semantic, exchange: Exchange) -> None:
        purpose: Purpose = "document" if semantic.embedder.asymmetric else "query"  # as it will be stored
        texts = [question.entry.question or ""]
        await asyncio.sleep(0)  # an eager task (Python 3.12) would end before it is known
        try:
            with self._backends.embedding.place(exchange.caller):
                vectors = await semantic.embedder.embed(texts, purpose, exchange.segment, step=Step.EMBEDDING)
            question.vectors = {namespace: vectors[0]}
        except StoreError:  # it is no neighbor then
            pass
        finally:
            question.embedding = None

    def _over(self, question: OpenQuestion, entry: Entry | None) -> None:
        if entry is None:
            self._remove(question)
        else:  # for those that were looked up before it was stored
            asyncio.get_running_loop().call_later(RECENT_FOR_S, self._remove, question)

    def _remove(self, question: OpenQuestion) -> None:
        namespace, key = question.entry.namespace, question.entry.key
        questions = self._open.get(namespace, {})
        if questions.get(key) is question:
            del questions[key]
            self._size -= 1
            if not questions:
                del self._open[namespace]


def _is_sampled(miss: Miss) -> bool:
    """Tell whether a call goes upstream so that a hit is checked that it might have had."""
    return miss.trial is not None and miss.trial.decision.sampled


def _joined(before: Miss, found: Miss) -> Miss:
    """Return a miss on stored neighbors with what was found of those in flight."""
    says_more = found.reason not in _UNINFORMATIVE and not found.reason.startswith("store-error")
    vector = before.vector if found.vector is None else found.vector
    return Miss(found.reason if says_more else before.reason, vector, found.trial or before.trial, before.stale)
