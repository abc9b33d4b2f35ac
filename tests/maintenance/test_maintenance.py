"""Maintenance: the operator sees and changes entries of all owners, and nothing newer is lost."""

from __future__ import annotations

import asyncio
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.domain.caller_digests import caller_digest, caller_matcher
from aicache.domain.digests import digest, vector_namespace
from aicache.domain.events import Erased
from aicache.domain.model import Entry, Mode, Neighbor, Vector
from aicache.domain.policy import Rules
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.engine.traffic_segments import SEGMENT_TTL_S
from aicache.maintenance import PINNED, CallerTotals, EntryTransfer, ImportResult, Maintenance, archive
from fakes import BrokenIndex, BrokenStore, LetterEmbedder

RULES = Rules(ttl=100, max_bytes=10_000, max_temperature=None, threshold=0.95, top_k=5, max_question=40)
NOW = 1_900_000_000.0
BODY = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}]}'


def an_entry(
    question: str | None, owner: str = "alice", *, stored_at: float = NOW - 10, refused: bool = False
) -> Entry:
    return Entry(
        key=digest("key", owner, str(question)),
        namespace=digest("namespace", owner),
        api="chat",
        model="m",
        asked=Mode.WHOLE,
        asked_usage=False,
        mode=Mode.WHOLE,
        content_type="application/json",
        body=BODY,
        question=question,
        prompt_tokens=3,
        completion_tokens=5,
        stored_at=stored_at,
        expires_at=NOW + 50,
        cors=(("access-control-allow-origin", "*"),),
        refused=refused,
    )


REFUND, REFUNDS = an_entry("what is your refund policy"), an_entry("what is your refund policies", "bob")
TODAY = an_entry("what is your refund policy today")  # answered by the exact request only
CHORE = an_entry("summarize the conversation above")  # likewise
OTHER, VECTOR = an_entry("who are you"), an_entry(None)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


class Setup:
    """Maintenance over fakes, filled as an engine fills them."""

    def __init__(self, *entries: Entry, index: MemoryIndex | None = None, now: float = NOW) -> None:
        self.exact = MemoryStore(clock=lambda: now)
        self.index = index or MemoryIndex()
        self.erased: list[Erased] = []
        self.engine = Engine(RULES, 1.0, on_erased=self.erased.append)
        self.engine.use_exact(self.exact, 1.0)
        self.engine.use_semantic(LetterEmbedder(), self.index, embedder_timeout=1.0, index_timeout=1.0)
        self.maintenance = Maintenance(self.engine, clock=lambda: now)
        self.transfer = EntryTransfer(self.engine, clock=lambda: now)
        self._entries = entries

    async def filled(self) -> Setup:
        assert (await self.transfer.import_entries(self._entries)).stored == len(self._entries)
        return self


@pytest.fixture
async def setup() -> Setup:
    return await Setup(REFUND, REFUNDS, TODAY, OTHER, VECTOR).filled()


async def test_every_entry_is_counted_read_and_named_by_the_beginning_of_its_key(setup: Setup) -> None:
    keys = {entry.key for entry in (REFUND, REFUNDS, TODAY, OTHER, VECTOR)}

    pages, cursor = await setup.maintenance.page()
    while cursor:
        more, cursor = await setup.maintenance.page(cursor)
        pages += more

    assert await setup.maintenance.count() == 5
    assert {summary.key for summary in pages} == keys
    assert {summary.size for summary in pages} == {len(BODY)}
    assert await setup.maintenance.keys_with_prefix(OTHER.key[:8]) == [OTHER.key]
    assert await setup.maintenance.fetch(OTHER.key) == OTHER
    assert await setup.maintenance.fetch("00") is None


async def test_what_is_like_a_text_is_found_in_all_namespaces_and_also_what_has_no_vector(setup: Setup) -> None:
    found = await setup.maintenance.find_similar("what is your refund policy", 0.9)
    by_meaning = await setup.maintenance.find_similar("what is your refund policy", 0.9, exact_only=False)

    assert found[0].summary.key == REFUND.key
    assert found[0].similarity == pytest.approx(1.0)
    assert {each.summary.key for each in found} == {REFUND.key, REFUNDS.key, TODAY.key}
    assert {each.summary.key for each in by_meaning} == {REFUND.key, REFUNDS.key}
    assert len(await setup.maintenance.find_similar("what is your refund policy", 0.9, 1)) == 1


async def test_what_is_like_a_text_is_found_while_the_index_lacks_its_vector(setup: Setup) -> None:
    """As after a change of the embedding model, or where it was a wrong answer to a similar question."""
    await setup.index.delete([REFUND.key])

    found = await setup.maintenance.find_similar("what is your refund policy", 0.9)

    assert {each.summary.key for each in found} == {REFUND.key, REFUNDS.key, TODAY.key}


async def test_a_purge_takes_entries_with_their_vectors_and_says_how_many_there_were(setup: Setup) -> None:
    purged = await setup.maintenance.purge([REFUND.key, TODAY.key, "00"])

    assert purged == 2
    assert set(setup.exact.entries) == {REFUNDS.key, OTHER.key, VECTOR.key}
    assert set(setup.index.vectors) == {REFUNDS.key, OTHER.key}


async def test_a_purge_by_meaning_takes_all_that_is_like_the_text(setup: Setup) -> None:
    purged = await setup.maintenance.purge_similar("what is your refund policy", 0.9)

    assert purged == 3
    assert set(setup.exact.entries) == {OTHER.key, VECTOR.key}


async def test_a_purge_of_all_leaves_nothing(setup: Setup) -> None:
    assert await setup.maintenance.purge_all() == 5
    assert setup.exact.entries == {}
    assert setup.index.vectors == {}


async def test_an_index_that_fails_keeps_no_entry_from_being_purged() -> None:
    setup = Setup(index=BrokenIndex())
    await setup.exact.put(REFUND)

    assert await setup.maintenance.purge([REFUND.key]) == 1
    assert setup.exact.entries == {}


async def test_a_pinned_entry_and_its_vector_never_expire_until_it_is_unpinned(setup: Setup) -> None:
    await setup.maintenance.pin(REFUND.key)

    assert setup.exact.entries[REFUND.key] == replace(REFUND, expires_at=PINNED)
    namespace, _, expires_at = setup.index.vectors[REFUND.key]
    assert (namespace, expires_at) == (vector_namespace(REFUND.namespace, "letters", 27), PINNED)
    await setup.maintenance.unpin(REFUND.key)
    assert setup.exact.entries[REFUND.key].expires_at == NOW + RULES.ttl
    assert setup.index.vectors[REFUND.key][2] == NOW + RULES.ttl
    assert await setup.maintenance.pin("00") is None


async def test_what_is_for_the_exact_request_only_is_pinned_without_a_vector(setup: Setup) -> None:
    await setup.maintenance.pin(TODAY.key)

    assert setup.exact.entries[TODAY.key].expires_at == PINNED
    assert TODAY.key not in setup.index.vectors


class Holding(MemoryStore):
    """Notes what it is to hold no longer."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: NOW)
        self.released: list[str] = []

    def get_derived(self, name: bytes) -> object | None:
        return None

    def put_derived(self, name: bytes, entry: Entry, derived: object, size: int, until: str) -> None: ...

    def get_cached(self, key: str) -> Entry | None:
        return None

    def evict(self, key: str) -> None:
        self.released.append(key)


async def test_what_was_made_of_a_wrong_neighbor_is_let_go_of(setup: Setup) -> None:
    store = Holding()
    setup.engine.use_exact(store, 1.0)

    await setup.maintenance.mark_wrong(REFUND.key, by_meaning=True)

    assert store.released == [REFUND.key]


async def test_a_wrong_answer_goes_but_a_wrong_neighbor_keeps_answering_its_own_request(setup: Setup) -> None:
    await setup.maintenance.mark_wrong(REFUND.key, by_meaning=True)
    await setup.maintenance.mark_wrong(OTHER.key, by_meaning=False)

    assert REFUND.key in setup.exact.entries
    assert OTHER.key not in setup.exact.entries
    assert set(setup.index.vectors) == {REFUNDS.key}


async def test_what_is_exported_is_brought_into_another_cache_as_it_was(setup: Setup, tmp_path: Path) -> None:
    file, other = tmp_path / "entries.jsonl", Setup()
    file.write_text("something else")

    exported = await setup.transfer.export_file(file)
    taken = await other.transfer.import_file(file)

    assert exported == 5
    assert taken == ImportResult(stored=5, findable=3)
    assert other.exact.entries == setup.exact.entries
    assert other.index.vectors.keys() == setup.index.vectors.keys()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert names(tmp_path) == ["entries.jsonl"]


async def test_what_is_brought_never_takes_the_place_of_what_is_newer(setup: Setup, tmp_path: Path) -> None:
    file = tmp_path / "entries.jsonl"
    await setup.transfer.export_file(file)
    newer = replace(REFUND, stored_at=NOW, body=b"newer")
    older = replace(OTHER, stored_at=NOW - 100, body=b"older")
    await setup.exact.put(newer)
    await setup.exact.put(older)

    taken = await setup.transfer.import_file(file)

    assert taken == ImportResult(stored=1, not_newer=4, findable=1)
    assert setup.exact.entries[REFUND.key] == newer
    assert setup.exact.entries[OTHER.key] == OTHER


async def test_what_has_expired_or_is_no_entry_is_not_taken(tmp_path: Path) -> None:
    file, setup, late = tmp_path / "entries.jsonl", Setup(), Setup(now=NOW + 60)
    filled = await Setup(REFUND).filled()
    await filled.transfer.export_file(file)
    with file.open("ab") as damaged:
        damaged.write(b'{"key":"../x"}\n\xff\nnot json\n' + file.read_bytes().splitlines()[1][:-9] + b"\n")

    assert await setup.transfer.import_file(file) == ImportResult(stored=1, unreadable=4, findable=1)
    assert (await late.transfer.import_file(file)).expired == 1


async def test_a_line_that_is_too_long_is_read_past(
    setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "entries"
    await setup.transfer.export_file(file)
    header, *entries = file.read_bytes().splitlines(keepends=True)
    monkeypatch.setattr(archive, "MAX_LINE_BYTES", 100_000)
    with file.open("wb") as written:
        written.write(header + entries[0] + b"x" * 1_000_000 + b"\n" + entries[1] + b"y" * 500_000)

    with file.open("rb") as opened:
        opened.readline()
        found = [each for some in iter(lambda: archive.read_entries(opened, 2), []) for each in some]

    assert [entry is not None for entry in found] == [True, False, True, False]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not a file of entries"),
        (b"{}\n", "not a file of entries"),
        (b"\xff\xfe", "not a file of entries"),
        (b'{"format":"ai-cache entries","version":2}\n', "version is 2"),
    ],
)
async def test_another_file_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)

    with pytest.raises(ValueError, match=why):
        await Setup().transfer.import_file(file)


async def test_an_export_that_fails_leaves_no_piece_of_a_file(tmp_path: Path) -> None:
    file, setup = tmp_path / "entries.jsonl", Setup()
    file.write_text("before")
    setup.engine.use_exact(BrokenStore(), 1.0)

    with pytest.raises(StoreError):
        await setup.transfer.export_file(file)

    assert file.read_text() == "before"
    assert names(tmp_path) == ["entries.jsonl"]


async def test_what_is_about_a_chat_gets_no_vector_when_it_is_brought() -> None:
    setup = Setup(CHORE)

    assert await setup.transfer.import_entries([CHORE]) == ImportResult(stored=1, findable=0)
    assert setup.index.vectors == {}


async def test_of_entries_of_unknown_age_only_those_are_taken_that_are_not_there(setup: Setup) -> None:
    newer = replace(REFUND, stored_at=NOW, body=b"newer")
    gone = an_entry("where are you")

    taken = await setup.transfer.import_entries([newer, gone], only_new=True)

    assert taken == ImportResult(stored=1, not_newer=1, findable=1)
    assert setup.exact.entries[REFUND.key] == REFUND


async def test_entries_whose_vectors_cannot_be_had_are_not_taken_so_that_they_can_be_brought_again() -> None:
    class Silent(LetterEmbedder):
        async def embed(self, *_: object, **__: object) -> Vector:
            raise StoreError("silent")

    setup = Setup()
    setup.engine.use_semantic(Silent(), setup.index, embedder_timeout=1.0, index_timeout=1.0)

    with pytest.raises(StoreError):
        await setup.transfer.import_entries([REFUND])

    assert setup.exact.entries == {}


async def test_without_the_parts_it_says_what_is_missing() -> None:
    engine = Engine(RULES, 1.0)

    with pytest.raises(StoreError, match="exact store: it is not in use"):
        await Maintenance(engine).count()
    with pytest.raises(StoreError, match="hits by meaning: they are not in use"):
        await Maintenance(engine).find_similar("x", 0.9)


async def test_a_neighbor_whose_entry_has_gone_is_not_found(setup: Setup) -> None:
    class Ahead(MemoryIndex):
        async def search_all(self, vector: Vector, top_k: int) -> list[Neighbor]:
            return [Neighbor("00" * 20, 1.0)]

    setup.engine.use_semantic(LetterEmbedder(), Ahead(), embedder_timeout=1.0, index_timeout=1.0)

    assert await setup.maintenance.find_similar("x", 0.9, exact_only=False) == []


@pytest.mark.parametrize(
    "evil",
    [
        {"content_type": "application/json\r\nset-cookie: pwn=1"},
        {"cors": (("set-cookie", "pwn=1"),)},
        {"body": b"<html>"},
        {"body": b'{"error": {"message": "no"}}'},
        {"mode": Mode.STREAM},
        {"api": "nobody's"},
        {"api": "embeddings"},
    ],
    ids=repr,
)
async def test_what_no_cache_has_recorded_is_not_brought(tmp_path: Path, evil: dict[str, object]) -> None:
    file = tmp_path / "evil"
    with archive.create_file(file) as out:
        out.write(archive.render_header())
        archive.write_entries(out, [REFUND, replace(OTHER, **evil)])  # type: ignore[arg-type]
    setup = Setup()

    assert await setup.transfer.import_file(file) == ImportResult(stored=1, unreadable=1, findable=1)


async def test_what_has_keys_of_another_secret_is_not_brought_and_told_how_to(tmp_path: Path, setup: Setup) -> None:
    setup.engine.backends.deployment = "one"
    await setup.transfer.export_file(tmp_path / "file")
    other = Setup()
    other.engine.backends.deployment = "other"

    with pytest.raises(ValueError, match=r"exact\.secret"):
        await other.transfer.import_file(tmp_path / "file")

    other.engine.backends.deployment = "one"
    assert (await other.transfer.import_file(tmp_path / "file")).stored == 5


SALT = b"s" * 32
ALICE, BOB = (
    (caller_digest("sk-alice-1234567", SALT), caller_digest("carol", SALT)),
    (caller_digest("sk-bob-1234567", SALT),),
)


class Forgetful(LetterEmbedder):
    forgot = 0

    def clear_cache(self) -> None:
        self.forgot += 1


async def a_store_of_two_callers() -> tuple[Setup, list[Erased], Forgetful]:
    entries = [replace(REFUND, owners=ALICE), replace(TODAY, owners=ALICE), replace(REFUNDS, owners=BOB), OTHER]
    setup = await Setup(*entries).filled()
    embedder, told = Forgetful(), setup.erased
    setup.engine.use_semantic(embedder, setup.index, embedder_timeout=1.0, index_timeout=1.0)
    told.clear()
    for whose, name in ((ALICE, "alice"), (BOB, "bob")):
        await setup.exact.remember(f"proof of {name}", 3600, whose)
        await setup.exact.remember(f"kind-{name}", SEGMENT_TTL_S, whose)
        await setup.exact.put_blob(f"kind-{name}", b"evidence", NOW + SEGMENT_TTL_S)
        await setup.exact.increment(digest("account", name, "0"), {"hits": 1}, SEGMENT_TTL_S)
    for entry in entries:
        await setup.exact.put_blob(entry.key, b"evidence", NOW + 50)
    return setup, told, embedder


async def test_all_of_a_callers_is_counted_and_then_deleted_and_nothing_of_others() -> None:
    setup, told, embedder = await a_store_of_two_callers()
    alice = caller_matcher("sk-alice-1234567", SALT)
    size = len(REFUND.body) + len(TODAY.body)

    counted = await setup.maintenance.count_caller(alice)
    assert counted == CallerTotals(entries=2, size=size, marks=2, kinds=1, unknown=1)
    assert not told
    assert await setup.maintenance.purge_caller(alice) == counted

    assert set(setup.exact.entries) == {REFUNDS.key, OTHER.key}
    assert set(setup.index.vectors) == {REFUNDS.key, OTHER.key}
    assert set(setup.exact.blobs) == {REFUNDS.key, OTHER.key, "kind-bob"}
    assert set(setup.exact.counters) == {digest("account", "bob", "0")}
    assert set(await setup.exact.find_flags(lambda owner: True)) == {"proof of bob", "kind-bob"}
    assert [(each.keys, each.caller) for each in told] == [(frozenset({REFUND.key, TODAY.key}), alice)]
    assert embedder.forgot == 1
    assert await setup.maintenance.count_caller(alice) == CallerTotals(unknown=1)
    await setup.engine.drain(0.1)


async def test_what_another_proxy_stored_of_an_erased_caller_is_found_later_but_not_what_was_asked_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("aicache.maintenance.maintenance.REPEAT_DELAYS_S", (0.01, 0.01))
    setup, _, _ = await a_store_of_two_callers()
    await setup.maintenance.purge_caller(caller_matcher("carol", SALT))
    late = replace(REFUND, owners=ALICE, stored_at=NOW + 5, took=6.0)
    since = replace(TODAY, owners=ALICE, stored_at=NOW + 5, took=1.0)
    await setup.exact.put(late)
    await setup.exact.put(since)

    for _ in range(500):
        await asyncio.sleep(0.01)
        if late.key not in setup.exact.entries:
            break

    assert late.key not in setup.exact.entries
    assert since.key in setup.exact.entries
    await setup.engine.drain(0.1)


async def test_owners_are_carried_along(tmp_path: Path) -> None:
    entry = replace(REFUND, owners=ALICE)
    setup, other = await Setup(entry).filled(), Setup()

    await setup.transfer.export_file(tmp_path / "entries")
    await other.transfer.import_file(tmp_path / "entries")

    assert other.exact.entries[entry.key].owners == ALICE


async def test_an_entry_of_a_clock_ahead_and_one_that_would_live_too_long_are_brought_as_of_now() -> None:
    ahead = replace(REFUND, stored_at=NOW + 1e8, expires_at=NOW + 1e8 + 50)
    pinned = replace(OTHER, stored_at=NOW + 1e8, expires_at=PINNED)

    setup = await Setup(ahead, pinned).filled()

    assert setup.exact.entries[ahead.key] == replace(ahead, stored_at=NOW, expires_at=NOW + RULES.ttl)
    assert setup.exact.entries[pinned.key] == replace(pinned, stored_at=NOW)


ALIAS = digest("alias")
FOUND = replace(REFUND, alias=ALIAS, owners=(caller_digest("sk-alice-1234567", SALT),))


async def test_what_deletes_an_entry_deletes_its_alias() -> None:
    async def purge(setup: Setup) -> None:
        await setup.maintenance.purge([FOUND.key])

    async def purge_similar(setup: Setup) -> None:
        await setup.maintenance.purge_similar(FOUND.question or "", 0.9)

    async def purge_all(setup: Setup) -> None:
        await setup.maintenance.purge_all()

    async def purge_caller(setup: Setup) -> None:
        await setup.maintenance.purge_caller(caller_matcher("sk-alice-1234567", SALT))

    async def mark_wrong(setup: Setup) -> None:
        await setup.maintenance.mark_wrong(FOUND.key, by_meaning=False)

    async def withdraw(setup: Setup) -> None:
        await setup.maintenance.mark_wrong(FOUND.key, by_meaning=True)

    for delete in (purge, purge_similar, purge_all, purge_caller, mark_wrong, withdraw):
        setup = await Setup(FOUND).filled()
        assert setup.exact.aliases == {ALIAS: (FOUND.key, FOUND.expires_at)}

        await delete(setup)
        await setup.engine.drain(1)

        assert setup.exact.aliases == {}, delete.__name__
        assert (FOUND.key in setup.exact.entries) == (delete is withdraw)


async def test_a_wrong_neighbor_is_withdrawn_though_there_is_no_index() -> None:
    setup = await Setup(FOUND).filled()
    setup.engine.use_no_semantic()

    await setup.maintenance.mark_wrong(FOUND.key, by_meaning=True)

    assert setup.exact.aliases == {}


async def test_an_alias_is_exported_and_imported_with_its_entry_and_pinned_with_it(tmp_path: Path) -> None:
    await (await Setup(FOUND).filled()).transfer.export_file(tmp_path / "entries")
    setup = Setup()

    await setup.transfer.import_file(tmp_path / "entries")
    imported = dict(setup.exact.aliases)
    await setup.maintenance.pin(FOUND.key)

    assert imported == {ALIAS: (FOUND.key, FOUND.expires_at)}
    assert setup.exact.aliases == {ALIAS: (FOUND.key, PINNED)}


def test_an_alias_that_is_no_digest_makes_a_line_no_entry() -> None:
    [line] = archive.render_lines([replace(FOUND, alias="x" * 40)])

    assert archive.parse_line(line) is None
