"""The entries, as the dashboard finds, reads and changes them, over a real engine and stores in memory."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace

import pytest

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.dashboard.entries_api import MAX_ANSWER_CHARS, PAGE_SIZE, EntriesApi, with_timeout
from aicache.domain.digests import digest
from aicache.domain.model import Entry, Mode
from aicache.domain.policy import Rules
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.maintenance import EntryTransfer
from fakes import BrokenStore, LetterEmbedder
from telemetry.reports import an_entry

RULES = Rules(ttl=100, max_bytes=10_000, max_temperature=None, threshold=0.95, top_k=5, max_question=400)
REFUND, WEATHER = an_entry("what is your refund policy"), an_entry("who are you", model="claude")
TODAY = an_entry("what is your refund policy today")  # answered by the exact request only


class Setup:
    def __init__(self, exact: MemoryStore | None = None) -> None:
        self.exact, self.index = exact or MemoryStore(), MemoryIndex()
        self.engine = Engine(RULES, 1.0)
        self.engine.use_exact(self.exact, 1.0)
        self.engine.use_semantic(LetterEmbedder(), self.index, embedder_timeout=1.0, index_timeout=1.0)
        self.entries_api = EntriesApi(self.engine)

    async def filled(self, *entries: Entry) -> EntriesApi:
        await EntryTransfer(self.engine).import_entries(entries)
        return self.entries_api


@pytest.fixture
async def entries_api() -> EntriesApi:
    return await Setup().filled(REFUND, WEATHER, TODAY)


async def test_a_look_without_a_word_shows_some_and_where_to_go_on(entries_api: EntriesApi) -> None:
    found = await entries_api.page("")

    assert {row["key"] for row in found["entries"]} == {REFUND.key, WEATHER.key, TODAY.key}
    assert found["cursor"] == ""


async def test_many_entries_come_page_by_page_and_none_is_left_out() -> None:
    entries = [an_entry(f"question {i}") for i in range(130)]
    entries_api = await Setup().filled(*entries)

    keys, cursor, pages = set[str](), "", 0
    while pages == 0 or cursor:
        found = await entries_api.page(cursor)
        assert len(found["entries"]) <= 2 * PAGE_SIZE
        keys |= {row["key"] for row in found["entries"]}
        cursor, pages = found["cursor"], pages + 1

    assert keys == {entry.key for entry in entries}
    assert pages > 1


async def test_by_the_beginning_of_a_key(entries_api: EntriesApi) -> None:
    short, whole = await entries_api.find_by_key(REFUND.key[:10]), await entries_api.find_by_key(WEATHER.key)

    assert [row["key"] for row in short["entries"]] == [REFUND.key]
    assert [row["key"] for row in whole["entries"]] == [WEATHER.key]
    assert (await entries_api.find_by_key("0" * 40))["entries"] == []


async def test_by_words_without_embedder_page_by_page() -> None:
    entries = [an_entry(f"Question {i} about {'apples' if i % 2 else 'pears'}") for i in range(300)]
    entries_api = await Setup().filled(*entries)

    keys, cursor, looked_at, pages = set[str](), "", 0, 0
    while pages == 0 or cursor:
        found = await entries_api.find_text("ABOUT APPLES", cursor)
        keys |= {row["key"] for row in found["entries"]}
        cursor, looked_at, pages = found["cursor"], looked_at + found["looked_at"], pages + 1

    assert keys == {entry.key for entry in entries[1::2]}
    assert looked_at == 300
    assert pages > 1
    assert (await entries_api.find_text("cherries", ""))["entries"] == []


async def test_by_meaning_the_nearest_first_also_what_only_the_very_request_finds(entries_api: EntriesApi) -> None:
    found = (await entries_api.find_similar("what's your refund policy", 0.9))["entries"]

    assert [row["key"] for row in found] == [REFUND.key, TODAY.key]
    assert found[0]["similarity"] > found[1]["similarity"] >= 0.9


async def test_an_entry_is_read_with_what_it_says(entries_api: EntriesApi) -> None:
    found = await entries_api.read(REFUND.key)

    assert found is not None
    assert (found["answer"], found["raw"], found["cut"]) == ("Thirty days.", False, False)
    assert (found["question"], found["prompt_tokens"], found["pinned"]) == (REFUND.question, 1000, False)
    json.dumps({name: value for name, value in found.items() if name != "similarity"})  # plain values alone
    assert await entries_api.read("0" * 40) is None


async def test_a_stream_is_read_as_what_it_says() -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "Thirty"}, "finish_reason": None}]}
    last = {"choices": [{"index": 0, "delta": {"content": " days."}, "finish_reason": "stop"}]}
    body = "".join(f"data: {json.dumps(each)}\n\n" for each in (chunk, last)) + "data: [DONE]\n\n"
    stream = replace(REFUND, mode=Mode.STREAM, content_type="text/event-stream", body=body.encode())

    found = await (await Setup().filled(stream)).read(stream.key)

    assert found is not None
    assert (found["answer"], found["mode"]) == ("Thirty days.", "stream")


async def test_what_cannot_be_read_is_shown_as_it_was_recorded_and_not_at_any_length() -> None:
    odd = replace(REFUND, body=b"\xff" + b"x" * 2 * MAX_ANSWER_CHARS)

    found = await (await Setup().filled(odd)).read(odd.key)

    assert found is not None
    assert (found["raw"], found["cut"], len(found["answer"])) == (True, True, MAX_ANSWER_CHARS)


async def test_purge_takes_an_entry_and_its_vector(entries_api: EntriesApi) -> None:
    first, again = await entries_api.change(REFUND.key, "purge"), await entries_api.change(REFUND.key, "purge")

    assert (first, again) == (True, False)
    assert await entries_api.read(REFUND.key) is None
    assert (await entries_api.find_similar("what is your refund policy", 0.99))["entries"] == []


async def test_pin_and_unpin(entries_api: EntriesApi) -> None:
    assert await entries_api.change(WEATHER.key, "pin")
    pinned = await entries_api.read(WEATHER.key)
    assert await entries_api.change(WEATHER.key, "unpin")
    unpinned = await entries_api.read(WEATHER.key)

    assert pinned is not None and unpinned is not None
    assert (pinned["pinned"], unpinned["pinned"]) == (True, False)
    assert unpinned["expires_at"] == pytest.approx(time.time() + RULES.ttl, abs=30)
    assert not await entries_api.change("0" * 40, "pin")


async def test_what_was_wrong_by_meaning_answers_its_own_request_only() -> None:
    setup = Setup()
    entries_api = await setup.filled(WEATHER)

    assert await entries_api.change(WEATHER.key, "wrong")

    assert await setup.exact.get(WEATHER.key) is not None
    assert await setup.index.find_namespaces([WEATHER.key]) == {}
    assert not await entries_api.change("0" * 40, "wrong")


async def test_entries_are_counted_by_model(entries_api: EntriesApi) -> None:
    found = await entries_api.count_by_model()

    assert (found["count"], found["looked_at"]) == (3, 3)
    assert [(row["model"], row["entries"]) for row in found["models"]] == [("gpt-4o", 2), ("claude", 1)]
    assert found["models"][0]["bytes"] == len(REFUND.body) + len(TODAY.body)


async def test_of_very_many_only_the_first_are_read_and_the_rest_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aicache.dashboard.entries_api.MAX_SCANNED_ENTRIES", 300)
    setup = Setup()
    for i in range(800):
        key = digest("key", str(i))
        setup.exact.entries[key] = replace(REFUND, key=key)

    found = await setup.entries_api.count_by_model()

    assert found["count"] == 800
    assert 300 <= found["looked_at"] < 800


async def test_a_store_that_is_down_is_a_store_error() -> None:
    entries_api = Setup(BrokenStore()).entries_api

    for look in (
        entries_api.page(""),
        entries_api.find_by_key("ab"),
        entries_api.read(REFUND.key),
        entries_api.count_by_model(),
    ):
        with pytest.raises(StoreError):
            await look


async def test_a_look_that_takes_too_long_ends() -> None:
    with pytest.raises(StoreError, match="too long"):
        await with_timeout(asyncio.sleep(10), timeout_s=0.05)
