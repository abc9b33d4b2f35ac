"""Gemini in the words of all APIs, and back: requests that other APIs ask, too, and answers that others understand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicache.domain.model import Answer, Call, Choice, Common, Finish, Mode, Reasoning, Refusal, Text, ToolCall, Usage
from aicache.formats.gemini.generate_content import GEMINI
from aicache.formats.openai.chat import CHAT

PATH = "/v1beta/models/{}:generateContent"
HI = {"role": "user", "parts": [{"text": "Hi"}]}
WEATHER = {"name": "weather", "description": "Tells it."}


def parse(named: str = "gemini-2.5-flash", /, **body: Any) -> Call:
    return GEMINI.parse_request(PATH.format(named), json.dumps({"contents": [HI], **body}).encode())


def chat(**body: Any) -> Call:
    sent = {"model": "gemini-2.5-flash", "messages": [{"role": "user", "content": "Hi"}], **body}
    return CHAT.parse_request("/v1/chat/completions", json.dumps(sent).encode())


def document(*parts: dict[str, Any], **changes: Any) -> Any:
    said = {"candidates": [{"content": {"parts": list(parts), "role": "model"}, "finishReason": "STOP"}], **changes}
    return GEMINI.parse_answer(json.dumps(said).encode())[1]


def declaring(parameters: Any, **more: Any) -> dict[str, Any]:
    return {"tools": [{"functionDeclarations": [{**WEATHER, "parameters": parameters, **more}]}]}


# requests


def test_the_same_question_is_the_same_in_both_apis() -> None:
    call = parse(
        system_instruction={"role": "system", "parts": [{"text": "Be brief."}]},
        contents=[HI, {"role": "model", "parts": [{"text": "Hello"}]}, {"parts": [{"text": "And?"}]}],
        generationConfig={
            "temperature": 0.5,
            "topP": 1.0,
            "top_k": 40.0,
            "seed": 7,
            "presencePenalty": 1,
            "frequencyPenalty": 0,
            "candidateCount": 2,
            "maxOutputTokens": 100,
            "stopSequences": ["\n"],
            "responseMimeType": "text/plain",
            "thinkingConfig": {},
        },
        safetySettings=[],
        labels={"team": "a"},
        serviceTier="flex",
        model="models/gemini-2.5-flash",
    )

    assert call.common == Common(
        system="Be brief.",
        turns=(("user", "Hi"), ("assistant", "Hello"), ("user", "And?")),
        params={
            "temperature": 0.5,
            "top_p": 1,
            "top_k": 40,
            "seed": 7,
            "presence_penalty": 1,
            "frequency_penalty": 0,
            "n": 2,
            "stop": ["\n"],
        },
        max_tokens=100,
    )
    assert (
        call.common
        == chat(
            messages=[
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Hello"},
                {"role": "user", "content": "And?"},
            ],
            temperature=0.5,
            top_p=1,
            top_k=40,
            seed=7,
            presence_penalty=1,
            frequency_penalty=0,
            n=2,
            stop="\n",
            max_tokens=100,
        ).common
    )


def test_functions_and_the_choice_of_one_are_the_same_in_both_apis() -> None:
    own = {
        "type": "OBJECT",
        "properties": {
            "type": {"type": "STRING", "enum": ["A"]},
            "days": {"type": "ARRAY", "items": {"type": "NUMBER"}},
        },
        "required": ["type"],
    }
    usual = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["A"]},
            "days": {"type": "array", "items": {"type": "number"}},
        },
        "required": ["type"],
    }
    choice = {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]}}
    asked = chat(
        tools=[{"type": "function", "function": {**WEATHER, "parameters": usual}}],
        tool_choice={"type": "function", "function": {"name": "weather"}},
    )

    assert asked.common is not None
    assert parse(**declaring(own), toolConfig=choice).common == asked.common
    assert parse(**declaring(None, parametersJsonSchema=usual), tool_config=choice).common == asked.common


@pytest.mark.parametrize(
    ("mode", "choice"), [("AUTO", None), ("ANY", "required"), ("NONE", "none"), ("none", "none"), (None, None)]
)
def test_the_modes_of_calling_have_common_names(mode: str | None, choice: str | None) -> None:
    common = parse(**declaring(None), toolConfig={"functionCallingConfig": {"mode": mode}}).common

    assert common is not None
    assert common.params.get("tool_choice") == choice


@pytest.mark.parametrize(
    "body",
    [
        {"contents": [{"role": "model", "parts": [{"text": "Hi"}]}]},
        {"contents": [{"role": "function", "parts": [{"text": "Hi"}]}]},
        {"contents": [{"role": "user", "parts": []}]},
        {"contents": [{"role": "user", "parts": [{"text": "Hi", "thought": False}]}]},
        {"contents": [{**HI, "unheardOf": 1}]},
        {"contents": [HI, {"role": "model", "parts": [{"functionCall": {"name": "f"}}]}, HI]},
        {"contents": [HI, {"role": "user", "parts": [{"functionResponse": {"name": "f"}}]}, HI]},
        {"systemInstruction": {"parts": []}},
        {"safetySettings": [{"category": "c", "threshold": "BLOCK_NONE"}]},
        {"cachedContent": "cachedContents/a"},
        {"unheardOf": 1},
        {"model": "models/another"},
        {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}},
        {"generationConfig": {"responseMimeType": "application/json"}},
        {"generationConfig": {"responseModalities": ["TEXT"]}},
        {"generationConfig": {"responseLogprobs": True}},
        {"generationConfig": {"maxOutputTokens": 0}},
        {"generationConfig": {"stop": ["x"]}},
        {"tools": [{"googleSearch": {}}]},
        {"toolConfig": {"retrievalConfig": {}}},
        {"toolConfig": {"functionCallingConfig": {"mode": "VALIDATED"}}},
        {"toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f", "g"]}}},
        {"toolConfig": {"functionCallingConfig": {"allowedFunctionNames": ["f"]}}},
        declaring({"type": "STRING", "nullable": True}),
        declaring({"type": "OBJECT", "properties": {"x": {"type": 1}}}),
        declaring(None, behavior="BLOCKING"),
        declaring({}, parametersJsonSchema={}),
        {"tools": [{"functionDeclarations": [{"description": "nameless"}]}]},
    ],
)
def test_what_says_more_than_others_can_is_the_apis_own_business(body: dict[str, Any]) -> None:
    assert parse(**body).common is None


def test_a_model_that_only_this_api_knows_is_its_own_business() -> None:
    path = "/v1beta/tunedModels/mine:generateContent"

    assert GEMINI.parse_request(path, json.dumps({"contents": [HI]}).encode()).common is None


# answers


def test_an_answer_is_understood() -> None:
    usage = {
        "promptTokenCount": 9,
        "cachedContentTokenCount": 4,
        "candidatesTokenCount": 2,
        "thoughtsTokenCount": 30,
        "totalTokenCount": 41,
    }
    said = document(
        {"text": "Hm", "thought": True, "thoughtSignature": "AA=="},
        {"text": "See:"},
        {"text": "", "thoughtSignature": "AA=="},
        {"functionCall": {"id": "1", "name": "f", "args": {"x": 1}}, "thoughtSignature": "AA=="},
        {"functionCall": {"name": "g"}},
        usageMetadata=usage,
        modelVersion="gemini-2.5-flash-001",
        responseId="r-1",
        createTime="2025-01-01T00:00:00.123456789Z",
    )

    assert GEMINI.to_answer(said) == Answer(
        id="r-1",
        model="gemini-2.5-flash-001",
        created=1735689600,
        choices=(
            Choice(
                (Reasoning("Hm", "AA=="), Text("See:"), ToolCall("1", "f", {"x": 1}), ToolCall("", "g", {})),
                Finish.TOOL_CALLS,
            ),
        ),
        usage=Usage(input=9, output=32, cached=4, reasoning=30),
    )


@pytest.mark.parametrize("time", ["yesterday", "0001-01-01T00:00:00", "", None])
def test_a_time_that_is_none_does_not_matter(time: Any) -> None:
    assert GEMINI.to_answer(document({"text": "x"}, createTime=time)).created == 0


@pytest.mark.parametrize(
    "part",
    [
        {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"toolCall": {"toolType": "GOOGLE_SEARCH"}},
        {"functionCall": {"name": "f"}, "text": "x"},
        {"hologram": 1},
    ],
)
def test_what_others_have_no_words_for_is_not_understood(part: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="type of content"):
        GEMINI.to_answer(document({"text": "x"}, part))


@pytest.mark.parametrize(
    ("model", "understood"),
    [("gemini-2.5-flash", True), ("gemini-3-pro-preview", False), ("gemini-3.5-flash", False), ("other", True)],
)
def test_a_call_that_must_come_back_signed_stays_where_its_signature_can(model: str, understood: bool) -> None:
    signed = document({"functionCall": {"name": "f"}, "thoughtSignature": "AA=="}, modelVersion=model)
    unsigned = document({"functionCall": {"name": "f"}}, modelVersion=model)

    assert GEMINI.to_answer(unsigned).choices[0].finish is Finish.TOOL_CALLS
    if understood:
        assert GEMINI.to_answer(signed) == GEMINI.to_answer(unsigned)
    else:
        with pytest.raises(ValueError, match="signature"):
            GEMINI.to_answer(signed)


def test_an_answer_of_another_api_is_expressed() -> None:
    parts = (Reasoning("Hm", "sig"), Text("See:"), ToolCall("call_1", "f", {"x": 1}), ToolCall("", "g", {}))
    choice = Choice(parts, Finish.TOOL_CALLS)
    answer = Answer("msg_1", "m-1", 7, (choice,), Usage(input=9, output=32, cached=4, reasoning=30))

    expressed = GEMINI.from_answer(answer, parse())

    assert expressed == {
        "candidates": [
            {
                "content": {
                    "parts": [
                        {"text": "See:"},
                        {"functionCall": {"id": "call_1", "name": "f", "args": {"x": 1}}},
                        {"functionCall": {"name": "g", "args": {}}},
                    ],
                    "role": "model",
                },
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 9,
            "candidatesTokenCount": 2,
            "totalTokenCount": 41,
            "cachedContentTokenCount": 4,
            "thoughtsTokenCount": 30,
        },
        "modelVersion": "m-1",
        "responseId": "msg_1",
    }


def test_thoughts_are_shown_to_who_asked_for_them_and_without_a_foreign_signature() -> None:
    answer = Answer("i", "m", 0, (Choice((Reasoning("Hm", "sig"), Text("4")), Finish.STOP),), None)

    asked = GEMINI.from_answer(answer, parse(generation_config={"thinking_config": {"include_thoughts": True}}))

    assert asked["candidates"][0]["content"]["parts"] == [{"text": "Hm", "thought": True}, {"text": "4"}]
    assert GEMINI.from_answer(answer, parse())["candidates"][0]["content"]["parts"] == [{"text": "4"}]


def test_a_call_of_another_api_is_marked_for_models_that_want_signatures() -> None:
    """They refuse a conversation in which the first call of a step comes back without any."""
    parts = (Text("x"), ToolCall("1", "f", {}), ToolCall("2", "g", {}))
    answer = Answer("i", "m", 0, (Choice(parts, Finish.TOOL_CALLS),), None)

    expressed = GEMINI.from_answer(answer, parse("gemini-3-pro-preview"))

    signatures = [part.get("thoughtSignature") for part in expressed["candidates"][0]["content"]["parts"]]
    assert signatures == [None, "skip_thought_signature_validator", None]
    assert GEMINI.to_answer(expressed).choices == answer.choices


@pytest.mark.parametrize(
    "choices",
    [
        (),
        (Choice((), Finish.STOP),),
        (Choice((Reasoning("Hm"),), Finish.STOP),),
        (Choice((Text("No."),), Finish.REFUSAL),),
        (Choice((Refusal("No."),), Finish.STOP),),
    ],
)
def test_what_this_api_has_no_words_for_is_not_expressed(choices: tuple[Choice, ...]) -> None:
    with pytest.raises(ValueError):
        GEMINI.from_answer(Answer("i", "m", 0, choices, None), parse())


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
CALLS = st.builds(ToolCall, WORDS, WORDS, st.dictionaries(WORDS, st.integers(0, 9) | WORDS, max_size=2))
COUNTS = st.integers(0, 999)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    choices = []
    for _ in range(draw(st.integers(1, 2))):
        calls = draw(st.lists(CALLS, max_size=2))
        parts = (Text(draw(WORDS)), *calls)
        choices.append(Choice(parts, Finish.TOOL_CALLS if calls else Finish.STOP))
    reasoning = draw(COUNTS)
    usage = Usage(draw(COUNTS), draw(COUNTS) + reasoning, draw(COUNTS), reasoning)
    return Answer(draw(WORDS), draw(WORDS), 0, tuple(choices), draw(st.none() | st.just(usage)))


@settings(max_examples=60)
@given(answers(), st.sampled_from([(Mode.WHOLE, ""), (Mode.STREAM, ""), (Mode.STREAM, "array")]))
def test_what_was_expressed_and_sent_is_understood_as_it_was_meant(answer: Answer, how: tuple[Mode, str]) -> None:
    mode, variant = how
    sent = GEMINI.render(GEMINI.from_answer(answer, parse()), mode, variant=variant)

    assert GEMINI.to_answer(GEMINI.parse_answer(sent, n=len(answer.choices))[1]) == answer


@settings(max_examples=40)
@given(answers())
def test_an_answer_says_the_same_after_a_way_through_chat(answer: Answer) -> None:
    through = CHAT.to_answer(CHAT.from_answer(answer, chat()))

    back = GEMINI.to_answer(GEMINI.from_answer(through, parse()))

    assert back == replace(answer, id=f"chatcmpl-{answer.id}")
