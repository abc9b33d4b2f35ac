"""The real SDK against a stand-in of the service: batches, patience, distrust, and a loop that never waits for it."""

from __future__ import annotations

import asyncio
import io
import logging
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import numpy as np
import pytest

from aicache.adapters.embedders.dashscope import MODELS, DashScopeEmbedder
from aicache.adapters.embedders.http_base import MAX_ATTEMPTS, MAX_TEXT_CHARS
from aicache.domain.ports import StoreError
from aicache.runtime.factories import vector_space
from demo.cloud.dashscope import EmbeddingStandIn, Fault
from stalls import watched_loop

SECRET = "sk-hunter2"
DEAD = "http://127.0.0.1:9/api/v1"


def an_embedder(
    service: EmbeddingStandIn, model: str = "text-embedding-v4", dimensions: int | None = None, timeout: float = 5.0
) -> DashScopeEmbedder:
    return DashScopeEmbedder(model, service.key, service.base_url, dimensions, timeout)


@pytest.fixture
async def embedder(service: EmbeddingStandIn) -> AsyncIterator[DashScopeEmbedder]:
    """One whose SDK is imported, and a service that has forgotten the first request."""
    embedder = an_embedder(service)
    await embedder.load()
    service.parsed.clear()
    service.most_at_once = 0
    yield embedder
    await embedder.close()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the proxy's log would show at its most talkative. Not caplog: it listens behind closed doors, too."""
    root = logging.getLogger()
    level = root.level
    handler = logging.StreamHandler(io.StringIO())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.stream
    root.setLevel(level)
    root.removeHandler(handler)


class TestBatches:
    async def test_texts_asked_together_are_one_request(
        self, embedder: DashScopeEmbedder, service: EmbeddingStandIn
    ) -> None:
        await asyncio.gather(*(embedder.embed([f"text {i}"], "query") for i in range(7)))

        assert [each.texts for each in service.parsed] == [tuple(f"text {i}" for i in range(7))]

    @pytest.mark.parametrize("model", MODELS)
    async def test_no_request_exceeds_the_rows_of_the_model(self, model: str, service: EmbeddingStandIn) -> None:
        embedder = an_embedder(service, model)

        rows = await embedder.embed([f"text {i}" for i in range(60)], "query")

        assert len(rows) == 60
        full, rest = divmod(60, MODELS[model].max_batch)
        assert (
            sorted(len(each.texts) for each in service.parsed if len(each.texts) != rest)
            == [MODELS[model].max_batch] * full
        )
        await embedder.close()

    async def test_several_requests_are_in_flight_at_once(
        self, embedder: DashScopeEmbedder, service: EmbeddingStandIn
    ) -> None:
        service.always = Fault(delay=0.1)

        await embedder.embed([f"text {i}" for i in range(40)], "query")

        assert service.most_at_once == 4

    async def test_a_text_on_its_way_is_not_sent_twice(
        self, embedder: DashScopeEmbedder, service: EmbeddingStandIn
    ) -> None:
        service.always = Fault(delay=0.1)

        async def late() -> None:
            await asyncio.sleep(0.05)
            await embedder.embed(["same"], "query")

        await asyncio.gather(late(), *(embedder.embed(["same", "same"], "query") for _ in range(5)))

        assert [each.texts for each in service.parsed] == [("same",)]

    async def test_queries_and_documents_are_told_apart_and_never_share_a_request(
        self, embedder: DashScopeEmbedder, service: EmbeddingStandIn
    ) -> None:
        await asyncio.gather(embedder.embed(["one", "two"], "query"), embedder.embed(["one"], "document"))

        assert {(each.text_type, each.texts) for each in service.parsed} == {
            ("query", ("one", "two")),
            ("document", ("one",)),
        }

    async def test_a_text_that_the_service_refuses_spoils_no_other(
        self, embedder: DashScopeEmbedder, service: EmbeddingStandIn
    ) -> None:
        service.inject(Fault(status=400), Fault(), Fault(status=400))

        told = await asyncio.gather(
            *(embedder.embed([text], "query") for text in ("good", "bad", "fine")), return_exceptions=True
        )

        assert sorted(isinstance(each, StoreError) for each in told) == [False, False, True]
        assert sorted(len(each.texts) for each in service.parsed) == [1, 1, 1, 3]


class TestParameters:
    @pytest.mark.parametrize(
        ("model", "dimensions", "sent"),
        [
            ("text-embedding-v1", None, None),
            ("text-embedding-v2", 1536, None),
            ("text-embedding-v3", None, 1024),
            ("text-embedding-v3", 64, 64),
            ("text-embedding-v4", 2048, 2048),
        ],
    )
    async def test_dimensions_are_said_where_the_model_has_a_choice(
        self, model: str, dimensions: int | None, sent: int | None, service: EmbeddingStandIn
    ) -> None:
        embedder = an_embedder(service, model, dimensions)

        rows = await embedder.embed(["text"], "query")

        assert service.parsed[0].dimensions == sent
        assert rows.shape == (1, embedder.dimensions) == (1, dimensions or MODELS[model].dimensions[0])
        await embedder.close()

    @pytest.mark.parametrize("model", MODELS)
    async def test_what_is_stored_as_documents_is_a_space_of_its_own(self, model: str) -> None:
        queries, documents = (
            DashScopeEmbedder(model, SECRET, DEAD, None, 1.0, stored_as) for stored_as in ("query", "document")
        )

        assert (queries.asymmetric, documents.asymmetric) == (False, True)
        assert (queries.model, documents.model) == (model, f"{model}-document")
        assert vector_space(queries.model, 1024) != vector_space(documents.model, 1024)
        await asyncio.gather(queries.close(), documents.close())

    @pytest.mark.parametrize(("model", "dimensions"), [("text-embedding-v5", None), ("text-embedding-v1", 1024)])
    def test_what_does_not_exist_is_named(self, model: str, dimensions: int | None) -> None:
        with pytest.raises(ValueError, match=model):
            DashScopeEmbedder(model, "key", DEAD, dimensions, 1.0)

    @pytest.mark.parametrize("model", MODELS)
    async def test_a_text_beyond_the_models_limit_is_cut(self, model: str, service: EmbeddingStandIn) -> None:
        embedder = an_embedder(service, model)

        await embedder.embed(["很长" * 20_000, "word " * 20_000], "query")

        assert {len(text) for text in service.parsed[0].texts} == {MAX_TEXT_CHARS}
        await embedder.close()

    async def test_two_regions_and_keys_in_one_process_do_not_mix(self, service: EmbeddingStandIn) -> None:
        async def ones(texts: list[str]) -> list[list[float]]:
            return [[1.0] for _ in texts]

        async with EmbeddingStandIn(ones, key="sk-other") as other:
            here, there = an_embedder(service), an_embedder(other)

            await asyncio.gather(
                *(here.embed([f"here {i}"], "query") for i in range(9)),
                *(there.embed([f"there {i}"], "query") for i in range(9)),
            )

            assert all(text.startswith("here") for each in service.parsed for text in each.texts)
            assert all(text.startswith("there") for each in other.parsed for text in each.texts)
            await asyncio.gather(here.close(), there.close())


class TestPatience:
    @pytest.mark.parametrize(
        "trouble",
        [
            Fault(status=429),
            Fault(status=500),
            Fault(status=503),
            Fault(status=502, body=b"<html>Bad Gateway</html>", content_type="text/html"),
            Fault(status=502, body=b"<html>Bad Gateway</html>"),
            Fault(drop=True),
        ],
        ids=["429", "500", "503", "502 in HTML", "502 that is no JSON", "connection lost"],
    )
    async def test_what_may_pass_is_tried_again(
        self, trouble: Fault, embedder: DashScopeEmbedder, service: EmbeddingStandIn
    ) -> None:
        service.inject(trouble, trouble)

        assert (await embedder.embed(["text"], "query")).shape == (1, 1024)

    async def test_attempts_have_an_end(self, embedder: DashScopeEmbedder, service: EmbeddingStandIn) -> None:
        service.always = Fault(status=429)

        with pytest.raises(StoreError, match=r"429 Throttling\.RateQuota"):
            await embedder.embed(["text"], "query")

        assert len(service.parsed) == MAX_ATTEMPTS

    async def test_no_attempt_begins_that_would_come_too_late(self, service: EmbeddingStandIn) -> None:
        embedder = an_embedder(service, timeout=1.0)
        await embedder.load()
        service.parsed.clear()
        service.always = Fault(status=429, headers={"retry-after": "30"})
        began = time.monotonic()

        with pytest.raises(StoreError, match="429"):
            await embedder.embed(["text"], "query")

        assert len(service.parsed) == 1
        assert time.monotonic() - began < 5
        await embedder.close()

    async def test_a_service_that_hangs_costs_the_timeout(self, service: EmbeddingStandIn) -> None:
        embedder = an_embedder(service, timeout=0.3)
        await embedder.load()
        service.always = Fault(hang=True)
        began = time.monotonic()

        # Our deadline and the SDK's read timeout end at the same time: on a busy machine the SDK's may be first.
        with pytest.raises(StoreError, match=r"no answer within 0\.3 s|ReadTimeout"):
            await embedder.embed(["text"], "query")

        assert 0.25 < time.monotonic() - began < 2
        await embedder.close()

    async def test_nobody_there_is_a_store_error(self) -> None:
        embedder = DashScopeEmbedder("text-embedding-v4", SECRET, DEAD, None, 2.0)

        with pytest.raises(
            StoreError, match=r"127\.0\.0\.1:9 cannot be reached .*; check semantic\.embedder\.base_url"
        ):
            await embedder.embed(["text"], "query")

        await embedder.close()

    async def test_after_a_hang_all_is_well_again(self, service: EmbeddingStandIn) -> None:
        embedder = an_embedder(service, timeout=0.5)
        await embedder.load()
        service.always = Fault(hang=True)
        await asyncio.gather(*(embedder.embed([f"{i}"], "query") for i in range(50)), return_exceptions=True)
        service.always = None

        assert len(await embedder.embed(["text"], "query")) == 1
        await embedder.close()


class TestFailures:
    async def test_a_wrong_key_is_told_by_its_code_at_once_and_never_shown(
        self, service: EmbeddingStandIn, logged: io.StringIO
    ) -> None:
        embedder = DashScopeEmbedder("text-embedding-v4", SECRET, service.base_url, None, 5.0)

        with pytest.raises(StoreError, match="401 InvalidApiKey") as told:
            await embedder.load()
        with pytest.raises(StoreError, match="401 InvalidApiKey"):
            await embedder.embed(["my private question"], "query")

        assert len(service.parsed) == 2
        assert SECRET not in str(told.value) + logged.getvalue()
        assert "private" not in logged.getvalue()
        await embedder.close()

    @pytest.mark.parametrize("key", ["sk-hun\nter2", "sk-hünter2", "sk-猎人"])
    async def test_a_key_that_fits_in_no_header_is_not_shown(self, key: str, service: EmbeddingStandIn) -> None:
        embedder = DashScopeEmbedder("text-embedding-v4", key, service.base_url, None, 1.0)

        with pytest.raises(StoreError) as told:
            await embedder.load()

        assert "ter2" not in "".join(traceback.format_exception(told.value))
        await embedder.close()

    async def test_white_space_around_a_key_is_no_part_of_it(self, service: EmbeddingStandIn) -> None:
        embedder = DashScopeEmbedder("text-embedding-v4", f" {service.key}\n", service.base_url, None, 5.0)

        await embedder.load()

        await embedder.close()

    async def test_what_the_service_refuses_is_not_asked_again(
        self, embedder: DashScopeEmbedder, service: EmbeddingStandIn
    ) -> None:
        service.always = Fault(status=400)

        with pytest.raises(StoreError, match="400 InvalidParameter"):
            await embedder.embed(["text"], "query")

        assert len(service.parsed) == 1

    async def test_a_code_that_may_hold_a_text_is_not_shown(
        self, embedder: DashScopeEmbedder, service: EmbeddingStandIn
    ) -> None:
        service.inject(Fault(status=403, body=b'{"code": "no: my private question", "message": "private"}'))

        with pytest.raises(StoreError) as told:
            await embedder.embed(["my private question"], "query")

        assert str(told.value) == "dashscope: 403; check semantic.embedder.api_key"

    async def test_the_log_shows_no_text_and_no_traceback_of_the_sdk(
        self, embedder: DashScopeEmbedder, service: EmbeddingStandIn, logged: io.StringIO
    ) -> None:
        service.inject(Fault(drop=True), Fault(drop=True))

        await embedder.embed(["my private question"], "query")

        assert "private" not in logged.getvalue()
        assert "Traceback" not in logged.getvalue()


def swapped(rows: list[dict[str, Any]]) -> None:
    rows.reverse()


def one_less(rows: list[dict[str, Any]]) -> None:
    rows.pop()


def twice_the_first(rows: list[dict[str, Any]]) -> None:
    rows[1]["text_index"] = 0


def shorter(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row["embedding"].pop()


def ragged(rows: list[dict[str, Any]]) -> None:
    rows[0]["embedding"].pop()


def words(rows: list[dict[str, Any]]) -> None:
    rows[0]["embedding"][0] = "one"


def not_a_number(rows: list[dict[str, Any]]) -> None:
    rows[0]["embedding"][0] = float("nan")


def all_zero(rows: list[dict[str, Any]]) -> None:
    rows[0]["embedding"][:] = [0.0] * 1024


class TestDistrust:
    async def test_rows_out_of_order_are_put_right(
        self, embedder: DashScopeEmbedder, service: EmbeddingStandIn
    ) -> None:
        right = await embedder.embed(["aaa", "bbb"], "query")
        service.inject(Fault(forge=swapped))

        assert np.allclose(await embedder.embed(["aaa", "bbb"], "query"), right)

    @pytest.mark.parametrize("forge", [one_less, twice_the_first, shorter, ragged, words, not_a_number, all_zero])
    async def test_rubbish_is_a_store_error(
        self, forge: Callable[[list[dict[str, Any]]], None], embedder: DashScopeEmbedder, service: EmbeddingStandIn
    ) -> None:
        service.inject(Fault(forge=forge))

        with pytest.raises(StoreError):
            await embedder.embed(["aaa", "bbb"], "query")

        assert len(service.parsed) == 1

    async def test_a_row_without_a_direction_costs_its_own_caller_only(
        self, embedder: DashScopeEmbedder, service: EmbeddingStandIn
    ) -> None:
        service.inject(Fault(forge=all_zero))

        bad, good = await asyncio.gather(
            embedder.embed(["aaa"], "query"), embedder.embed(["bbb"], "query"), return_exceptions=True
        )

        assert isinstance(bad, StoreError)
        assert isinstance(good, np.ndarray)

    @pytest.mark.parametrize(
        "body", [b"null", b"[]", b"7", b'{"output": null}', b'{"output": {"embeddings": 7}}', b"{"]
    )
    async def test_an_answer_of_another_shape_is_a_store_error(
        self, body: bytes, embedder: DashScopeEmbedder, service: EmbeddingStandIn
    ) -> None:
        service.always = Fault(body=body)

        with pytest.raises(StoreError):
            await embedder.embed(["text"], "query")


class TestStandIn:
    """What it refuses, as documented and as the SDK reports it; the limits above mean nothing without."""

    @pytest.mark.parametrize(
        ("given", "status", "code"),
        [
            ({"input": ["text"] * 11}, 400, "InvalidParameter"),
            ({"input": ["text"] * 26, "model": "text-embedding-v2"}, 400, "InvalidParameter"),
            ({"input": [""]}, 400, "InvalidParameter"),
            ({"input": ["x" * 8193]}, 400, "InvalidParameter"),
            ({"dimension": 1000}, 400, "InvalidParameter"),
            ({"text_type": "question"}, 400, "InvalidParameter"),
            ({"model": "text-embedding-v9"}, 400, "InvalidParameter"),
            ({"api_key": "sk-other"}, 401, "InvalidApiKey"),
        ],
    )
    async def test_it_refuses(
        self, given: dict[str, Any], status: int, code: str, embedder: DashScopeEmbedder, service: EmbeddingStandIn
    ) -> None:
        from dashscope import TextEmbedding

        good = {"model": "text-embedding-v4", "input": ["text"], "api_key": service.key}

        answer = await asyncio.to_thread(
            TextEmbedding.call, **good | given, base_address=service.base_url, request_timeout=5
        )

        assert (answer.status_code, answer.code) == (status, code)
        assert answer.request_id


async def test_closing_answers_everybody(embedder: DashScopeEmbedder, service: EmbeddingStandIn) -> None:
    service.always = Fault(delay=0.2)
    asking = [asyncio.create_task(embedder.embed([f"{i}"], "query")) for i in range(50)]
    await asyncio.sleep(0.05)

    await embedder.close()

    assert {type(each) for each in await asyncio.gather(*asking, return_exceptions=True)} == {StoreError}
    with pytest.raises(StoreError, match="closed"):
        await embedder.embed(["x"], "query")


async def test_the_loop_goes_on_while_the_service_hangs(service: EmbeddingStandIn) -> None:
    """Fifty look-ups in flight: what turns once a millisecond never waits for any of them."""
    embedder = an_embedder(service, timeout=0.6)
    await embedder.load()
    await embedder.embed(["the SDK imports the half of itself at its first call"], "query")
    service.always = Fault(hang=True)

    async with watched_loop() as stalls:
        asking = (embedder.embed([f"text {i}"], "query") for i in range(50))
        told = await asyncio.gather(*asking, return_exceptions=True)

    assert {type(each) for each in told} == {StoreError}
    assert len(stalls) > 50
    assert max(stalls) < 0.3  # a busy machine's turn is long, too; one that waits for the service has 0.6 s
    await embedder.close()
