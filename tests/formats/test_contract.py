"""What every API format must do, whatever its API. `contracts` has a sample of each."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import samples
from aicache.domain.model import Mode
from aicache.formats import FORMATS
from aicache.formats.errors import ReplayOnly
from aicache.formats.format import RequestContext
from aicache.formats.hit_edits import HitEdit, HitEdits, HitUsage, edit_body
from formats.anything import JSON, replaced
from formats.contracts import CONTRACTS, Contract
from formats.rich_bodies import ANSWERS, REQUESTS

UNICODE_LINE_ENDS = "a\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\r\n"
of_every_api = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.format.api)
some_are_rejected = settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


def test_every_format_has_a_contract() -> None:
    assert [contract.format for contract in CONTRACTS] == list(FORMATS)


@of_every_api
@some_are_rejected
@given(data=st.data(), rng=st.randoms(use_true_random=False))
def test_a_document_survives_every_rendering(contract: Contract, data: st.DataObject, rng: random.Random) -> None:
    """One document is drawn for all checks: to draw it takes longer than they do."""
    document = data.draw(contract.documents)
    variant, include_usage = data.draw(st.sampled_from(contract.variants)), data.draw(st.booleans())

    what_was_rendered_is_the_same_document(contract, document)
    taking_the_usage_out_is_as_not_having_requested_it(contract, document)
    however_finely_its_text_trickles_it_is_the_same_document(contract, document, rng)
    a_stream_cut_short_is_no_answer(contract, document, variant, include_usage, data)


def what_was_rendered_is_the_same_document(contract: Contract, document: Any) -> None:
    """In every mode and variant, however it is read, from a whole answer to a stream and back."""
    format, n = contract.format, contract.choices(document)
    whole = format.render(document, Mode.WHOLE)
    assert_same(format.parse_answer(whole, n=n), Mode.WHOLE, document)
    for variant in contract.variants:
        stream = format.render(format.parse_answer(whole)[1], Mode.STREAM, variant=variant)
        for read in contract.variants:
            assert_same(format.parse_answer(stream, n=n, variant=read), Mode.STREAM, document)
        again = format.render(format.parse_answer(stream)[1], Mode.WHOLE)
        assert faithful(json.loads(again)) == faithful(json.loads(whole))


def taking_the_usage_out_is_as_not_having_requested_it(contract: Contract, document: Any) -> None:
    format = contract.format
    without_usage = format.render(document, Mode.STREAM, include_usage=False)
    assert format.without_usage(format.render(document, Mode.STREAM)) == without_usage
    assert format.without_usage(without_usage) == without_usage


def however_finely_its_text_trickles_it_is_the_same_document(
    contract: Contract, document: Any, rng: random.Random
) -> None:
    if contract.trickle is not None:
        variant = contract.trickled_variant
        trickled = contract.trickle(contract.format.render(document, Mode.STREAM, variant=variant), rng)
        assert contract.format.parse_answer(trickled, variant=variant) == (Mode.STREAM, document)


def a_stream_cut_short_is_no_answer(
    contract: Contract, document: Any, variant: str, include_usage: bool, data: st.DataObject
) -> None:
    """Unless only line ends are missing, or what follows the usage."""
    format = contract.format
    stream = format.render(document, Mode.STREAM, variant=variant, include_usage=include_usage)
    expected = document if include_usage else contract.without_usage(document)
    complete_from = len(stream.removesuffix(contract.ending(document, variant, include_usage)))
    cut = data.draw(st.integers(0, complete_from - 1) | st.integers(complete_from - 30, complete_from - 1))
    with pytest.raises(ValueError):
        format.parse_answer(stream[:cut], variant=variant)
    for end in {complete_from, max(complete_from, len(stream) - 2), len(stream)}:
        assert format.parse_answer(stream[:end], variant=variant) == (Mode.STREAM, expected)


@of_every_api
def test_the_bodies_to_put_odd_values_in_are_good_without_them(contract: Contract) -> None:
    api, format = contract.format.api, contract.format

    assert format.parse_request(samples.PATHS[api], json.dumps(REQUESTS[api][0]).encode())
    assert format.parse_answer(json.dumps(ANSWERS[api][0]).encode())


@of_every_api
@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_request_raises_anything_but_value_error(contract: Contract, body: bytes) -> None:
    parses_request_or_raises_value_error(contract, body)


@of_every_api
@settings(max_examples=150)
@given(st.data(), st.lists(st.integers(0, 11), max_size=7), JSON)
def test_no_request_with_an_odd_value_raises_anything_but_value_error(
    contract: Contract, data: st.DataObject, path: list[int], value: Any
) -> None:
    request = data.draw(st.sampled_from(REQUESTS[contract.format.api]))

    parses_request_or_raises_value_error(contract, json.dumps(replaced(request, path, value)).encode())


def parses_request_or_raises_value_error(contract: Contract, body: bytes) -> None:
    path, context = samples.PATHS[contract.format.api], RequestContext(headers=contract.request_headers)
    try:
        call = contract.format.parse_request(path, body, context)
    except ValueError as exc:
        assert not isinstance(exc, UnicodeError)
        assert "Be brief" not in str(exc)
        return
    assert call.turns
    assert call.n > 0


@of_every_api
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b'"secret"', b'{"secret": 1, "secret": 2}', b'{"model": "secret'),
        *(b'{"model": "\xff secret"}', b'{"model": "\\ud800 secret"}', b'{"model": 1e999}', b"\xef\xbb\xbf{}"),
        '{"model": "secret", "messages": []}'.encode("utf-16"),
        b'{"messages":' + b"[" * 100_000,
        b'{"messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_request_that_is_no_json_object_is_rejected_and_not_quoted(contract: Contract, body: bytes) -> None:
    with pytest.raises(ValueError) as caught:
        contract.format.parse_request(samples.PATHS[contract.format.api], body)

    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@of_every_api
@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_answer_raises_anything_but_value_error(contract: Contract, body: bytes) -> None:
    for wrapper in contract.wrappers:
        replays_answer_or_raises_value_error(contract, wrapper % body)


@of_every_api
@settings(max_examples=150)
@given(st.data(), st.lists(st.integers(0, 9), max_size=7), JSON)
def test_no_answer_with_an_odd_value_raises_anything_but_value_error(
    contract: Contract, data: st.DataObject, path: list[int], value: Any
) -> None:
    """As a whole answer, as a stream of one chunk, and before and after a good chunk."""
    one, other = (data.draw(st.sampled_from(ANSWERS[contract.format.api])) for _ in range(2))
    variant = data.draw(st.sampled_from(contract.variants))
    odd, good = json.dumps(replaced(one, path, value)).encode(), json.dumps(other).encode()

    for wrapper in contract.wrappers:
        replays_answer_or_raises_value_error(contract, wrapper % odd, variant)
    for two in contract.two_chunks:
        replays_answer_or_raises_value_error(contract, two % (odd, good), variant)
        replays_answer_or_raises_value_error(contract, two % (good, odd), variant)


def replays_answer_or_raises_value_error(contract: Contract, body: bytes, variant: str = "") -> None:
    format = contract.format
    try:
        _, document = format.parse_answer(body, variant=variant)
    except ValueError:
        return
    with suppress(ValueError):
        format.summarize(document)
    with suppress(ValueError):
        format.to_answer(document)
    edit = HitEdit(HitEdits(HitUsage.CACHED, fresh_ids=True), 1.5)
    assert edit_body(body, partial(format.edit_hit, edit=edit))
    with suppress(ReplayOnly):
        for mode in Mode:
            for rendered in contract.variants:
                assert format.parse_answer(format.render(document, mode, variant=rendered)) == (mode, document)


@of_every_api
@pytest.mark.parametrize("depth", [100, 950, 100_000])
def test_no_depth_of_nesting_raises_anything_but_value_error(contract: Contract, depth: int) -> None:
    api, deep = contract.format.api, b'{"a":' * depth + b"1" + b"}" * depth
    request, answer = (json.dumps(each[api][0])[:-1].encode() for each in (REQUESTS, ANSWERS))

    parses_request_or_raises_value_error(contract, request + b', "vendor": ' + deep + b"}")
    with pytest.raises(ValueError, match=r"deep|more than"):
        contract.format.parse_answer(answer + b', "vendor": ' + deep + b"}")
    for wrapper in contract.wrappers:
        replays_answer_or_raises_value_error(contract, wrapper % (answer + b', "vendor": ' + deep + b"}"))


@of_every_api
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"  ", b" \n", b"[]", b"[]\n", b"<html>", b"Internal Server Error", b"404 page not found"),
        b'{"content":"x","stop":true}',
    ],
)
def test_what_is_neither_document_nor_stream_is_rejected(contract: Contract, body: bytes) -> None:
    with pytest.raises(ValueError):
        contract.format.parse_answer(body)


@of_every_api
def test_white_space_around_a_whole_answer_does_not_matter(contract: Contract) -> None:
    """OpenRouter keeps connections alive with it."""
    whole = samples.answer(contract.format, "Hello!", Mode.WHOLE)
    _, document = contract.format.parse_answer(b"\n         \n\n" * 500 + whole + b"\n")

    assert document == contract.format.parse_answer(whole)[1]


@of_every_api
def test_numbers_keep_their_type(contract: Contract) -> None:
    format, odd = contract.format, {"one": 1.0, "big": 1 << 64, "true": True, "tiny": 5e-324, "p": -0.1234567890123456}
    answered = json.loads(samples.answer(format, "Hello!", Mode.WHOLE))
    _, document = format.parse_answer(json.dumps(answered | {"vendor": odd}).encode())

    rendered = format.render(document, Mode.WHOLE)

    assert faithful(json.loads(rendered)["vendor"]) == faithful(odd)


@pytest.mark.parametrize(
    "contract",
    [contract for contract in CONTRACTS if not contract.has_choices],
    ids=lambda contract: contract.format.api,
)
def test_an_api_with_one_choice_has_no_answer_for_a_call_of_several(contract: Contract) -> None:
    with pytest.raises(ValueError, match="more choices"):
        contract.format.parse_answer(samples.answer(contract.format, "Hello!", Mode.WHOLE), n=2)


@of_every_api
def test_a_whole_answer_cut_short_or_with_another_behind_it_is_rejected(contract: Contract) -> None:
    whole = samples.answer(contract.format, "Hello!", Mode.WHOLE)

    assert contract.format.parse_answer(whole)
    for body in (whole[:-1], whole + b"{}"):
        with pytest.raises(ValueError):
            contract.format.parse_answer(body)


@of_every_api
def test_clients_that_split_at_every_line_end_of_unicode_can_read_a_stream(contract: Contract) -> None:
    """Ollama's Python client does, and users of ``httpx.Response.iter_lines``."""
    format = contract.format
    stream = samples.answer(format, UNICODE_LINE_ENDS, Mode.STREAM)

    for body in (stream.decode(), format.without_usage(stream).decode()):
        assert [line for line in body.splitlines() if line] == [
            line.removesuffix("\r") for line in body.split("\n") if line.strip("\r")
        ]


def assert_same(parsed: tuple[Mode, Any], mode: Mode, document: Any) -> None:
    got, again = parsed
    assert got is mode
    assert again == document
    assert faithful(again) == faithful(document)


def faithful(document: Any) -> bytes:
    """Tells 1, 1.0 and true apart, which ``==`` does not."""
    return msgspec.json.encode(document, order="deterministic")
