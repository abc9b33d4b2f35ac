"""Engines that learn from fresh answers, and ways to ask them for the same thing."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.domain.conversation import Context
from aicache.domain.events import Checked, Spent
from aicache.domain.keys import KeyRules, Origin, identify
from aicache.domain.model import Entry, Hit, Miss
from aicache.domain.policy import Policy, Rules
from aicache.domain.request_directives import Directives
from aicache.domain.store_ports import ExactStore
from aicache.engine import Engine, Exchange, after_miss
from aicache.evidence.verified_policy import VerifiedPolicy
from aicache.formats.openai.chat import CHAT
from engine.engine_setup import an_answer
from fakes import LetterEmbedder

RULES = Rules(
    ttl=1000,
    max_bytes=10_000,
    max_temperature=None,
    threshold=0.0,
    top_k=5,
    max_question=200,
    policy=Policy.VERIFIED,
    audit=0.05,
)
PASSWORD = "You can choose a new password below Settings, Security, and it is asked for at the next sign-in."
ADDRESS = "Write to the branch that keeps your account: they change the address once you have shown your papers."
PHRASES = ["how do i reset my password", "i want to reset my password", "reset the password i have"]
MANNERS = ["please", "thanks", "hello there", "kindly", "good morning", "hi", "cheers", "dear team", "sorry", "well"]


def an_exchange(question: str, scope: str = "alice", **directives: object) -> Exchange:
    body = {"model": "m", "messages": [{"role": "user", "content": question}]}
    call = CHAT.parse_request("/v1/chat/completions", json.dumps(body).encode())
    origin = Origin("https://api.example.com:443", "/v1/chat/completions", scope)
    identity = identify(call, origin, KeyRules("", Context.FULL, frozenset(), ()))
    return Exchange(call, identity, Directives(**directives), CHAT, f"key of {scope}", segment=f"kind of {scope}")  # type: ignore[arg-type]


def questions(count: int, seed: int = 0) -> Iterator[str]:
    """Yield ways to ask for one and the same thing."""
    ways = [f"{one} {phrase} {other}" for one, other in itertools.permutations(MANNERS, 2) for phrase in PHRASES]
    random.Random(seed).shuffle(ways)
    yield from ways[:count]


class Proxy:
    """An engine, and the steps that the addon takes with it: miss, store; hit, and its audit."""

    def __init__(
        self,
        rules: Rules = RULES,
        exact: ExactStore | None = None,
        index: MemoryIndex | None = None,
        clock: Callable[[], float] = time.time,
        seed: int | None = None,
    ) -> None:
        self.exact = exact or MemoryStore(clock)
        self.index = index or MemoryIndex()
        self.checked: list[Checked] = []
        self.spent: list[Spent] = []
        self.audited: list[Entry] = []
        self.engine = Engine(
            rules, lookup_timeout=1.0, clock=clock, on_checked=self.checked.append, on_spent=self.spent.append
        )
        self.engine.learning._random = random.Random(seed)
        self.engine.use_exact(self.exact, 1.0)
        self.engine.use_semantic(LetterEmbedder(), self.index, embedder_timeout=1.0, index_timeout=1.0)
        self.seen: Counter[str] = Counter()

    async def ask(self, question: str, answer: str, **directives: object) -> Hit | Miss:
        exchange = an_exchange(question, **directives)  # type: ignore[arg-type]
        outcome = await self.engine.lookup(exchange)
        if isinstance(outcome, Miss):
            self.seen["upstream"] += 1
            exchange = after_miss(exchange, outcome)
            self.engine.store_soon(exchange, self.engine.record(exchange, an_answer(answer)))
        else:
            said = json.loads(outcome.entry.body)["choices"][0]["message"]["content"]
            self.seen["exact" if outcome.similarity is None else "right" if said == answer else "wrong"] += 1
            if outcome.trial is not None:
                self.seen["audits"] += 1
                audited = replace(exchange, trial=outcome.trial)
                self.engine.check_hit(audited, an_answer(answer), self.audited.extend)
        await self.settle()
        return outcome

    async def tell_wrong(self, question: str, hit: Hit) -> None:
        """Report that a hit, given by any proxy, was a wrong answer."""
        await self.engine.apply_feedback(an_exchange(question), hit.entry.key, False)
        await self.settle()

    async def segment(self) -> VerifiedPolicy:
        """Return the only segment, after an exchange with the other proxies."""
        segments = self.engine.learning.segments
        await segments.sync_all()
        [segment] = filter(None, map(segments.get, segments._segments))
        return segment

    async def settle(self) -> None:
        for _ in range(1000):  # what goes on in the background is seen from outside only by its end
            if not self.engine.busy:
                return
            await asyncio.sleep(0.001)
        raise AssertionError("the engine does not come to rest")
