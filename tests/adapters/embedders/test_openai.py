"""Any ``/embeddings``: how each kind of service is spoken to, what is learned from it, and what is not believed."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator

import numpy as np
import pytest

from aicache.adapters.embedders.http_base import MAX_ATTEMPTS
from aicache.adapters.embedders.openai import OpenAIEmbedder
from aicache.domain.ports import StoreError
from demo.cloud.dashscope import EmbeddingStandIn, Fault
from stalls import watched_loop

MODEL = "text-embedding-v4"
SECRET = "sk-hunter2"


def an_embedder(
    service: EmbeddingStandIn, dimensions: int | None = None, timeout: float = 5.0, base_url: str = ""
) -> OpenAIEmbedder:
    return OpenAIEmbedder(MODEL, service.key, base_url or service.compatible_url, dimensions, timeout)


@pytest.fixture
async def embedder(service: EmbeddingStandIn) -> AsyncIterator[OpenAIEmbedder]:
    embedder = an_embedder(service)
    await embedder.load()
    service.parsed.clear()
    service.requests.clear()
    yield embedder
    await embedder.close()


class TestSpeaking:
    @pytest.mark.parametrize(
        ("base", "path"),
        [
            ("/compatible-mode/v1", "/compatible-mode/v1/embeddings"),
            ("/v1/", "/v1/embeddings"),
            ("/v1/embeddings", "/v1/embeddings"),
            ("", "/v1/embeddings"),
            (
                "/openai/deployments/mine?api-version=2024-02-01",
                "/openai/deployments/mine/embeddings?api-version=2024-02-01",
            ),
        ],
    )
    async def test_the_base_url_leads_to_embeddings(self, base: str, path: str, service: EmbeddingStandIn) -> None:
        embedder = an_embedder(service, base_url=service.url + base)

        await embedder.load()

        assert [request.path for request in service.requests] == [path]
        await embedder.close()

    async def test_azure_gets_the_key_in_its_own_header(self, service: EmbeddingStandIn) -> None:
        embedder = an_embedder(service, base_url=f"{service.url}/openai/deployments/mine?api-version=2024-02-01")

        await embedder.load()

        headers = service.requests[0].headers
        assert headers["api-key"] == service.key
        assert "authorization" not in headers
        await embedder.close()

    async def test_without_a_key_none_is_sent(self, service: EmbeddingStandIn) -> None:
        service.key = ""
        embedder = OpenAIEmbedder(MODEL, None, f"{service.url}/v1", None, 5.0)

        await embedder.load()

        assert not {"authorization", "api-key"} & set(service.requests[0].headers)
        await embedder.close()

    async def test_floats_are_asked_for_and_dimensions_only_when_given(self, service: EmbeddingStandIn) -> None:
        plain, narrow = an_embedder(service), an_embedder(service, dimensions=256)

        await plain.load()
        await narrow.load()

        first, second = (request.json for request in service.requests)
        assert first == {"model": MODEL, "input": ["ping"], "encoding_format": "float"}
        assert second["dimensions"] == 256
        await asyncio.gather(plain.close(), narrow.close())

    async def test_texts_asked_together_are_one_request(
        self, embedder: OpenAIEmbedder, service: EmbeddingStandIn
    ) -> None:
        await asyncio.gather(*(embedder.embed([f"text {i % 5}"], "query") for i in range(9)))

        assert [each.texts for each in service.parsed] == [tuple(f"text {i}" for i in range(5))]

    async def test_rows_out_of_order_are_put_right(self, embedder: OpenAIEmbedder, service: EmbeddingStandIn) -> None:
        right = await embedder.embed(["aaa", "bbb"], "query")
        service.inject(Fault(forge=lambda rows: rows.reverse()))

        assert np.allclose(await embedder.embed(["aaa", "bbb"], "query"), right)

    async def test_rows_without_an_index_are_taken_as_they_come(
        self, embedder: OpenAIEmbedder, service: EmbeddingStandIn
    ) -> None:
        right = await embedder.embed(["aaa", "bbb"], "query")
        service.inject(Fault(forge=lambda rows: [row.pop("index") for row in rows]))

        assert np.allclose(await embedder.embed(["aaa", "bbb"], "query"), right)


class TestDimensions:
    async def test_they_are_learned_by_loading(self, service: EmbeddingStandIn) -> None:
        embedder = an_embedder(service)
        with pytest.raises(StoreError, match="not known before"):
            _ = embedder.dimensions

        await embedder.load()

        assert embedder.dimensions == 1024
        await embedder.close()

    async def test_a_service_that_changes_its_mind_is_not_believed(
        self, embedder: OpenAIEmbedder, service: EmbeddingStandIn
    ) -> None:
        service.inject(Fault(body=b'{"data": [{"index": 0, "embedding": [1.0, 2.0]}]}'))

        with pytest.raises(StoreError, match="2 dimensions instead of 1024"):
            await embedder.embed(["text"], "query")


class TestFailures:
    async def test_a_wrong_key_is_told_by_its_code_and_never_shown(
        self, service: EmbeddingStandIn, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        embedder = OpenAIEmbedder(MODEL, SECRET, service.compatible_url, None, 5.0)

        with pytest.raises(StoreError, match="401 InvalidApiKey") as told:
            await embedder.load()

        assert len(service.parsed) == 1
        assert SECRET not in str(told.value) + caplog.text
        await embedder.close()

    @pytest.mark.parametrize(
        "trouble",
        [
            Fault(status=429),
            Fault(status=500),
            Fault(status=502, body=b"<html>Bad Gateway</html>", content_type="text/html"),
            Fault(drop=True),
        ],
        ids=["429", "500", "502 in HTML", "connection lost"],
    )
    async def test_what_may_pass_is_tried_again(
        self, trouble: Fault, embedder: OpenAIEmbedder, service: EmbeddingStandIn
    ) -> None:
        service.inject(trouble, trouble)

        assert (await embedder.embed(["text"], "query")).shape == (1, 1024)

    async def test_attempts_have_an_end(self, embedder: OpenAIEmbedder, service: EmbeddingStandIn) -> None:
        service.always = Fault(status=429)

        with pytest.raises(StoreError, match="429"):
            await embedder.embed(["text"], "query")

        assert len(service.parsed) == MAX_ATTEMPTS

    async def test_a_moved_service_is_not_followed(self, embedder: OpenAIEmbedder, service: EmbeddingStandIn) -> None:
        service.inject(Fault(status=307, headers={"location": "http://127.0.0.1:9/"}))

        with pytest.raises(StoreError, match="307"):
            await embedder.embed(["text"], "query")

    async def test_a_text_that_the_service_refuses_spoils_no_other(
        self, embedder: OpenAIEmbedder, service: EmbeddingStandIn
    ) -> None:
        service.inject(Fault(status=413), Fault(), Fault(status=413))

        told = await asyncio.gather(*(embedder.embed([t], "query") for t in "abc"), return_exceptions=True)

        assert sorted(isinstance(each, StoreError) for each in told) == [False, False, True]

    @pytest.mark.parametrize("body", [b"null", b'{"data": 7}', b'{"data": []}', b"{", b'{"data": [{"embedding": ""}]}'])
    async def test_an_answer_of_another_shape_is_a_store_error(
        self, body: bytes, embedder: OpenAIEmbedder, service: EmbeddingStandIn
    ) -> None:
        service.inject(Fault(body=body))

        with pytest.raises(StoreError):
            await embedder.embed(["text"], "query")

    @pytest.mark.parametrize("key", ["sk-hun\nter2", "sk-hünter2"])
    async def test_a_key_that_fits_in_no_header_is_not_shown(self, key: str, service: EmbeddingStandIn) -> None:
        embedder = OpenAIEmbedder(MODEL, key, service.compatible_url, None, 1.0)

        with pytest.raises(StoreError) as told:
            await embedder.load()

        assert "ter2" not in "".join(traceback.format_exception(told.value))
        await embedder.close()

    async def test_after_closing_there_are_only_store_errors(self, embedder: OpenAIEmbedder) -> None:
        await embedder.close()

        with pytest.raises(StoreError):
            await embedder.embed(["text"], "query")
        with pytest.raises(StoreError):
            await embedder.load()

    async def test_nobody_there_is_a_store_error(self) -> None:
        embedder = OpenAIEmbedder(MODEL, None, "http://127.0.0.1:9/v1", None, 2.0)

        with pytest.raises(
            StoreError, match=r"cannot be reached \(ClientConnectorError\); check semantic\.embedder\.base_url"
        ):
            await embedder.embed(["text"], "query")

        await embedder.close()


async def test_the_loop_goes_on_while_the_service_hangs(service: EmbeddingStandIn) -> None:
    embedder = an_embedder(service, timeout=1.0)
    await embedder.load()
    service.always = Fault(hang=True)

    async with watched_loop() as stalls:
        asking = (embedder.embed([f"text {i}"], "query") for i in range(50))
        told = await asyncio.gather(*asking, return_exceptions=True)

    assert {type(each) for each in told} == {StoreError}
    assert max(stalls) < 0.8  # a busy machine's turn is long, too; one that waits for the service has 1 s
    await embedder.close()
