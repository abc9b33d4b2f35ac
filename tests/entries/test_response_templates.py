"""Templates: a text fills its place as JSON has it, whatever it is; a template that cannot work is known beforehand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.entries.response_templates import parse_stream, parse_whole, spoken
from aicache.formats import sse
from aicache.formats.openai.chat_completion import Choice, Completion

WHOLE = '{"choices":[{"message":{"content":"%s"}}]}'
STREAM = 'data:{"choices":[{"delta":{"content":"%s"}}]}\n\ndata:[DONE]\n\n'
TEXTS = ["", "plain", 'ends in "', '"', "\\", "a\\", "\n\r\t\0\x1b", "100%", "%s %d %%", "\x85\u2028\u2029", "你好 😀"]


def an_answer(message: dict[str, Any], count: int = 1, **extra: Any) -> Completion:
    choices = tuple(Choice(i, {"role": "assistant", **message}, "stop", extra) for i in range(count))
    return Completion("1", "m", 1, choices, None, {})


# filling


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(TEXTS))
def test_any_text_comes_out_of_the_document_as_it_went_in(text: str) -> None:
    """Fault 5."""
    document = json.loads(parse_whole(WHOLE).fill(text))

    assert document["choices"][0]["message"]["content"] == text


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(TEXTS))
def test_any_text_comes_out_of_the_stream_as_it_went_in(text: str) -> None:
    body = parse_stream(STREAM).fill(text)

    event, end = sse.decode(body)

    assert json.loads(event.data)["choices"][0]["delta"]["content"] == text
    assert end.data == "[DONE]"
    assert body.decode().splitlines() == body.decode().split("\n")[:-1], "readers of lines that know Unicode's, too"


@pytest.mark.parametrize(
    ("template", "document"),
    [
        ('{"a":"100%","b":"%s"}', {"a": "100%", "b": "hi"}),
        ('{"a":"%d %v %","b":"%s"}', {"a": "%d %v %", "b": "hi"}),
        ('{"a":"%%","b":"%s","c":"%%"}', {"a": "%", "b": "hi", "c": "%"}),
        ('{"a":"%%s","b":"%s"}', {"a": "%s", "b": "hi"}),
        ('{"a":"%%%s"}', {"a": "%hi"}),
        ('{"a":"%s","b":"%s"}', {"a": "hi", "b": "%s"}),
        ('{"a":"<%s>"}', {"a": "<hi>"}),
        ('"%s"', "hi"),
    ],
)
def test_every_other_percent_sign_is_harmless(template: str, document: Any) -> None:
    """Fault 6."""
    assert json.loads(parse_whole(template).fill("hi")) == document


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\r\n\r\n", "\n\n\n"])
def test_a_stream_ends_with_a_blank_line_whatever_yaml_left_of_it(end: str) -> None:
    assert parse_stream(f'data:["%s"]\n\ndata:[DONE]{end}').fill("hi") == b'data:["hi"]\n\ndata:[DONE]\n\n'


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        parse_whole(WHOLE).fill("\ud800")


# what cannot work


@pytest.mark.parametrize("parse", [parse_whole, parse_stream])
@pytest.mark.parametrize("template", ["", "{}", '{"a":"%%s"}', '{"a":"%d"}', "data:[DONE]"])
def test_a_template_without_a_place_is_refused(parse: Any, template: str) -> None:
    with pytest.raises(ValueError, match="has no %s"):
        parse(template)


@pytest.mark.parametrize(
    "template",
    [
        "%s",
        '{"a":%s}',
        '{"a":"%s"',
        '{"a":"\\%s"}',
        '{"a":"\\u00%s"}',
        '{"a":"%s"} and more',
        "[" * 100_000 + '"%s"',
        STREAM,
    ],
    ids=lambda template: template[:20],
)
def test_a_document_that_would_not_be_json_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="is not JSON once a text stands for %s"):
        parse_whole(template)


@pytest.mark.parametrize(
    "template",
    [
        WHOLE,
        'data:{"a":%s}\n\n',
        'data:{"a":"%s"}\n\ndata:DONE\n\n',
        'data:{"a":"%s"}\\n\\ndata:[DONE]\\n\\n',  # between single quotes in YAML
        ": %s\n\ndata:[DONE]\n\n",
        "event: %s\ndata:{}\n\n",
        'data:{"a":\ndata:"%s"\n\n',
    ],
)
def test_a_stream_that_would_not_be_one_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="is no stream of events once a text stands for %s"):
        parse_stream(template)


def test_a_stream_may_have_more_events_and_lines_than_one() -> None:
    template = parse_stream(': hi\nevent: x\ndata: {"a":\ndata: "%s"}\n\ndata: {"b":1}\n\n')

    assert [event.data for event in sse.decode(template.fill("hi"))] == ['{"a":\n"hi"}', '{"b":1}']


# what a template can express


@pytest.mark.parametrize(
    "message",
    [{"content": "hi"}, {"content": "hi", "tool_calls": [], "refusal": None}, {"content": "hi", "reasoning": "so"}],
)
def test_a_text_is_all_that_a_template_needs(message: dict[str, Any]) -> None:
    assert spoken(an_answer(message)) == "hi"


@pytest.mark.parametrize(
    "answer",
    [
        an_answer({"content": None}),
        an_answer({"content": ""}),
        an_answer({}),
        an_answer({"content": [{"type": "text", "text": "hi"}]}),
        an_answer({"content": None, "tool_calls": [{"id": "1"}]}),
        an_answer({"content": "hi", "tool_calls": [{"id": "1"}]}),
        an_answer({"content": "hi", "images": [{"type": "image_url"}]}),
        an_answer({"content": "hi", "annotations": [{"type": "url_citation"}]}),
        an_answer({"content": None, "refusal": "no"}),
        an_answer({"content": "hi"}, count=2),
        an_answer({"content": "hi"}, logprobs={"content": []}),
    ],
)
def test_more_than_a_text_does_not_fit(answer: Completion) -> None:
    assert spoken(answer) is None
