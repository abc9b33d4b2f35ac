"""JSON bodies: what is read, what is not, and what readers of JSON would take for different things."""

from __future__ import annotations

import contextlib
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.formats.json_body import object_list, parse_object, parse_request_object, render_json, token_count

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12) | st.sampled_from(
    ['"', "\\", '\\"', '":', '\\":', ":", ' "a": 1', '{"a": 1}', "[]{},", "\\u0000", "\\\\u0000", "/", "\u2028", "語"]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=4)
SPACE = st.sampled_from(["", " ", "\n\t", "\r\n  "])


def written(value: Any, separators: tuple[str, str], *, ascii_only: bool, twice: int | None = None) -> bytes:
    """Write JSON. The name number *twice*, in the order of writing, is written once more, with another value."""
    comma, colon = separators
    names = iter(range(1 << 30))

    def text(value: Any) -> str:
        if isinstance(value, list):
            return f"[{comma.join(map(text, value))}]"
        if isinstance(value, dict):
            return "{" + comma.join(map(member, value.items())) + "}"
        return json.dumps(value, ensure_ascii=ascii_only)

    def member(pair: tuple[str, Any]) -> str:
        name = json.dumps(pair[0], ensure_ascii=ascii_only)
        again = f"{comma}{name}{colon}0" if next(names) == twice else ""
        return f"{name}{colon}{text(pair[1])}{again}"

    return text(value).encode()


def names_in(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(names_in, value.values()))
    return sum(map(names_in, value)) if isinstance(value, list) else 0


# what is read


@given(OBJECTS, SPACE, SPACE, SPACE, st.booleans())
def test_a_request_is_read_however_it_is_written(
    value: dict[str, Any], before: str, between: str, after: str, ascii_only: bool
) -> None:
    body = written(value, (f"{before},{after}", f"{between}:{after}"), ascii_only=ascii_only)

    assert parse_request_object(body) == value


@given(OBJECTS.filter(names_in), SPACE, SPACE, st.booleans(), st.randoms(use_true_random=False))
def test_a_name_that_stands_twice_is_refused_wherever_it_is(
    value: dict[str, Any], before: str, after: str, ascii_only: bool, rng: random.Random
) -> None:
    twice = rng.randrange(names_in(value))

    body = written(value, (f"{before},{after}", f"{before}:{after}"), ascii_only=ascii_only, twice=twice)

    with pytest.raises(ValueError, match="a duplicate name"):
        parse_request_object(body)


@pytest.mark.parametrize(
    "body",
    [
        rb'{"a":1,"a":1}',
        rb'{"a":1,"a":2}',
        rb'{"a":1,"\u0061":2}',
        rb'{"a":{"b":1,"c":[{"d":1,"d":2}]}}',
        rb'{"m":[{"role":"user","role":"system"}]}',
        rb'{"a" : 1 , "a" : 2}',
        b'{"a"\n\t:1,"a"\r\n:2}',
        rb'{"":1,"":2}',
        rb'{"a\"":1,"a\"":2}',
        rb'{"a\\":1,"a\\":2}',
        rb'{"a":"x\\","a":"y"}',
        rb'{"a":"\":","a":2}',
        rb'{"a":":","a":2}',
        rb'{"a":"{\"b\":1}","a":[":"]}',
        rb'{"[":1,"[":2}',
        rb'{":":1,":":2}',
        rb'{"a":{"b":1},"a":{"b":1,"c":2}}',
    ],
)
def test_names_that_stand_twice_are_found_beside_strings_that_look_like_json(body: bytes) -> None:
    with pytest.raises(ValueError, match="a duplicate name"):
        parse_request_object(body)

    assert parse_object(body)


@pytest.mark.parametrize(
    "body",
    [
        rb'{"a":"a","b":"b"}',
        rb'{"a":{"a":{"a":"a"}},"b":[{"a":1},{"a":1}]}',
        rb'{"a":"\"a\":","b":"\\\":"}',
        rb'{"a":":","b":": :","c":"\":\""}',
        rb'{"a\\":"\\","a\"":"\"","a":1}',
        rb'{"a":"{\"a\":1,\"a\":2}"}',
        rb'{"a":["a",":","a",":"]}',
        rb'{"a":"x \" : y","b" : 1}',
    ],
)
def test_strings_that_look_like_names_are_none(body: bytes) -> None:
    assert parse_request_object(body) == json.loads(body)


@pytest.mark.parametrize("text", [r"\u0000", r"a\\\u0000", r"\\\\\u0000b"])
def test_nul_is_refused_in_names_and_values(text: str) -> None:
    for body in (f'{{"a":"{text}"}}', f'{{"{text}":1}}', f'{{"a":[{{"b":"x{text}"}}]}}'):
        with pytest.raises(ValueError, match="NUL"):
            parse_request_object(body.encode())


def test_a_text_that_speaks_of_nul_is_not_one() -> None:
    for text in (r"\u0000 ends a string in C", r"\\u0000", "\\\\\\u0000", "u0000"):
        assert parse_request_object(json.dumps({text: text}).encode()) == {text: text}


@pytest.mark.parametrize("number", [2**64 - 1, -(2**63), 0, -1, 1.5, 1e300, 5e-324])
def test_numbers_that_all_readers_hold_are_read(number: float) -> None:
    got = parse_request_object(json.dumps({"a": [number]}).encode())["a"][0]

    assert (type(got), got) == (type(number), number)


@pytest.mark.parametrize("number", ["18446744073709551616", "-9223372036854775809", "1" * 300])
def test_integers_beyond_64_bits_are_refused(number: str) -> None:
    for body in (f'{{"a":{number}}}', f'{{"a":[1,{{"b":[0,{number}]}}]}}'):
        with pytest.raises(ValueError, match="64 bits"):
            parse_request_object(body.encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b'"a"',
        b"1",
        b'{"a":1e400}',
        b'{"a":-1e400}',
        b'{"a":' + b"1" * 5000 + b"}",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":01}',
        b'{"a":1.}',
        b'{"a":.5}',
        b'{"a":1,}',
        b'{"a":1}{}',
        b'{"a":1}\x00',
        b"{'a':1}",
        b"{a:1}",
        b'{"a":1}//',
        b'{"a":\x0b1}',
        b'{"a":"\t"}',
        b'{"a":"\x00"}',
        b'{"a":"\\x41"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\ud800 and more text"}',
        b'{"a":"\\udc00\\ud800"}',
        b'{"\\udfff":1}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xc0\x80"}',
        b'{"a":"\xff"}',
        b'{"\xff":1}',
        *('{"a":"b"}'.encode(coding) for coding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")),
        *('{"a":"b"}'.encode(coding) for coding in ("utf-32", "utf-32-le", "utf-32-be")),
        b'{"a":' + b"[" * 100_000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
)
def test_what_is_no_json_object_in_utf_8_is_refused_and_nothing_else_is_raised(body: bytes) -> None:
    for load in (parse_object, parse_request_object):
        with pytest.raises(ValueError):
            load(body)


@given(st.binary(max_size=40))
def test_no_body_raises_anything_but_value_error(body: bytes) -> None:
    for junk in (body, b'{"a":' + body + b"}", b'{"' + body + b'":1}'):
        with contextlib.suppress(ValueError):
            parse_request_object(junk)


@pytest.mark.parametrize("body", [b'{"a":"secret', b'{"secret":1,"secret":2}', b'{"a":"secret\\ud800"}', b'"secret"'])
def test_no_complaint_quotes_the_body(body: bytes) -> None:
    with pytest.raises(ValueError) as caught:
        parse_request_object(body)

    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


# what is written


@given(JSON)
def test_what_is_written_is_one_line_and_reads_the_same(value: Any) -> None:
    line = render_json({"": value})

    assert b"\n" not in line
    assert b"\r" not in line
    assert parse_object(line) == {"": value}
    assert json.loads(line) == {"": value}


def test_what_is_nested_too_deeply_is_not_written() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(ValueError, match="deeply"):
        render_json(deep)


# pieces of documents


def test_a_list_of_objects_is_one_and_an_absent_one_is_empty() -> None:
    assert object_list(None, "x") == []
    assert object_list([{"a": 1}], "x") == [{"a": 1}]
    for odd in ({}, "a", 1, True, [1], [{}, None], ""):
        with pytest.raises(ValueError, match="x: not a list of objects"):
            object_list(odd, "x")


@pytest.mark.parametrize(
    ("value", "tokens"),
    [(7, 7), (0, 0), (-1, 0), (True, 0), (1.0, 0), ("7", 0), (None, 0), ([], 0), (1 << 53, 0), ((1 << 53) - 1, None)],
)
def test_what_is_no_count_of_tokens_counts_nothing(value: Any, tokens: int | None) -> None:
    assert token_count(value) == (value if tokens is None else tokens)
