"""What a mode always tells is told by its hits, or the upstream is asked; what a stream leaves open is not guessed."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from aicache.formats import sse
from demo.answers import Reply, Request
from e2e import originals
from e2e.apis import ask
from e2e.originals import messages
from e2e.proxy import READY_EXACT, Proxy, post
from e2e.proxy import Reply as Response

if TYPE_CHECKING:
    from e2e.conftest import Upstream

NUMBERS = itertools.count()
COUNTED = {"stream": True, "stream_options": {"include_usage": True}}
USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
STREAM = {"stream": True}
WHOLE: dict[str, Any] = {}


@pytest.fixture(scope="module")
def exact(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    config = "semantic: {enabled: false}\n"
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("exact"), config).start(wait_for=READY_EXACT) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def crossing(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    config = "answers: any-api\nsemantic: {enabled: false}\n"
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("any"), config).start(wait_for=READY_EXACT) as proxy:
        yield proxy


@pytest.fixture
def question() -> str:
    return f"What is counted, number {next(NUMBERS)}?"


def usage_of(reply: Response) -> Any:
    """The usage that a chat completion tells."""
    if not sse.is_stream(reply.body):
        return json.loads(reply.body).get("usage")
    counts = [json.loads(event.data).get("usage") for event in sse.decode(reply.body) if event.data != "[DONE]"]
    return next((each for each in counts if each), None)


def streamed(*chunks: Any) -> Reply:
    events = [sse.Event("", json.dumps({"id": "1", "model": "m", "created": 1, **chunk})) for chunk in chunks]
    body = sse.encode([*events, sse.Event("", "[DONE]")])
    return Reply(body=body, content_type="text/event-stream", framing="chunked")


def chunk(delta: Any, **choice: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, **choice}]}


END = chunk({}, finish_reason="stop")


def answering(*chunks: Any, usage: Any = USAGE) -> Callable[[Request], Reply]:
    """Streams of these chunks, whatever is asked of their usage; whole answers that tell it."""

    def script(request: Request) -> Reply:
        if request.json.get("stream"):
            return streamed(*chunks)
        choice = {"index": 0, "message": {"role": "assistant", "content": "Whole."}, "finish_reason": "stop"}
        document = {"id": "2", "object": "chat.completion", "created": 2, "model": "m", "choices": [choice]}
        return Reply(body=json.dumps(document | ({"usage": usage} if usage else {})).encode())

    return script


UNCOUNTED = (chunk({"role": "assistant", "content": "In "}), chunk({"content": "pieces."}), END)


@pytest.mark.parametrize("first", [STREAM, COUNTED], ids=["not asked for", "asked for and ignored"])
def test_a_whole_answer_is_fetched_once_where_the_stream_did_not_count(
    exact: Proxy, upstream: Upstream, question: str, first: dict[str, Any]
) -> None:
    upstream.script = answering(*UNCOUNTED)
    recorded = exact.ask(question, **first)
    assert exact.ask_until("exact", question, **first).body == recorded.body

    whole = exact.ask(question)
    assert (whole.cache, usage_of(whole)) == ("miss", USAGE)
    exact.ask_until("exact", question)
    calls = upstream.calls

    for fields in (WHOLE, STREAM, COUNTED):
        hit = exact.ask(question, **fields)
        assert (hit.cache, usage_of(hit)) == ("exact", None if fields is STREAM else USAGE)
    assert upstream.calls == calls


def test_while_the_whole_answer_is_fetched_the_stream_is_there(exact: Proxy, upstream: Upstream, question: str) -> None:
    upstream.script = answering(*UNCOUNTED)
    exact.ask(question, **STREAM)
    recorded = exact.ask_until("exact", question, **STREAM)
    asked = threading.Event()

    def slow(request: Request) -> Reply:
        asked.set()
        return Reply(("Slow.",), first_token=1.0)

    upstream.script = slow
    fetching = threading.Thread(target=exact.ask, args=(question,))
    fetching.start()
    assert asked.wait(5)

    meanwhile = exact.ask(question, **STREAM)
    fetching.join()

    assert (meanwhile.cache, meanwhile.body) == ("exact", recorded.body)


def test_a_whole_answer_that_fails_costs_the_stream_nothing(exact: Proxy, upstream: Upstream, question: str) -> None:
    upstream.script = answering(*UNCOUNTED)
    exact.ask(question, **STREAM)
    exact.ask_until("exact", question, **STREAM)
    upstream.script = lambda _: Reply(status=500, body=b'{"error": {"message": "no"}}')

    assert exact.ask(question).status == 500
    assert exact.ask(question, **STREAM).cache == "exact"


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param((*UNCOUNTED[:2], chunk({}, finish_reason="stop", usage=USAGE)), id="with the end of the choice"),
        pytest.param((*UNCOUNTED, {"choices": [], "x_groq": {"id": "r", "usage": USAGE}}), id="under a vendor's name"),
        pytest.param((*UNCOUNTED[:2], {**END, "usage": USAGE}), id="with the last chunk, unasked"),
    ],
)
def test_usage_is_found_where_vendors_tell_it(
    exact: Proxy, upstream: Upstream, question: str, chunks: tuple[Any, ...]
) -> None:
    upstream.script = answering(*chunks)
    recorded = exact.ask(question, **STREAM)
    again = exact.ask_until("exact", question, **STREAM)
    calls = upstream.calls

    whole, counted = exact.ask(question), exact.ask(question, **COUNTED)

    assert again.body == recorded.body
    assert [(hit.cache, usage_of(hit)) for hit in (whole, counted)] == [("exact", USAGE)] * 2
    assert json.loads(whole.body)["choices"][0]["message"]["content"] == "In pieces."
    assert upstream.calls == calls


def test_an_upstream_that_never_counts_is_asked_in_each_mode(exact: Proxy, upstream: Upstream, question: str) -> None:
    upstream.script = answering(*UNCOUNTED, usage=None)
    exact.ask(question, **STREAM)
    exact.ask_until("exact", question, **STREAM)

    assert exact.ask(question).cache == "miss"
    assert exact.ask_until("exact", question).status == 200
    assert exact.ask(question, **STREAM).cache == "exact"


def test_usage_told_in_parts_is_told_whole(exact: Proxy, upstream: Upstream, question: str) -> None:
    parts = ({"usage": {"prompt_tokens": 5}}, {"usage": {"completion_tokens": 7, "total_tokens": 12}})
    upstream.script = answering(*({**each, **part} for each, part in zip(UNCOUNTED[:2], parts, strict=True)), END)
    exact.ask(question, **COUNTED)
    exact.ask_until("exact", question, **COUNTED)

    whole = exact.ask(question)

    assert (whole.cache, usage_of(whole)) == ("exact", USAGE)


def test_half_of_the_usage_is_not_told_as_all_of_it(exact: Proxy, upstream: Upstream, question: str) -> None:
    upstream.script = answering({**UNCOUNTED[0], "usage": {"prompt_tokens": 5}}, *UNCOUNTED[1:])
    exact.ask(question, **COUNTED)
    exact.ask_until("exact", question, **COUNTED)

    whole = exact.ask(question)

    assert (whole.cache, usage_of(whole)) == ("miss", USAGE)


@pytest.mark.parametrize(
    "drafts",
    [
        pytest.param(({"vendor_count": 1}, {"vendor_count": 2}), id="a number nobody has heard of"),
        pytest.param(
            ({"executed_tools": [{"index": 0, "output": "al"}]}, {"executed_tools": [{"index": 0, "output": "pha"}]}),
            id="a tool's output that changes",
        ),
        pytest.param(({"vendor_note": "a"}, {"vendor_note": "b"}), id="a text nobody has heard of"),
        pytest.param(({"vendor": [{"x": "a"}]}, {"vendor": [{"x": "b"}]}), id="in a list"),
        pytest.param(({"audio": {"data": "YQ"}}, {"audio": {"data": "YmM"}}), id="bytes cut anywhere"),
    ],
)
def test_a_stream_that_may_be_read_in_two_ways_is_only_replayed(
    exact: Proxy, upstream: Upstream, question: str, drafts: tuple[Any, ...]
) -> None:
    pieces = [chunk({"content": "x", **draft}) for draft in drafts]
    upstream.script = answering(*pieces, END, {"choices": [], "usage": USAGE})
    recorded = exact.ask(question, **COUNTED)
    assert exact.ask_until("exact", question, **COUNTED).body == recorded.body

    whole = exact.ask(question)
    assert (whole.cache, usage_of(whole)) == ("miss", USAGE)
    assert exact.ask(question, **COUNTED).cache == "exact"
    exact.ask_until("exact", question)

    assert exact.ask(question, **STREAM).cache == "exact"
    assert "cannot be rendered" not in exact.log


def test_an_uncounted_stream_of_one_api_is_asked_for_in_another(
    crossing: Proxy, upstream: Upstream, question: str
) -> None:
    """Ollama's answer would have told no counts, Messages' would have told zeros."""
    upstream.script = answering(*UNCOUNTED)
    ask(crossing, "chat", question, **STREAM)
    crossing.wait_for(lambda: ask(crossing, "chat", question, **STREAM).cache == "exact")
    upstream.script = originals.answer

    for name in ("messages", "ollama", "responses"):
        upstream.script = originals.answer
        assert ask(crossing, name, question, headers={"cache-control": "no-store"}).cache == "miss", name
    assert ask(crossing, "messages", question).cache == "miss"
    crossing.wait_for(lambda: ask(crossing, "messages", question).cache == "exact")

    whole = ask(crossing, "chat", question)

    usage = json.loads(whole.body)["usage"]
    assert whole.cache == "exact"
    assert min(usage["prompt_tokens"], usage["completion_tokens"]) > 0


@pytest.mark.parametrize("untold", [("message_start", "message_delta"), ("message_start",), ("message_delta",)])
def test_a_message_streamed_without_counts_is_not_told_as_free(
    exact: Proxy, upstream: Upstream, question: str, untold: tuple[str, ...]
) -> None:
    def script(request: Request) -> Reply:
        body, kind = messages.stream(request, False) if request.json.get("stream") else messages.whole(request, False)
        if request.json.get("stream"):
            events = [json.loads(event.data) for event in sse.decode(body)]
            for event in events:
                if event["type"] == "message_delta":
                    event["usage"] = {"output_tokens": event["usage"]["output_tokens"]}
                if event["type"] in untold:
                    event.get("message", {}).pop("usage", None)
                    event.pop("usage", None)
            body = sse.encode(sse.Event(event["type"], json.dumps(event)) for event in events)
        return Reply(body=body, content_type=kind)

    def asks(**fields: Any) -> Response:
        body = {"model": "m", "max_tokens": 99, "messages": [{"role": "user", "content": question}], **fields}
        return post(exact.port, json.dumps(body).encode(), {"x-api-key": "sk-a"}, path="/v1/messages")

    upstream.script = script
    recorded = asks(stream=True)
    exact.wait_for(lambda: asks(stream=True).cache == "exact")
    assert asks(stream=True).body == recorded.body

    whole = asks()

    assert whole.cache == "miss"
    assert min(json.loads(whole.body)["usage"][name] for name in ("input_tokens", "output_tokens")) > 0


def test_no_caller_of_a_shared_answer_is_told_anothers_metadata(
    exact: Proxy, upstream: Upstream, question: str
) -> None:
    def echo(request: Request) -> Reply:
        document = json.loads(answering()(Request("POST", request.path, {}, b"{}")).body or b"")
        return Reply(body=json.dumps(document | {"metadata": request.json.get("metadata") or {}}).encode())

    upstream.script = echo
    first = exact.ask(question, metadata={"customer": "alice"})
    again = exact.ask_until("exact", question, metadata={"customer": "alice"})
    bob = exact.ask(question, metadata={"customer": "bob"})
    nobody = exact.ask(question)

    assert again.body == first.body
    assert (bob.cache, json.loads(bob.body)["metadata"]) == ("exact", {"customer": "bob"})
    assert (nobody.cache, json.loads(nobody.body)["metadata"]) == ("exact", {})
