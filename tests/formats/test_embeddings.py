"""Embeddings taken apart and put together, input by input."""

from __future__ import annotations

import base64
import contextlib
import json
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.model import Batch
from aicache.formats import failure_marks
from aicache.formats.embeddings import Embeddings, pack, unpack
from aicache.formats.ollama.embed import OLLAMA_EMBED
from aicache.formats.openai.embeddings import OPENAI_EMBEDDINGS

PATH = "/v1/embeddings"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def openai(*vectors: str, tokens: int = 9, **fields: Any) -> bytes:
    """A response as OpenAI sends it; vectors as they are written."""
    data = ", ".join(
        f'{{"object": "embedding", "index": {i}, "embedding": {vector}}}' for i, vector in enumerate(vectors)
    )
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    rest = json.dumps({"model": "m-1", "usage": usage} | fields)[1:]
    return f'{{"object": "list", "data": [{data}], {rest}'.encode()


def ollama(*vectors: str, tokens: int = 9) -> bytes:
    rest = json.dumps({"total_duration": 5, "prompt_eval_count": tokens})[1:]
    return f'{{"model": "m-1", "embeddings": [{", ".join(vectors)}], {rest}'.encode()


def parse_batch(*inputs: Any, format: Embeddings = OPENAI_EMBEDDINGS, **fields: Any) -> Batch:
    return format.parse_request(PATH, json.dumps({"model": "m", "input": list(inputs), **fields}).encode())


@pytest.mark.parametrize(
    ("format", "path", "ours"),
    [
        (OPENAI_EMBEDDINGS, "/v1/embeddings", True),
        (OPENAI_EMBEDDINGS, "/openai/deployments/e/embeddings", True),
        (OPENAI_EMBEDDINGS, "/compatible-mode/v1/embeddings/", True),
        (OPENAI_EMBEDDINGS, "/api/embed", False),
        (OPENAI_EMBEDDINGS, "/v1/embeddings/x", False),
        (OLLAMA_EMBED, "/api/embed", True),
        (OLLAMA_EMBED, "/api/embeddings", False),
    ],
)
def test_the_path_tells_the_api(format: Embeddings, path: str, ours: bool) -> None:
    assert format.matches("POST", path) is ours
    assert not format.matches("GET", path)


@pytest.mark.parametrize(
    ("given_input", "inputs"),
    [
        ("a", ("a",)),
        (["a", "b"], ("a", "b")),
        ([1, 2], ([1, 2],)),
        ([[1, 2], [3]], ([1, 2], [3])),
        ([{"image": "x"}], ({"image": "x"},)),
        ("", ("",)),  # whether it may be embedded is for the upstream to say
        (["a", ""], ("a", "")),
    ],
)
def test_every_form_of_input_is_a_list_of_inputs(given_input: Any, inputs: tuple[Any, ...]) -> None:
    batch = OPENAI_EMBEDDINGS.parse_request(PATH, json.dumps({"model": "m", "input": given_input}).encode())

    assert batch.inputs == inputs


def test_asking_for_floats_is_asking_for_what_all_get() -> None:
    assert parse_batch("a", encoding_format="float") == parse_batch("a")
    assert parse_batch("a", encoding_format="base64") != parse_batch("a")
    assert parse_batch("a", encoding_format=None) != parse_batch("a")  # of that no documentation says anything
    for fields in ({"input": "a", "encoding_format": "float"}, {"input": ["a", ""], "encoding_format": "float"}):
        body = json.dumps({"model": "m"} | fields).encode()

        assert json.loads(OPENAI_EMBEDDINGS.select_inputs(body, [0]))["encoding_format"] == "float"  # sent as it came


def test_an_empty_text_in_a_batch_is_an_input_like_others() -> None:
    pieces = OPENAI_EMBEDDINGS.parse_response(openai("[1]", "[2]"), parse_batch("a", ""), [0, 1])

    assert sum(piece.tokens for piece in pieces) == 9
    assert json.loads(OPENAI_EMBEDDINGS.render_response(pieces))["data"][1]["embedding"] == [2]


@pytest.mark.parametrize("mark", [{"base_resp": {"status_code": 1027}}, {"success": False}, {"code": 5}])
def test_vectors_with_a_mark_of_an_error_are_refused(mark: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="error"):
        OPENAI_EMBEDDINGS.parse_response(openai("[1]", **mark), parse_batch("a"), [0])


@pytest.mark.parametrize("fields", [{"input": []}, {"input": None}, {"input": [None]}, {"input": [[]]}])
def test_what_is_no_input_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="input"):
        OPENAI_EMBEDDINGS.parse_request(PATH, json.dumps({"model": "m"} | fields).encode())


def test_vectors_that_depend_on_each_other_are_not_taken_apart() -> None:
    with pytest.raises(ValueError, match="late_chunking"):
        parse_batch("a", "b", late_chunking=True)


def test_azure_has_the_model_in_the_path() -> None:
    batch = OPENAI_EMBEDDINGS.parse_request("/openai/deployments/te%203/embeddings", b'{"input":"a"}')

    assert batch.model == "te 3"


def test_a_request_is_reduced_to_some_inputs_and_keeps_all_else() -> None:
    body = json.dumps({"model": "m", "input": ["a", "b", "c"], "dimensions": 2, "user": "u"}).encode()

    reduced = json.loads(OPENAI_EMBEDDINGS.select_inputs(body, [0, 2]))

    assert reduced == {"model": "m", "input": ["a", "c"], "dimensions": 2, "user": "u"}


def test_vectors_keep_every_digit() -> None:
    batch = parse_batch("a", "b")

    pieces = OPENAI_EMBEDDINGS.parse_response(openai("[1.50, -0.0, 1e-05]", '"AACAPw=="'), batch, [0, 1])
    joined = OPENAI_EMBEDDINGS.render_response([unpack(pack(piece)) for piece in pieces])

    assert b"[1.50, -0.0, 1e-05]" in joined
    assert b'"AACAPw=="' in joined


def test_a_response_put_together_says_what_it_said() -> None:
    body = openai("[1.5]", "[2.5]", "[3.5]", tokens=11, id="x")

    pieces = OPENAI_EMBEDDINGS.parse_response(body, parse_batch("a", "bb", "a longer text"), [0, 1, 2])

    assert json.loads(OPENAI_EMBEDDINGS.render_response(pieces)) == json.loads(body)


def test_items_are_placed_by_their_index() -> None:
    body = json.dumps({"data": [{"index": 1, "embedding": [2]}, {"index": 0, "embedding": [1]}], "model": "m"}).encode()

    pieces = OPENAI_EMBEDDINGS.parse_response(body, parse_batch("a", "b"), [0, 1])

    assert [json.loads(bytes(piece.item))["embedding"] for piece in pieces] == [[1], [2]]


def test_pieces_of_two_responses_make_one_and_count_its_tokens() -> None:
    batch = parse_batch("a", "b", "c")
    first, third = OPENAI_EMBEDDINGS.parse_response(openai("[1]", "[3]", tokens=5), batch, [0, 2])
    (second,) = OPENAI_EMBEDDINGS.parse_response(openai("[2]", tokens=2), batch, [1])

    joined = json.loads(OPENAI_EMBEDDINGS.render_response([first, second, third]))

    assert [(item["index"], item["embedding"]) for item in joined["data"]] == [(0, [1]), (1, [2]), (2, [3])]
    assert joined["usage"] == {"prompt_tokens": 7, "total_tokens": 7}


def test_ollama_s_responses_are_put_together_too() -> None:
    batch = parse_batch("a", "b", format=OLLAMA_EMBED)
    body = ollama("[1.0, 2]", "[3]", tokens=4)

    pieces = [unpack(pack(piece)) for piece in OLLAMA_EMBED.parse_response(body, batch, [0, 1])]

    assert json.loads(OLLAMA_EMBED.render_response(pieces)) == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"error": {"message": "no"}}',
        openai("[1]"),
        openai("[1]", "[]"),
        openai("[1]", "null"),
        openai("[1]", "[1, null]"),
        openai("[1]", '""'),
        openai("[1]", '["a"]'),
        openai("[1]", "[1, true]"),
        openai("[1]", "[1, {}]"),
        openai("[1]", "true"),
        openai("[1]", '"%%%"'),
        openai("[1]", '"AAA"'),
        openai("[1]", '{"float": ["a"]}'),
        b'{"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [2]}]}',
        b'{"data": [{"index": 0, "embedding": [1]}, {"index": 2, "embedding": [2]}]}',
        b'{"data": [{"index": "0", "embedding": [1]}, {"index": 1, "embedding": [2]}]}',
        b'{"data": 7}',
    ],
)
def test_a_response_that_is_not_what_was_asked_for_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        OPENAI_EMBEDDINGS.parse_response(body, parse_batch("a", "b"), [0, 1])


FLOATS = base64.b64encode(array("f", [0.1, -0.2])).decode()
BROKEN = base64.b64encode(array("f", [0.1, float("nan")])).decode()


@pytest.mark.parametrize(
    ("vector", "params", "kept"),
    [
        (f'"{FLOATS}"', {"encoding_format": "base64"}, True),
        (f'"{FLOATS}"', {"encoding_format": "base64", "dimensions": 2}, True),
        (f'"{FLOATS}"', {"encoding_format": "base64", "dimensions": 3}, False),
        (f'"{BROKEN}"', {"encoding_format": "base64"}, False),
        ('"AAAAAAA="', {"encoding_format": "base64"}, False),  # five bytes
        ('"AAAAAAA="', {"encoding_format": "base64", "output_dtype": "int8"}, True),
        ('"AAAAAAA="', {"encoding_format": "base64_int8", "dimensions": 40}, True),
        ('"AAAAAAA="', {}, True),  # of a vendor whose default is another
        ("[0.1, -2e-5, 3]", {"dimensions": 3}, True),
        ("[0.1, -2e-5, 3]", {"dimensions": 2}, True),  # some upstreams do not listen, and say more
        ("[0.1, -2e-5]", {"dimensions": 3}, False),
        ("[1, 2]", {"dimensions": 16, "output_dtype": "ubinary"}, True),
        ("[[0.1, 0.2], [0.3, 0.4]]", {}, True),
        ('{"float": [0.1], "int8": [1]}', {"dimensions": 4}, True),
    ],
)
def test_a_vector_is_of_as_many_numbers_as_were_asked_for(vector: str, params: dict[str, Any], kept: bool) -> None:
    if kept:
        OPENAI_EMBEDDINGS.parse_response(openai(vector), parse_batch("a", **params), [0])
    else:
        with pytest.raises(ValueError):
            OPENAI_EMBEDDINGS.parse_response(openai(vector), parse_batch("a", **params), [0])


def test_a_vector_in_base64_may_spell_any_word() -> None:
    """One of two thousand of 1,536 dimensions has these four letters somewhere."""
    body = openai('"AAnullAA"', "[1]")

    pieces = OPENAI_EMBEDDINGS.parse_response(body, parse_batch("a", "b"), [0, 1])

    assert json.loads(OPENAI_EMBEDDINGS.render_response(pieces))["data"][0]["embedding"] == "AAnullAA"


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=9
    ),
    st.integers(0, 10_000),
)
def test_shares_add_up_to_what_was_counted(texts: list[str], tokens: int) -> None:
    vectors = [f"[{i}]" for i, _ in enumerate(texts)]
    body = openai(*vectors, tokens=tokens)

    pieces = OPENAI_EMBEDDINGS.parse_response(body, parse_batch(*texts), range(len(texts)))

    assert sum(piece.tokens for piece in pieces) == tokens


@given(st.dictionaries(st.sampled_from(["data", "usage", "model", "error", "embeddings", "prompt_eval_count"]), JSON))
def test_no_response_raises_anything_but_value_error(document: dict[str, Any]) -> None:
    for format in (OPENAI_EMBEDDINGS, OLLAMA_EMBED):
        with contextlib.suppress(ValueError):
            format.render_response(format.parse_response(json.dumps(document).encode(), parse_batch("a"), [0]))


@given(st.dictionaries(st.sampled_from(["input", "model", "dimensions", "options", "user", "truncate"]), JSON))
def test_no_request_raises_anything_but_value_error(document: dict[str, Any]) -> None:
    for format in (OPENAI_EMBEDDINGS, OLLAMA_EMBED):
        with contextlib.suppress(ValueError):
            format.parse_request(PATH, json.dumps(document).encode())


def test_every_recorded_response_says_the_same_again(recorded: list[Any]) -> None:
    seen = 0
    for x in recorded:
        if x.family == "embeddings" and x.verdict() == "hit":
            batch = OPENAI_EMBEDDINGS.parse_request(x.target.partition("?")[0], x.request)
            pieces = OPENAI_EMBEDDINGS.parse_response(x.response, batch, range(len(batch.inputs)))

            again = OPENAI_EMBEDDINGS.render_response([unpack(pack(piece)) for piece in pieces])

            assert json.loads(again) == json.loads(x.response), x.where
            assert json.dumps(json.loads(again)["data"]) == json.dumps(json.loads(x.response)["data"]), x.where
            seen += 1
    assert seen > 10


# usage


def counted(format: Embeddings, batch: Batch, *responses: tuple[bytes, list[int]]) -> Any:
    """The response that the pieces of these make, each for some of the inputs."""
    pieces = {}
    for body, positions in responses:
        split = [unpack(pack(piece)) for piece in format.parse_response(body, batch, positions)]
        pieces |= dict(zip(positions, split, strict=True))
    return json.loads(format.render_response([piece for _, piece in sorted(pieces.items())]))


@pytest.mark.parametrize(
    "usage",
    [
        {"total_tokens": 10},  # Voyage
        {"prompt_tokens": 7, "total_tokens": 7},
        {"prompt_tokens": 7, "total_tokens": 9, "completion_tokens": 0},
        {"total_tokens": 11, "prompt_tokens_details": {"text_tokens": 6, "image_tokens": 5}, "unit": "tokens"},
        {"prompt_tokens": 7, "total_tokens": 7, "cost": 1.4e-07},
        {"prompt_tokens": 0, "total_tokens": 0, "prompt_audio_seconds": None},
        {},
    ],
)
@pytest.mark.parametrize("inputs", [("a",), ("a", "a longer one", "b")])
def test_whatever_a_provider_counts_is_told_again(usage: dict[str, Any], inputs: tuple[str, ...]) -> None:
    batch = parse_batch(*inputs)
    body = openai(*("[1]" for _ in inputs), usage=usage)

    assert counted(OPENAI_EMBEDDINGS, batch, (body, list(range(len(inputs)))))["usage"] == usage


def test_each_counter_of_a_batch_in_parts_is_its_own_sum() -> None:
    def body(*vectors: str, total: int, image: int, cost: float) -> bytes:
        return openai(*vectors, usage={"total_tokens": total, "details": {"image": image}, "cost": cost, "unit": "t"})

    joined = counted(
        OPENAI_EMBEDDINGS,
        parse_batch("a", "b", "c", "d"),
        (body("[1]", "[3]", total=10, image=3, cost=0.1), [0, 2]),
        (body("[2]", total=5, image=0, cost=0.2), [1]),
        (body("[4]", total=7, image=4, cost=0.3), [3]),
    )

    assert joined["usage"] == {"total_tokens": 22, "details": {"image": 7}, "cost": 0.6, "unit": "t"}


def test_a_part_of_what_was_known_has_its_share() -> None:
    batch = parse_batch("a", "b")
    pieces = OPENAI_EMBEDDINGS.parse_response(openai("[1]", "[2]", usage={"total_tokens": 10}), batch, [0, 1])

    usages = [json.loads(OPENAI_EMBEDDINGS.render_response([piece]))["usage"]["total_tokens"] for piece in pieces]

    assert usages == [5, 5]
    assert [piece.tokens for piece in pieces] == [5, 5]


def test_what_ollama_did_not_count_is_not_told_as_nothing() -> None:
    batch = parse_batch("a", "b", format=OLLAMA_EMBED)
    uncounted = b'{"model": "m-1", "embeddings": [[1], [2]]}'

    assert "prompt_eval_count" not in counted(OLLAMA_EMBED, batch, (uncounted, [0, 1]))
    assert (
        counted(OLLAMA_EMBED, batch, (ollama("[1]", tokens=3), [0]), (ollama("[2]", tokens=4), [1]))[
            "prompt_eval_count"
        ]
        == 7
    )


def is_json(value: Any) -> bool:
    return "Infinity" not in json.dumps(value)


def has_no_mark_of_failure(usage: dict[str, Any]) -> bool:
    """A response with one is refused, wherever it is."""
    try:
        failure_marks.reject_failed({"usage": usage})
    except ValueError:
        return False
    return True


USAGES = (
    st.dictionaries(st.sampled_from(["prompt_tokens", "total_tokens", "other", "details"]), JSON, max_size=3)
    .filter(is_json)
    .filter(has_no_mark_of_failure)
)


@given(USAGES, st.lists(st.sampled_from(["a", "bb", "a longer text"]), min_size=1, max_size=4))
def test_no_usage_raises_anything_and_counts_add_up(usage: dict[str, Any], inputs: list[str]) -> None:
    body = openai(*("[1]" for _ in inputs), usage=usage)

    told = counted(OPENAI_EMBEDDINGS, parse_batch(*inputs), (body, list(range(len(inputs)))))["usage"]

    for name, value in usage.items():
        if type(value) is int:
            assert told[name] == value
