"""The contract of an Embedder, over the local model, the cloud's and letter counts; how the local one batches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest

from aicache.adapters.embedders.batching import MAX_WAITING_TEXTS
from aicache.adapters.embedders.dashscope import MODELS, DashScopeEmbedder
from aicache.adapters.embedders.local import MAX_BATCH_TEXTS, MAX_TEXT_CHARS, SPLIT_ABOVE_TEXTS, LocalEmbedder
from aicache.adapters.embedders.local_thread import EncoderThread
from aicache.adapters.embedders.openai import OpenAIEmbedder
from aicache.adapters.embedders.remembered_vectors import MAX_REMEMBERED_BYTES, EmbeddingKey, RememberedVectors
from aicache.domain.model import Vector
from aicache.domain.ports import Embedder, StoreError
from demo.cloud.dashscope import EmbeddingStandIn
from fakes import LetterEmbedder


@pytest.fixture(scope="session")
def loaded() -> Iterator[LocalEmbedder]:
    """One for all tests: loading takes 1.4 s, and nothing is left between two calls."""
    embedder = LocalEmbedder()
    asyncio.run(embedder.load())
    yield embedder
    asyncio.run(embedder.close())


@pytest.fixture(params=["local", "letters", "openai", *MODELS])
async def embedder(
    request: pytest.FixtureRequest, loaded: LocalEmbedder, service: EmbeddingStandIn
) -> AsyncIterator[Embedder]:
    match request.param:
        case "local":
            yield loaded
        case "letters":
            yield LetterEmbedder()
        case "openai":
            openai = OpenAIEmbedder("text-embedding-v4", service.key, service.compatible_url, None, 5.0)
            await openai.load()
            yield openai
            await openai.close()
        case model:
            dashscope = DashScopeEmbedder(model, service.key, service.base_url, None, 5.0)
            await dashscope.load()
            yield dashscope
            await dashscope.close()


class TestContract:
    async def test_rows_are_float32_finite_and_of_length_one(self, embedder: Embedder) -> None:
        texts = ["How do I reset my password?", "如何重置密码", "", " ", "\x00", "🙂", "a", "x" * 10_000, "\ud800 lone"]

        rows = await embedder.embed(texts, "query")

        assert rows.shape == (len(texts), embedder.dimensions)
        assert rows.dtype == np.float32
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-5)

    async def test_no_texts_are_no_rows(self, embedder: Embedder) -> None:
        assert (await embedder.embed([], "query")).shape == (0, embedder.dimensions)

    async def test_a_text_has_one_vector_whatever_it_comes_with(self, embedder: Embedder) -> None:
        alone = (await embedder.embed(["Where is my parcel?"], "query"))[0]
        among = (await embedder.embed(["one", "Where is my parcel?", "Where is my parcel?"], "document"))[1:]

        assert among @ alone == pytest.approx(1.0, abs=1e-5)

    async def test_like_texts_are_nearer_than_unlike_ones(self, embedder: Embedder) -> None:
        a, b, c = await embedder.embed(
            ["How do I reset my password?", "How can I reset my password?", "Best pizza in town"], "query"
        )

        assert a @ b > embedder.threshold - 0.1
        assert a @ c < a @ b - 0.1

    async def test_its_name_and_bar_are_told(self, embedder: Embedder) -> None:
        assert embedder.model
        assert 0 < embedder.threshold < 1
        assert embedder.dimensions > 0


class Slow:
    """A stand-in for the model that notes its batches. It has no direction for "zero"."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def __call__(self, texts: list[str]) -> Vector:
        self.batches.append(texts)
        time.sleep(0.03)
        return np.array([[text != "zero"] * 512 for text in texts], np.float32)


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
async def sharing(slow: Slow) -> AsyncIterator[LocalEmbedder]:
    embedder = LocalEmbedder(EncoderThread(lambda: slow))
    await embedder.load()
    yield embedder
    await embedder.close()


class TestSharing:
    @pytest.mark.parametrize(
        ("waiting", "sizes"),
        [
            (SPLIT_ABOVE_TEXTS, [SPLIT_ABOVE_TEXTS]),
            (10, [5, 4, 1]),
            (3 * MAX_BATCH_TEXTS, [MAX_BATCH_TEXTS, MAX_BATCH_TEXTS, 8, 4, 4]),
        ],
    )
    async def test_what_waits_while_the_encoder_is_busy_becomes_few_batches(
        self, sharing: LocalEmbedder, slow: Slow, waiting: int, sizes: list[int]
    ) -> None:
        first = asyncio.create_task(sharing.embed(["first"], "query"))
        await asyncio.sleep(0.01)
        await asyncio.gather(first, *(sharing.embed([f"text {i}"], "query") for i in range(waiting)))

        assert [len(batch) for batch in slow.batches] == [1, *sizes]
        assert [text for batch in slow.batches for text in batch] == ["first", *(f"text {i}" for i in range(waiting))]

    async def test_too_many_waiting_texts_are_refused_at_once(self, sharing: LocalEmbedder) -> None:
        many = asyncio.create_task(sharing.embed([str(i) for i in range(MAX_WAITING_TEXTS)], "query"))
        await asyncio.sleep(0)

        with pytest.raises(StoreError, match="texts are waiting already"):
            await sharing.embed(["one more"], "query")

        assert len(await many) == MAX_WAITING_TEXTS

    async def test_a_text_on_its_way_is_not_encoded_twice(self, sharing: LocalEmbedder, slow: Slow) -> None:
        async def late() -> None:
            await asyncio.sleep(0.01)
            await sharing.embed(["same"], "query")

        await asyncio.gather(late(), *(sharing.embed(["same", "same"], "query") for _ in range(5)))

        assert slow.batches == [["same"]]

    async def test_what_nobody_waits_for_is_not_encoded(self, sharing: LocalEmbedder, slow: Slow) -> None:
        first = asyncio.create_task(sharing.embed(["first"], "query"))
        await asyncio.sleep(0.01)
        leaver = asyncio.create_task(sharing.embed(["left", "shared"], "query"))
        stayer = asyncio.create_task(sharing.embed(["shared"], "query"))
        await asyncio.sleep(0)

        leaver.cancel()
        await asyncio.gather(first, stayer)

        assert slow.batches == [["first"], ["shared"]]
        assert len(await sharing.embed(["left"], "query")) == 1

    async def test_a_text_asked_for_lately_is_not_encoded_again(self, sharing: LocalEmbedder, slow: Slow) -> None:
        first = await sharing.embed(["same", "other"], "query")
        again = await sharing.embed(["other", "new", "same"], "query")

        assert slow.batches == [["same", "other"], ["new"]]
        assert np.array_equal(again[2], first[0])

    async def test_no_failure_is_remembered(self, sharing: LocalEmbedder, slow: Slow) -> None:
        for _ in range(2):
            with pytest.raises(StoreError):
                await sharing.embed(["zero"], "query")

        assert slow.batches == [["zero"], ["zero"]]

    async def test_a_text_without_a_direction_is_an_error_of_its_own(self, sharing: LocalEmbedder) -> None:
        bad, good = await asyncio.gather(
            sharing.embed(["zero"], "query"), sharing.embed(["good"], "query"), return_exceptions=True
        )

        assert isinstance(bad, StoreError)
        assert isinstance(good, np.ndarray)

    async def test_a_library_that_fails_is_a_store_error_that_shows_no_text(self) -> None:
        def fail(texts: list[str]) -> Vector:
            raise ValueError(texts[0])

        embedder = LocalEmbedder(EncoderThread(lambda: fail))

        with pytest.raises(StoreError, match="ValueError") as told:
            await embedder.embed(["hunter2"], "query")

        assert "hunter2" not in str(told.value)
        await embedder.close()

    async def test_closing_answers_everybody(self, sharing: LocalEmbedder) -> None:
        asking = [asyncio.create_task(sharing.embed([str(i)], "query")) for i in range(3)]
        await asyncio.sleep(0.01)

        await sharing.close()

        told = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(each) for each in told} == {StoreError}
        with pytest.raises(StoreError, match="closed"):
            await sharing.embed(["x"], "query")

    async def test_eager_tasks_change_nothing(self, sharing: LocalEmbedder, slow: Slow) -> None:
        """Python 3.12 may start a task at once, and mitmproxy asks for that."""
        if factory := getattr(asyncio, "eager_task_factory", None):
            asyncio.get_running_loop().set_task_factory(factory)

        await asyncio.gather(*(sharing.embed([f"text {i}"], "query") for i in range(SPLIT_ABOVE_TEXTS)))
        await sharing.embed(["more"], "query")

        assert slow.batches == [[f"text {i}" for i in range(SPLIT_ABOVE_TEXTS)], ["more"]]


async def test_a_long_text_is_cut(loaded: LocalEmbedder) -> None:
    start = "an odd question " * (MAX_TEXT_CHARS // 16)

    one, two = await loaded.embed([start + "and one end", start + "or another"], "query")

    assert one @ two == pytest.approx(1.0, abs=1e-5)


async def test_numbers_are_not_masked(loaded: LocalEmbedder) -> None:
    five, fifty = await loaded.embed(["How long is 5 miles?", "How long is 50 miles?"], "query")

    assert five @ fifty < 0.9999


def test_as_many_vectors_are_remembered_as_fit_the_latest_of_them() -> None:
    remembered = RememberedVectors()
    fit = MAX_REMEMBERED_BYTES // (512 * 4)

    for i in range(fit + 10):
        remembered.put(EmbeddingKey(str(i), "query", "a"), np.full(512, i, np.float32))
    remembered.put(EmbeddingKey(str(fit), "query", "a"), np.full(512, -1, np.float32))

    assert [remembered.get(EmbeddingKey(str(i), "query", "a")) is None for i in (0, 9, 10, fit + 9)] == [
        True,
        True,
        False,
        False,
    ]
    assert remembered.get(EmbeddingKey(str(fit), "document", "a")) is None
    assert remembered.get(EmbeddingKey(str(fit), "query", "b")) is None
    assert (remembered.get(EmbeddingKey(str(fit), "query", "a")) == -1).all()  # type: ignore[union-attr]
