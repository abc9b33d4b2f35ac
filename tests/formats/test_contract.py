"""What every API format must do, whatever its API. `contracts` has a sample of each."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import samples
from aicache.domain.model import Mode
from aicache.formats import FORMATS
from aicache.formats.errors import ReplayOnly
from formats.anything import JSON
from formats.contracts import CONTRACTS, Contract

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
@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_request_raises_anything_but_value_error(contract: Contract, body: bytes) -> None:
    try:
        call = contract.format.parse_request(samples.PATHS[contract.format.api], body)
    except ValueError as exc:
        assert not isinstance(exc, UnicodeError)
        return
    assert call.turns
    assert call.n > 0


@of_every_api
@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_answer_raises_anything_but_value_error(contract: Contract, body: bytes) -> None:
    format = contract.format
    for wrapper in contract.wrappers:
        try:
            _, document = format.parse_answer(wrapper % body)
        except ValueError:
            continue
        format.summarize(document)
        with suppress(ValueError):
            format.to_answer(document)
        with suppress(ReplayOnly):
            for mode in Mode:
                assert format.parse_answer(format.render(document, mode)) == (mode, document)


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
