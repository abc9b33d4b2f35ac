"""Tries a configuration on the live services, part by part, and proves one hit: ``python -m aicache.runtime.doctor``.

It leaves nothing behind: what it stores has a namespace of its own, lives a minute, and is deleted at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from aicache import config as configuration
from aicache.adapters.chat_judge import ChatJudge
from aicache.adapters.private_file import load_or_create_secret
from aicache.adapters.valkey.folder_lock import FolderLock
from aicache.config import Config, ConfigError, JudgeModel, JudgeWhen
from aicache.domain.conversation import Context
from aicache.domain.judging import JudgeQuestion
from aicache.domain.keys import KeyRules, Origin, identify
from aicache.domain.model import Entry, Hit, Vector
from aicache.domain.ports import Purpose, StoreError
from aicache.domain.request_directives import Directives
from aicache.engine import Engine, Exchange
from aicache.entries.recording import Recording, record
from aicache.formats.openai.chat import CHAT
from aicache.runtime.data_folder import TOKEN_FILE, default_data_folder
from aicache.runtime.exact_component import ExactComponent
from aicache.runtime.factories import build_judge
from aicache.runtime.preflight import check_config, needs_folder, rules_for
from aicache.runtime.semantic_component import SemanticComponent

T = TypeVar("T")

VISIBLE_WITHIN = 30.0  # seconds that a vector may take to be found after it was stored
TTL = 60.0  # seconds that what the doctor stores would live
LOOKUP = 30.0  # seconds; the doctor waits longer than a request would, to say how long it takes
SESSION = f"doctor-{secrets.token_hex(8)}"
QUESTION = "How do I reset my password?"
SAME_QUESTION, OTHER_QUESTION = "How can I reset my password?", "How do I delete my account?"


@dataclass(frozen=True, slots=True)
class Finding:
    """One step: how long it took in seconds, and what is wrong, with how to mend it (None when nothing is)."""

    step: str
    seconds: float
    note: str = ""
    problem: str | None = None


class Doctor:
    """Examines one configuration; `findings` grows step by step, and a step that fails ends its branch."""

    def __init__(self, config: Config, data: Path, say: Callable[[Finding], None]) -> None:
        self._config, self._data, self._say = config, data, say
        self.findings: list[Finding] = []
        self._engine = Engine(rules_for(config), LOOKUP)
        self._exact, self._semantic = ExactComponent(self._engine), SemanticComponent(self._engine)

    async def examine(self) -> None:
        lock = FolderLock(self._data) if needs_folder(self._config) else None
        try:
            owned = lock is not None and lock.acquire()
            await self._examine(owned)
        except StoreError as exc:
            self._note(Finding("data folder", 0.0, problem=str(exc)))
        finally:
            await self._engine.drain(1)
            await self._semantic.end()
            await self._exact.end()
            if lock is not None:
                lock.release()

    async def _examine(self, owned: bool) -> None:
        await self._examine_token()
        exact = self._config.exact
        started = await self._step("Redis: start" if exact.redis is None else "Redis: connect", self._open_exact(owned))
        if not started or self._engine.exact is None:
            return
        exchange, entry = an_exchange(QUESTION)
        store = self._engine.exact.port
        if not await self._step("Redis: put", store.put(entry)):
            return
        if not await self._step("Redis: get, and an exact hit", self._hit(exchange)):
            return
        semantic = self._config.semantic
        if not semantic.enabled:
            self._note(Finding("embedder and index", 0.0, "not tried: semantic.enabled is false"))
        elif semantic.index.kind == "zvec" and not owned:
            self._note(Finding("embedder and index", 0.0, "not tried: a proxy that runs has this data folder"))
        elif await self._step(
            f"{semantic.embedder.kind} embedder and {semantic.index.kind} index: connect",
            self._semantic.reconcile(semantic, self._data, owned),
        ):
            await self._examine_semantic(exchange)
        if semantic.enabled and semantic.judge is not None:
            await self._examine_judge(semantic.judge)
        await store.delete([entry.key])

    async def _examine_token(self) -> None:
        wanted, file = self._config.dashboard, self._data / TOKEN_FILE
        if wanted.enabled and wanted.token is None and file.exists():
            await self._step("dashboard: read its token", asyncio.to_thread(load_or_create_secret, file), str(file))

    async def _open_exact(self, owned: bool) -> None:
        try:
            await self._exact.reconcile(self._config.exact, self._data, owned)
            assert self._engine.exact is not None
            await self._engine.exact.port.remembers("doctor")  # connects
        except StoreError as exc:
            if self._config.exact.redis is None:
                raise
            raise StoreError(f"{exc}; check exact.redis.url") from exc

    async def _examine_semantic(self, exchange: Exchange) -> None:
        assert self._engine.semantic is not None
        embedder, index = self._engine.semantic.embedder.port, self._engine.semantic.index.port
        vectors = stored = await self._embed("embed a question", "query")
        if embedder.asymmetric and vectors is not None:
            stored = await self._embed("embed it for the store", "document")
        if vectors is None or stored is None:
            return
        key, namespace = exchange.identity.key, self._engine.semantic.namespace(exchange.identity)
        until = time.time() + TTL
        if not await self._step("store its vector", index.upsert(key, namespace, stored[0], until)):
            return
        try:
            if await self._step("until it is found", self._visible(namespace, key, vectors)):
                found = await self._step("search", index.search(namespace, vectors[0], 5))
                if found and isinstance(found, list) and not self._like_itself(found[0].similarity):
                    return
                other, _ = an_exchange(QUESTION + " ")
                await self._step("a hit by meaning", self._hit(other))
        finally:
            with contextlib.suppress(StoreError):
                await index.delete([key])

    async def _examine_judge(self, wanted: JudgeModel) -> None:
        """Ask the judge model what it will be asked, about a neighbor that may answer and one that must not."""
        judge = build_judge(wanted)
        try:
            if wanted.when is JudgeWhen.AFTER:
                await self._step(f"judge model {wanted.model}: compare answers", self._compare_answers(judge))
                return
            await self._step(f"judge model {wanted.model}: connect", judge.load())
            for step, stored, may_answer in (
                ("allow the same question", SAME_QUESTION, True),
                ("refuse another question", OTHER_QUESTION, False),
            ):
                asked = self._judge(judge, JudgeQuestion(QUESTION, stored), may_answer, wanted.timeout)
                await self._step(f"judge model: {step}", asked, f"time limit {wanted.timeout * 1000:.0f} ms")
        finally:
            await judge.close()

    async def _judge(self, judge: ChatJudge, question: JudgeQuestion, may_answer: bool, limit_s: float) -> None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(LOOKUP):
                said = (await judge.may_answer(question)).may_answer
        except TimeoutError as exc:
            raise StoreError(f"no answer within {LOOKUP:g} s; check semantic.judge.base_url") from exc
        if said is None:
            raise StoreError("its reply is neither yes nor no; use a model that does not reason first")
        if said is not may_answer:
            raise StoreError(f"it says {'yes' if said else 'no'}, which is wrong; use a better model")
        if (took := time.monotonic() - began) > limit_s:
            raise StoreError(f"it takes {took * 1000:.0f} ms; raise semantic.judge.timeout or use a faster model")

    async def _compare_answers(self, judge: ChatJudge) -> None:
        if (await judge.same(QUESTION, "It works.", "It does work.")).may_answer is None:
            raise StoreError("its reply is not one of YES, NO and UNSURE")

    async def _embed(self, step: str, purpose: Purpose) -> Vector | None:
        assert self._engine.semantic is not None
        embedder = self._engine.semantic.embedder.port
        vectors = await self._step(step, embedder.embed([QUESTION], purpose), f"{embedder.dimensions} dimensions")
        return None if isinstance(vectors, bool) else vectors

    def _like_itself(self, similarity: float) -> bool:
        """Note how like itself the question is; False when that is below the threshold."""
        threshold = self._engine.rules.threshold
        problem = None
        if similarity < threshold:
            problem = f"{similarity:.4f}, but semantic.threshold is {threshold:g}; lower it, or stored_as: query"
        self._note(Finding("similarity of the question to itself", 0.0, f"{similarity:.4f}", problem))
        return problem is None

    async def _visible(self, namespace: str, key: str, vectors: Vector) -> None:
        semantic = self._engine.semantic
        assert semantic is not None
        deadline = time.monotonic() + VISIBLE_WITHIN
        while key not in [n.key for n in await semantic.index.port.search(namespace, vectors[0], 5)]:
            if time.monotonic() > deadline:
                raise StoreError(
                    f"not found {VISIBLE_WITHIN:g} s after it was stored: is the collection the right one?"
                )
            await asyncio.sleep(0.05)

    async def _hit(self, exchange: Exchange) -> None:
        outcome = await self._engine.lookup(exchange)
        if not isinstance(outcome, Hit):
            raise StoreError(f"a miss where a hit was due: {outcome.reason}")

    async def _step(self, step: str, work: Awaitable[T], note: str = "") -> T | bool | None:
        """Do a step and note it; what it returns, or True where that is nothing; None when it failed."""
        began = time.monotonic()
        try:
            done = await work
        except StoreError as exc:
            self._note(Finding(step, time.monotonic() - began, problem=str(exc)))
            return None
        self._note(Finding(step, time.monotonic() - began, note))
        return True if done is None else done

    def _note(self, finding: Finding) -> None:
        self.findings.append(finding)
        self._say(finding)


def an_exchange(question: str) -> tuple[Exchange, Entry]:
    """Return a call of the doctor's own, in a namespace that nobody shares, and the entry that answers it."""
    body = {"model": "doctor", "messages": [{"role": "user", "content": question}]}
    call = CHAT.parse_request("/v1/chat/completions", json.dumps(body).encode())
    rules = KeyRules(SESSION, Context.FULL, frozenset(), ())
    identity = identify(call, Origin("doctor", "/v1/chat/completions", SESSION), rules)
    message = {"role": "assistant", "content": "It works."}
    answer = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    recording = Recording(200, "application/json", "", json.dumps(answer).encode())
    now = time.time()
    entry = record(call, identity, recording, CHAT, now=now, until=now + TTL, max_bytes=1 << 20)
    return Exchange(call, identity, Directives(), CHAT, None), entry


def line(finding: Finding) -> str:
    """Return a finding as a line of the table."""
    verdict = "FAILED" if finding.problem else "ok"
    took = f"{finding.seconds * 1000:8.1f} ms" if finding.seconds else " " * 11
    return f"{finding.step:48} {verdict:6} {took}  {finding.problem or finding.note}".rstrip()


def main(arguments: Sequence[str] | None = None, prog: str = "python -m aicache.runtime.doctor") -> int:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Try a configuration on the live services: connect, store, embed, search, and prove one hit. "
        "What it stores is deleted again. Exit code 1 when something is wrong.",
        epilog=f"{prog} compare A B tells how two questions compare, and whether one's answer would be served. "
        f"{prog} mask FILE shows what of a recorded request its key is made of.",
    )
    parser.add_argument("--config", metavar="FILE", help="the cache's YAML; without it, the embedded default")
    parser.add_argument("--data", metavar="DIR", help="the data folder; default: the user's")
    options = parser.parse_args(arguments)
    try:
        config = configuration.read_file(Path(options.config) if options.config else None, os.environ)
        config, data = check_config(config, Path(options.data) if options.data else default_data_folder())
    except ConfigError as exc:
        print(exc, file=sys.stderr)
        return 1
    doctor = Doctor(config, data, lambda finding: print(line(finding), flush=True))
    asyncio.run(doctor.examine())
    problems = sum(finding.problem is not None for finding in doctor.findings)
    print("everything works" if not problems else f"{problems} of {len(doctor.findings)} steps failed")
    if not config.enabled:
        print("but enabled is false, so the proxy lets every request pass untouched")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
