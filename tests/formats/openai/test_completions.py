"""Legacy completions as requests and as whole answers; streams have a file of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.conversation import Context
from aicache.domain.keys import KeyRules, Origin, identify
from aicache.domain.model import Answer, Call, Choice, Finish, Mode, Reasoning, Refusal, Text, ToolCall, Turn, Usage
from aicache.formats.errors import Stateful
from aicache.formats.format import AnswerSummary, RequestContext
from aicache.formats.openai.chat import CHAT
from aicache.formats.openai.chat_answer import GOOD_FINISH_REASONS
from aicache.formats.openai.completions import COMPLETIONS

PATH = "/v1/completions"
RULES = KeyRules("", Context.FULL, frozenset({"stream", "stream_options"}), (), any_api=True)
ORIGIN = Origin("https://api.example:443", PATH, "alice")
USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}


def parse(path: str = PATH, *, tools_semantic: bool = False, **fields: Any) -> Call:
    body = {"model": "m", "prompt": "Once upon", **fields}
    return COMPLETIONS.parse_request(path, json.dumps(body).encode(), RequestContext(tools_semantic=tools_semantic))


def whole(*, choice: dict[str, Any] | None = None, **fields: Any) -> bytes:
    """A good answer in the shape of OpenAI's documentation, with changes."""
    choices = [{"text": " a time", "index": 0, "logprobs": None, "finish_reason": "stop"} | (choice or {})]
    document = {"id": "cmpl-1", "object": "text_completion", "created": 1700000000, "model": "m-1"}
    return json.dumps(document | {"choices": choices, "usage": USAGE, "system_fingerprint": "fp"} | fields).encode()


def read(body: bytes, n: int = 1) -> dict[str, Any]:
    return COMPLETIONS.parse_answer(body, n=n)[1]


# requests


@pytest.mark.parametrize(
    ("method", "path", "ours"),
    [
        ("POST", "/v1/completions", True),
        ("post", "/v1/completions", False),
        ("POST", "/v1/completions/", True),
        ("POST", "/completions", True),
        ("POST", "/beta/completions", True),
        ("POST", "/api/v1/completions", True),
        ("POST", "/v1/engines/davinci/completions", True),
        ("POST", "/openai/deployments/gpt-35-turbo-instruct/completions", True),
        ("POST", "/v1/chat/completions", False),
        ("POST", "/v1/chat/completions/", False),
        ("POST", "/v1/fim/completions", False),
        ("POST", "/v1/agents/completions", False),
        ("POST", "/v1/xcompletions", False),
        ("POST", "/v1/completions//", False),
        ("POST", "/v1/completions/cmpl-1", False),
        ("GET", "/v1/completions", False),
        ("POST", "/", False),
    ],
)
def test_the_path_tells_the_api(method: str, path: str, ours: bool) -> None:
    assert COMPLETIONS.matches(method, path) is ours


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/chat/completions/", "/v1/completions", "/completions/"])
def test_no_path_is_of_both_kinds_of_completions(path: str) -> None:
    assert CHAT.matches("POST", path) is not COMPLETIONS.matches("POST", path)


def test_a_request_is_taken_apart_and_nothing_of_it_is_lost() -> None:
    fields = {"suffix": " end", "n": 2, "temperature": 0, "stream": True, "logit_bias": {"5": -100}, "vendor": [1]}

    call = parse(**fields)

    assert call == Call(
        api="completions",
        model="m",
        mode=Mode.STREAM,
        wants_usage=False,
        params=fields,
        turns=(Turn("user", "Once upon", {}),),
        question=None,
        n=2,
        temperature=0,
        counted=False,
    )


@pytest.mark.parametrize(
    ("path", "model", "expected"),
    [
        (PATH, "m", "m"),
        ("/openai/deployments/my%20gpt/completions", None, "my gpt"),
        ("/v1/engines/davinci/completions/", "", "davinci"),
        ("/v1/engines/davinci/completions", "m", "m"),
    ],
)
def test_the_model_is_the_bodys_or_else_the_paths(path: str, model: str | None, expected: str) -> None:
    assert parse(path, model=model).model == expected


@pytest.mark.parametrize(
    ("prompt", "content", "choices"),
    [
        ("Hi", "Hi", 3),
        ("", "", 3),
        (["Hi"], "Hi", 3),
        (["a", "b"], ["a", "b"], 6),
        ([1, 2], [1, 2], 3),
        ([[1, 2]], [1, 2], 3),
        ([[1], [2, 3]], [[1], [2, 3]], 6),
    ],
)
def test_every_prompt_gets_choices_of_its_own(prompt: Any, content: Any, choices: int) -> None:
    call = parse(prompt=prompt, n=3)

    assert (call.turns[0].content, call.n) == (content, choices)


@pytest.mark.parametrize(
    "prompt",
    [None, [], [[]], [["a"]], ["a", 1], ["a", [1]], [[1], []], [True], [1.0], [-1], [None], {}, 7, True, [[[1]]]],
)
def test_what_is_no_prompt_is_refused(prompt: Any) -> None:
    with pytest.raises(ValueError, match="prompt"):
        parse(prompt=prompt)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"model": None}, "model: missing"),
        ({"model": ""}, "model: missing"),
        ({"model": 4}, "model: not of type str"),
        ({"stream": 1}, "stream: not of type bool"),
        ({"stream_options": True}, "stream_options: not of type dict"),
        ({"n": 0}, "n: not a positive integer"),
        ({"n": True}, "n: not of type int"),
        ({"n": 2.0}, "n: not of type int"),
        ({"temperature": "0"}, "temperature: not of type int or float"),
        ({"temperature": True}, "temperature: not of type int or float"),
        ({"max_tokens": "16"}, "max_tokens: not of type int"),
        ({"echo": "yes"}, "echo: not of type bool"),
        ({"best_of": 1.5}, "best_of: not of type int"),
        ({"logit_bias": []}, "logit_bias: not of type dict"),
        ({"suffix": ["x"]}, "suffix: not of type str"),
        ({"stop": 1}, "stop: not of type str or list"),
        ({"stop": ["a", 1]}, "stop: not a list of strings"),
    ],
)
def test_a_malformed_request_is_refused_by_field(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(**fields)


@pytest.mark.parametrize("field", [{"previous_response_id": "r1"}, {"conversation": {"id": "c"}}, {"background": True}])
def test_a_request_that_leans_on_state_is_told_apart(field: dict[str, Any]) -> None:
    with pytest.raises(Stateful):
        parse(**field)


@pytest.mark.parametrize("tools_semantic", [True, False])
def test_a_text_to_be_continued_is_no_question_and_no_other_apis(tools_semantic: bool) -> None:
    call = parse(tools_semantic=tools_semantic)

    assert call.question is None
    assert call.common is None


def test_any_difference_makes_another_call() -> None:
    variants: list[dict[str, Any]] = [
        {},
        {"prompt": "Once upon "},
        {"prompt": ["Once upon", "Once upon"]},
        {"prompt": [1, 2]},
        {"prompt": [[1], [2]]},
        {"prompt": ["1", "2"]},
        {"prompt": [12]},
        {"suffix": ""},
        {"echo": True},
        {"logprobs": 1},
        {"logprobs": True},
        {"best_of": 1},
        {"n": 2},
        {"model": "n"},
        {"vendor": 1},
        {"vendor": 1.0},
        {"max_tokens": 16},
    ]

    assert len({identify(parse(**fields), ORIGIN, RULES).key for fields in variants}) == len(variants)


def test_a_list_of_one_prompt_and_either_mode_are_the_same_call() -> None:
    same = [parse(), parse(prompt=["Once upon"]), parse(stream=True, stream_options={"include_usage": True})]

    assert len({identify(call, ORIGIN, RULES) for call in same}) == 1


# whole answers


def test_a_whole_answer_is_kept_as_it_is() -> None:
    assert COMPLETIONS.parse_answer(whole()) == (Mode.WHOLE, json.loads(whole()))
    assert json.loads(COMPLETIONS.render(read(whole()), Mode.WHOLE)) == json.loads(whole())


def test_what_vendors_add_survives() -> None:
    """vLLM's reasons and tokens, OpenRouter's reasoning, Together's seed, llama.cpp's timings."""
    choice = {"stop_reason": 2, "token_ids": [1], "reasoning": "Hm", "seed": 7, "prompt_logprobs": [None, {"5": {}}]}

    document = read(whole(choice=choice, timings={"predicted_ms": 1.5}, provider="P", prompt=[{"text": "x"}]))

    assert document["choices"][0].items() >= choice.items()
    assert (document["timings"], document["provider"], document["prompt"]) == (
        {"predicted_ms": 1.5},
        "P",
        [{"text": "x"}],
    )


@pytest.mark.parametrize("reason", sorted(GOOD_FINISH_REASONS))
def test_good_ends_are_kept(reason: str) -> None:
    assert read(whole(choice={"finish_reason": reason}))["choices"][0]["finish_reason"] == reason


@pytest.mark.parametrize(
    "reason", ["length", "content_filter", "error", "abort", "", None, 1, ["stop"], "a secret told"]
)
def test_any_other_end_is_refused(reason: Any) -> None:
    with pytest.raises(ValueError, match="finish_reason") as caught:
        read(whole(choice={"finish_reason": reason}))

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("choice", [{"text": ""}, {"text": None}, {"text": "", "reasoning": "Hm"}])
def test_an_answer_that_says_nothing_is_refused(choice: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="all are empty"):
        read(whole(choice=choice))


def test_every_prompts_choices_must_be_there_each_once_and_come_in_their_order() -> None:
    choices = [
        {"text": "b", "index": 1, "finish_reason": "stop"},
        {"text": "", "index": 0, "finish_reason": "stop"},
    ]

    assert [c["text"] for c in read(whole(choices=choices), n=2)["choices"]] == ["", "b"]
    with pytest.raises(ValueError, match="2 where 3"):
        read(whole(choices=choices), n=3)
    with pytest.raises(ValueError, match="duplicate index"):
        read(whole(choices=[choices[0], choices[0]]), n=2)


def test_choices_without_index_are_numbered_by_place() -> None:
    document = read(whole(choices=[{"text": text, "finish_reason": "stop"} for text in "ab"]), n=2)

    assert [(c["index"], c["text"]) for c in document["choices"]] == [(0, "a"), (1, "b")]


@pytest.mark.parametrize(
    "changes",
    [
        {"error": {"message": "m", "code": 429}},
        {"object": "error"},
        {"type": "error"},
        {"choice": {"error": {"code": 502}}},
        {"choice": {"text": 5}},
        {"choice": {"text": ["x"]}},
        {"choice": {"index": -1}},
        {"choice": {"index": "0"}},
        {"choices": None},
        {"choices": []},
        {"choices": {}},
        {"choices": ["x"]},
        {"choices": [{"index": 0, "message": {"content": "x"}, "finish_reason": "stop"}]},
        {"usage": 7},
    ],
)
def test_what_is_not_an_answer_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        read(whole(**changes))


def test_padding_errors_that_are_none_and_a_streams_delta_are_left_out() -> None:
    padded = whole(obfuscation="xyz", error=None, choice={"error": None, "delta": {"content": " a time"}})

    assert read(padded) == json.loads(whole())


def test_tokens_are_counted_where_the_answer_says() -> None:
    assert COMPLETIONS.summarize(read(whole())) == AnswerSummary(5, 7)
    assert COMPLETIONS.summarize(read(whole(usage={"prompt_tokens": "x"}))) == AnswerSummary()
    assert COMPLETIONS.summarize(read(whole(usage=None))) == AnswerSummary()


# in words common to all APIs


def answer_of(*parts: Any, finish: Finish = Finish.STOP) -> Answer:
    return Answer("x1", "m", 7, (Choice(parts, finish),), Usage(5, 7, 2, 1))


def test_what_a_completion_says_is_its_text() -> None:
    answer = COMPLETIONS.to_answer(read(whole(choice={"reasoning": "Hm"})))

    assert answer == Answer(
        "cmpl-1", "m-1", 1700000000, (Choice((Reasoning("Hm"), Text(" a time")), Finish.STOP),), Usage(5, 7)
    )


def test_names_and_times_that_are_missing_or_odd_do_not_matter() -> None:
    answer = COMPLETIONS.to_answer(read(whole(id=17, model=None, created="now", usage=None)))

    assert (answer.id, answer.model, answer.created, answer.usage) == ("", "", 0, None)


def test_text_of_another_api_becomes_a_completion() -> None:
    document = COMPLETIONS.from_answer(answer_of(Reasoning("Hm", "sig"), Text("a"), Text("b")), parse())

    assert document == {
        "id": "cmpl-x1",
        "object": "text_completion",
        "created": 7,
        "model": "m",
        "choices": [{"text": "ab", "index": 0, "logprobs": None, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 5,
            "completion_tokens": 7,
            "total_tokens": 12,
            "prompt_tokens_details": {"cached_tokens": 2},
            "completion_tokens_details": {"reasoning_tokens": 1},
        },
    }
    assert COMPLETIONS.parse_answer(COMPLETIONS.render(document, Mode.STREAM)) == (Mode.STREAM, document)


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (Text(""),),
        (Reasoning("Hm"),),
        (Text("x"), ToolCall("c", "f", {})),
        (Refusal("No."),),
    ],
)
def test_what_is_not_text_has_no_words_here(parts: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError):
        COMPLETIONS.from_answer(answer_of(*parts), parse())


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=3),
    st.none() | st.builds(Usage, *[st.integers(0, 1 << 40)] * 4),
)
def test_what_was_expressed_says_the_same(texts: list[str], usage: Usage | None) -> None:
    answer = Answer("x1", "m", 7, tuple(Choice((Text(text),), Finish.STOP) for text in texts), usage)

    document = COMPLETIONS.from_answer(answer, parse())

    again = COMPLETIONS.to_answer(document)
    assert (again.choices, again.usage) == (answer.choices, answer.usage)
    assert read(COMPLETIONS.render(document, Mode.WHOLE), n=len(texts)) == document


def test_chat_says_what_a_completion_says() -> None:
    answer = COMPLETIONS.to_answer(read(whole()))

    in_chat = CHAT.to_answer(CHAT.from_answer(answer, parse()))

    assert (in_chat.choices, in_chat.usage) == (answer.choices, answer.usage)
