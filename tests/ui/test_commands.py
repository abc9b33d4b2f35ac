"""The commands, given as a person gives them: each says what it has begun, and tells what came of it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.addons.command_history import CommandHistory
from mitmproxy.addons.view import View
from mitmproxy.exceptions import CommandError
from mitmproxy.http import HTTPFlow
from mitmproxy.test import taddons, tflow, tutils

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.config import Config
from aicache.config.request_settings import Settings
from aicache.domain.events import Checked
from aicache.domain.model import Hit
from aicache.domain.policy import Rules
from aicache.domain.trace import Trace
from aicache.engine import Engine, Exchange
from aicache.entries.recording import Recording
from aicache.maintenance import PINNED
from aicache.telemetry.event_watchers import Watchers
from aicache.telemetry.observability import Observability
from aicache.telemetry.reporting import lookup_event
from aicache.ui import flow_marks
from aicache.ui.commands import Commands
from aicache.ui.flow_entries import reread_exchange
from fakes import BrokenStore, HangingStore, LetterEmbedder

RULES = Rules(ttl=1000, max_bytes=10_000, max_temperature=None, threshold=0.95, top_k=5, max_question=200)
REFUND, REFUNDS, OTHER = "what is your refund policy", "what is your refund policies", "who are you"


def a_flow(question: str, key: str = "sk-alice") -> HTTPFlow:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": question}]}).encode()
    flow = tflow.tflow(req=tutils.treq(method=b"POST", path=b"/v1/chat/completions", content=body), resp=True)
    flow.request.headers["authorization"] = f"Bearer {key}"
    return flow


def an_answer(text: str = "Thirty days.") -> Recording:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return Recording(200, "application/json", "", json.dumps({"choices": [choice]}).encode())


class Operator:
    """A cache, some flows that went through it, and who gives commands."""

    def __init__(self, context: taddons.context) -> None:
        self.exact, self.index = MemoryStore(), MemoryIndex()
        self.checked: list[Checked] = []
        self.engine = Engine(RULES, 1.0, on_checked=self.checked.append)
        self.engine.use_exact(self.exact, 1.0)
        self.engine.use_semantic(LetterEmbedder(), self.index, embedder_timeout=1.0, index_timeout=1.0)
        self.watchers = Watchers()
        self.observability = Observability(self.watchers, lambda: self.engine)
        self.view = View()
        self.context = context
        context.master.addons.add(self.view)
        context.master.view = self.view
        self.commands = Commands(self.observability)
        context.master.commands.collect_commands(self.commands)

    async def ask(self, question: str, key: str = "sk-alice") -> HTTPFlow:
        """Let a question go through the cache, and its flow into the view."""
        flow = a_flow(question, key)
        exchange, trace = self.exchange(flow), Trace()
        outcome = await self.engine.lookup(exchange, trace)
        report = lookup_event(exchange, outcome, trace, 0.0)
        flow_marks.mark_decided(flow, report, "credential")
        self.watchers.decided(report)
        if not isinstance(outcome, Hit):
            self.engine.store_soon(exchange, self.engine.record(exchange, an_answer()))
            while self.engine.busy:
                await asyncio.sleep(0)
        self.view.add([flow])
        return flow

    def exchange(self, flow: HTTPFlow) -> Exchange:
        exchange = reread_exchange(flow, Settings.of(Config()))
        assert exchange is not None
        return exchange

    def focus(self, flow: HTTPFlow) -> None:
        self.view.focus.flow = flow

    def give(self, text: str) -> Any:
        return self.context.master.commands.execute(text)

    async def result(self, text: str) -> list[str]:
        """Give a command that takes its time, and return what came of it."""
        name = text.split()[0]
        assert "begun" in self.give(text) or name == "aicache.explain"
        for _ in range(10_000):
            found: list[str] = self.give("aicache.result")
            if found != [f"{name}: under way"]:
                return found
            await asyncio.sleep(0.001)
        raise AssertionError(f"{text} comes to no end")


@pytest.fixture
async def operator() -> Any:
    with taddons.context() as context:
        operator = Operator(context)
        yield operator
        operator.commands.close()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, "aicache"):
        yield caplog


async def test_purge_deletes_the_entry_behind_a_hit_and_says_so(operator: Operator, log: Any) -> None:
    await operator.ask(REFUND)
    hit = await operator.ask(REFUNDS)
    operator.focus(hit)
    assert hit.metadata["ai_cache"] == "semantic hit"

    assert await operator.result("aicache.purge @focus") == ["aicache.purge: 1 entry deleted"]

    assert (operator.exact.entries, operator.index.vectors) == ({}, {})
    assert hit.comment.endswith(" · purged")
    assert "aicache.purge: 1 entry deleted" in log.messages
    assert REFUND not in log.text


async def test_purge_of_many_flows_deletes_what_was_made_of_their_answers(operator: Operator) -> None:
    for question in (REFUND, OTHER):
        await operator.ask(question)
    await operator.ask(REFUND)

    assert await operator.result("aicache.purge @all") == ["aicache.purge: 2 entries deleted"]
    assert operator.exact.entries == {}


async def test_flows_that_were_saved_without_the_cache_are_found_by_their_request(operator: Operator) -> None:
    await operator.ask(REFUND)
    operator.view.clear()
    operator.view.add([a_flow(REFUND)])

    assert await operator.result("aicache.purge @focus") == ["aicache.purge: 1 entry deleted"]


async def test_a_flow_with_nothing_behind_it_is_told_at_once(operator: Operator) -> None:
    operator.view.add([tflow.tflow(resp=True)])

    for name in ("purge", "pin", "wrong"):
        with pytest.raises(CommandError, match="no entry in the cache"):
            operator.give(f"aicache.{name} @focus")


async def test_an_entry_is_purged_by_its_key_or_the_beginning_of_it(operator: Operator) -> None:
    flow = await operator.ask(REFUND)
    await operator.ask(OTHER)
    key = flow.metadata["ai_cache_key"]

    assert await operator.result("aicache.purge.key 0000") == ["aicache.purge.key: 0 entries deleted"]
    assert await operator.result(f"aicache.purge.key {key[:8]}") == ["aicache.purge.key: 1 entry deleted"]
    assert list(operator.exact.entries) != [key] and len(operator.exact.entries) == 1
    with pytest.raises(CommandError, match="hex digits"):
        operator.give("aicache.purge.key *")


async def test_a_beginning_that_several_keys_have_deletes_none(operator: Operator) -> None:
    await operator.ask(REFUND)
    (entry,) = operator.exact.entries.values()
    for end in "01":
        await operator.exact.put(replace(entry, key="abcd" + 35 * "0" + end))

    summary, *keys = await operator.result("aicache.purge.key abcd")

    assert summary == "aicache.purge.key: not done: 2 keys begin with abcd"
    assert len(keys) == 2
    assert len(operator.exact.entries) == 3


async def test_what_is_like_a_text_is_listed_first_and_deleted_on_the_word(operator: Operator, log: Any) -> None:
    for question, key in ((REFUND, "sk-alice"), (REFUNDS, "sk-bob"), (OTHER, "sk-alice")):
        await operator.ask(question, key)

    summary, *listed = await operator.result(f'aicache.purge.like "{REFUND}" 0.9')

    assert "2 entries would be deleted" in summary
    assert [line.split("  ")[-1] for line in listed] == [REFUND, REFUNDS]
    assert listed[0].startswith("1.0000")
    assert len(operator.exact.entries) == 3

    assert await operator.result(f'aicache.purge.like "{REFUND}" 0.9 purge') == [
        "aicache.purge.like: 2 entries deleted"
    ]
    assert [entry.question for entry in operator.exact.entries.values()] == [OTHER]
    assert "refund" not in log.text


async def test_the_similarity_may_be_left_out(operator: Operator) -> None:
    await operator.ask(REFUND)

    assert "similarity of 0.9 " in (await operator.result(f'aicache.purge.like "{REFUND}"'))[0]
    assert "1 entry deleted" in (await operator.result(f'aicache.purge.like "{REFUND}" purge'))[0]


@pytest.mark.parametrize("words", ["text 1.5", "text near", "text 0.9 yes", '" " 0.9'])
async def test_what_is_no_similarity_and_no_word_is_refused(operator: Operator, words: str) -> None:
    with pytest.raises(CommandError):
        operator.give(f"aicache.purge.like {words}")


async def test_everything_is_deleted_on_the_word_alone(operator: Operator) -> None:
    for question in (REFUND, OTHER):
        await operator.ask(question)

    (counted,) = await operator.result("aicache.purge.all")
    assert counted == "aicache.purge.all: 2 entries of all owners would be deleted: aicache.purge.all purge does it"
    assert len(operator.exact.entries) == 2

    with pytest.raises(CommandError, match="the word is purge"):
        operator.give("aicache.purge.all yes")
    assert await operator.result("aicache.purge.all purge") == ["aicache.purge.all: all entries deleted: 2"]
    assert (operator.exact.entries, operator.index.vectors) == ({}, {})


async def test_a_pinned_entry_never_expires_until_it_is_unpinned(operator: Operator) -> None:
    flow = await operator.ask(REFUND)
    key = flow.metadata["ai_cache_key"]

    assert await operator.result("aicache.pin @focus") == ["aicache.pin: 1 entry kept for ever"]
    assert operator.exact.entries[key].expires_at == PINNED
    assert flow.comment.endswith(" · pinned")

    await operator.result("aicache.unpin @focus")
    assert operator.exact.entries[key].expires_at < PINNED


async def test_a_wrong_hit_by_meaning_answers_only_its_own_question_and_is_evidence(operator: Operator) -> None:
    await operator.ask(REFUND)
    wrong = await operator.ask(REFUNDS)
    operator.focus(wrong)

    (told,) = await operator.result("aicache.wrong @focus")

    assert "answers no other question by meaning any more" in told
    assert [(each.verdict, each.source) for each in operator.checked] == [("wrong", "feedback")]
    assert wrong.comment.endswith(" · marked wrong")
    assert (await operator.ask(REFUND)).metadata["ai_cache"] == "exact hit"
    assert (await operator.ask(REFUNDS)).metadata["ai_cache"] == "miss"


async def test_a_wrong_answer_to_the_very_request_is_deleted(operator: Operator) -> None:
    await operator.ask(REFUND)
    operator.focus(await operator.ask(REFUND))

    (told,) = await operator.result("aicache.wrong @focus")

    assert "is deleted" in told
    assert (operator.exact.entries, operator.index.vectors) == ({}, {})


async def test_the_bypass_is_switched_and_told(operator: Operator, log: Any) -> None:
    assert operator.give("aicache.bypass") == "aicache.bypass is off"
    assert operator.give("aicache.bypass on") == "aicache.bypass is on: every request passes by the cache"
    assert operator.observability.bypassed
    assert "aicache.bypass is on" in operator.give("aicache.stats")[-1]
    assert operator.give("aicache.bypass off") == "aicache.bypass is off"
    with pytest.raises(CommandError):
        operator.give("aicache.bypass maybe")

    assert len(log.messages) == 2


async def test_entries_are_written_and_brought_back(operator: Operator, tmp_path: Path) -> None:
    for question in (REFUND, OTHER):
        await operator.ask(question)
    entries = dict(operator.exact.entries)
    file = tmp_path / "cache.jsonl"

    assert await operator.result(f"aicache.export {file}") == [f"aicache.export: 2 entries written to {file}"]
    await operator.result("aicache.purge.all purge")
    (brought,) = await operator.result(f"aicache.import {file}")

    assert brought == f"aicache.import: from {file}: 2 taken, 2 found by meaning, too"
    assert operator.exact.entries == entries


async def test_a_file_that_is_not_there_is_told(operator: Operator, tmp_path: Path, log: Any) -> None:
    (told,) = await operator.result(f"aicache.import {tmp_path / 'none'}")

    assert told.startswith("aicache.import: not done: ")
    assert log.records[-1].levelno == logging.ERROR


async def test_stats_tell_what_has_been(operator: Operator) -> None:
    assert operator.give("aicache.stats")[0] == "no request was looked up yet, 0 bypassed"
    for question in (REFUND, REFUND, REFUNDS, OTHER):
        await operator.ask(question)

    lines = operator.give("aicache.stats")

    assert lines[0] == "2 hits of 4 requests looked up (50 %): 1 exact, 1 semantic; 0 bypassed"
    assert "misses: no-neighbor 2" in lines
    assert "exact store: works" in lines


async def test_explain_reads_the_questions_of_those_that_were_too_far(operator: Operator) -> None:
    await operator.ask("my cat sat on a mat")
    far = await operator.ask("my cat sat on a very big green box")
    operator.focus(far)
    assert far.metadata["ai_cache_why"] == "no-neighbor"

    at_once = operator.give("aicache.explain @focus")
    assert at_once[0] == far.comment
    assert not any("[-" in line and "mat" in line for line in at_once)

    lines = await operator.result("aicache.explain @focus")

    assert any("my cat sat on a [-mat-]{+very big green box+}" in line for line in lines), lines
    assert far.metadata["ai_cache_decision"]["neighbors"][0]["question"] == "my cat sat on a mat"


async def test_the_question_of_another_owner_is_not_read(operator: Operator) -> None:
    await operator.ask("my cat sat on a mat")
    far = await operator.ask("my cat sat on a very big green box")
    far.metadata["ai_cache_decision"]["namespace"] = "another"
    operator.focus(far)

    assert "0 more" in (await operator.result("aicache.explain @focus"))[0]
    assert "mat" not in str(far.metadata)


async def test_a_broken_store_is_told_and_breaks_nothing(operator: Operator, log: Any) -> None:
    await operator.ask(REFUND)
    operator.engine.use_exact(BrokenStore(), 1.0)

    for text in ("purge @focus", "pin @focus", "wrong @focus", "purge.all", "purge.key abcd", "purge.like text"):
        (told,) = await operator.result(f"aicache.{text}")
        assert ": not done: " in told
    assert "Traceback" not in log.text


async def test_only_so_many_commands_are_under_way_at_once(operator: Operator) -> None:
    operator.engine.use_exact(HangingStore(), 30.0)
    for _ in range(8):
        operator.give("aicache.purge.all")

    with pytest.raises(CommandError, match="still under way"):
        operator.give("aicache.purge.all")


async def test_before_the_cache_has_started_a_command_says_so() -> None:
    with taddons.context() as context:
        context.master.commands.collect_commands(Commands(Observability(Watchers(), lambda: None)))

        with pytest.raises(CommandError, match="has not started"):
            context.master.commands.execute("aicache.purge.all")
        assert context.master.commands.execute("aicache.stats")


async def test_a_callers_entries_are_counted_and_deleted_on_the_word(
    operator: Operator, log: Any, tmp_path: Path
) -> None:
    await operator.ask("q one", key="sk-of-alice-1234")
    await operator.ask("q two", key="sk-of-alice-1234")
    await operator.ask("q one", key="sk-of-bob-1234")
    file = tmp_path / "key"
    file.write_text("sk-of-alice-1234\n")

    for who in ("sk-of-alice-1234", f"file:{file}", "'Bearer sk-of-alice-1234'"):
        [said] = await operator.result(f"aicache.purge.caller {who}")
        assert "2 entries" in said
        assert "would be deleted" in said
    [said] = await operator.result("aicache.purge.caller sk-of-alice-1234 purge")

    assert "2 entries" in said
    assert len(operator.exact.entries) == len(operator.index.vectors) == 1
    assert not any("alice" in message for message in log.messages)
    with pytest.raises(CommandError, match="the word is purge"):
        operator.give("aicache.purge.caller sk-of-bob-1234 now")
    with pytest.raises(CommandError, match="No such file"):
        operator.give(f"aicache.purge.caller file:{tmp_path}/none")


async def test_a_key_that_was_typed_stays_in_no_history_of_commands(operator: Operator, tmp_path: Path) -> None:
    history = CommandHistory()
    operator.context.master.addons.add(history)
    operator.context.options.confdir = str(tmp_path)
    typed = "aicache.purge.caller sk-of-alice-1234"
    for each in ("aicache.stats", typed):  # as the console does, before it gives it
        operator.give(f"commands.history.add '{each}'")
    file = tmp_path / "command_history"
    assert "alice" in file.read_text()

    await operator.result(typed)
    operator.give(f"commands.history.add '{typed}'")  # as mitmweb does, after that
    for _ in range(100):
        await asyncio.sleep(0.05)
        if "alice" not in file.read_text():
            break

    assert file.read_text() == "aicache.stats\n"
    assert history.get_history() == ["aicache.stats"]
    assert "alice" not in "".join(history.filtered_history)
