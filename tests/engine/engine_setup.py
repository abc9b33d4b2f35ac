"""Engines over fakes, and the calls and answers that tests give them."""

from __future__ import annotations

import json
from typing import Any

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.domain.conversation import Context
from aicache.domain.keys import KeyRules, Origin, identify
from aicache.domain.model import Hit, Miss
from aicache.domain.policy import Rules
from aicache.domain.ports import Embedder, VectorIndex
from aicache.domain.request_directives import Directives
from aicache.domain.store_ports import ExactStore
from aicache.engine import Engine, Exchange, after_miss
from aicache.entries.recording import Recording
from aicache.formats.openai.chat import CHAT
from fakes import LetterEmbedder

KEY_RULES = KeyRules("", Context.FULL, frozenset({"stream"}), ())
RULES = Rules(ttl=100, max_bytes=10_000, max_temperature=None, threshold=0.95, top_k=5, max_question=100)
NOW = 1_900_000_000.0


def an_exchange(
    question: str,
    scope: str = "alice",
    directives: Directives | None = None,
    credential: str | None = None,
    **fields: Any,
) -> Exchange:
    body = {"model": "m", "messages": [{"role": "user", "content": question}], **fields}
    call = CHAT.parse_request("/v1/chat/completions", json.dumps(body).encode())
    origin = Origin("https://api.example.com:443", "/v1/chat/completions", scope)
    identity, shared = identify(call, origin, KEY_RULES), scope == "shared"
    return Exchange(call, identity, directives or Directives(), CHAT, credential, shared=shared, proves=shared)


def an_answer(text: str, **choice: Any) -> Recording:
    message = {"role": "assistant", "content": text}
    document = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"} | choice],
    }
    return Recording(200, "application/json", "", json.dumps(document).encode())


class Clock:
    """Unix time that stands still until a test moves it."""

    now = NOW

    def __call__(self) -> float:
        return self.now


class Setup:
    """An engine over fakes, and the three steps a test takes with it."""

    def __init__(
        self, exact: ExactStore | None = None, embedder: Embedder | None = None, index: VectorIndex | None = None
    ) -> None:
        self.clock = Clock()
        self.exact = exact or MemoryStore(clock=self.clock)
        self.index = index or MemoryIndex()
        self.embedder = embedder or LetterEmbedder()
        self.engine = Engine(RULES, lookup_timeout=0.2, clock=self.clock)
        self.engine.use_exact(self.exact, 0.1)
        self.engine.use_semantic(self.embedder, self.index, embedder_timeout=0.1, index_timeout=0.1)

    async def ask(self, exchange: Exchange) -> Hit | Miss:
        return await self.engine.lookup(exchange)

    async def learn(self, exchange: Exchange, answer: str) -> None:
        self.engine.store_soon(exchange, self.engine.record(exchange, an_answer(answer)))
        await self.engine.drain(1)

    async def refill(self, exchange: Exchange, answer: str) -> None:
        """What the addon does: look up, and store on a miss."""
        outcome = await self.ask(exchange)
        assert isinstance(outcome, Miss)
        await self.learn(after_miss(exchange, outcome), answer)
