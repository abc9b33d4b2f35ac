"""Gemini as requests and as whole answers; streams and the words of other APIs have files of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aicache.domain.model import Call, Mode, Turn
from aicache.formats.errors import Stateful
from aicache.formats.format import AnswerSummary, RequestContext
from aicache.formats.gemini.generate_content import GEMINI
from formats.rich_bodies import REQUESTS

PATH = "/v1beta/models/gemini-2.5-flash:generateContent"
STREAM = "/v1beta/models/gemini-2.5-flash:streamGenerateContent"
VERTEX = "/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-pro:generateContent"
HI = {"role": "user", "parts": [{"text": "Hi"}]}
FUNCTIONS = [{"functionDeclarations": [{"name": "f"}]}]


def parse(path: str = PATH, *, query: str = "", tools_semantic: bool = False, **body: Any) -> Call:
    sent = json.dumps({"contents": [HI], **body}).encode()
    return GEMINI.parse_request(path, sent, RequestContext(query=query, tools_semantic=tools_semantic))


def user(*parts: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "parts": list(parts)}]


def whole(*parts: Any, candidate: dict[str, Any] | None = None, **changes: Any) -> bytes:
    """A good answer in the shape of Google's documentation, with changes."""
    content = {"parts": list(parts) or [{"text": "Hello!"}], "role": "model"}
    document = {
        "candidates": [{"content": content, "finishReason": "STOP", "index": 0} | (candidate or {})],
        "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11},
        "modelVersion": "gemini-2.5-flash",
        "responseId": "r-1",
    }
    return json.dumps(document | changes).encode()


# addresses


@pytest.mark.parametrize(
    ("method", "path", "ours"),
    [
        ("POST", PATH, True),
        ("post", PATH, False),
        ("POST", STREAM, True),
        ("POST", PATH + "/", True),
        ("POST", VERTEX, True),
        ("POST", "/gateway/gemini/v1/models/google/gemini-2.5-pro:streamGenerateContent", True),
        ("POST", "/v1beta/tunedModels/mine:generateContent", True),
        ("POST", "/v1/projects/p/locations/l/endpoints/123:generateContent", True),
        ("POST", "/v1beta/models/gemini-2.5-flash%3AgenerateContent", True),
        ("GET", PATH, False),
        ("POST", "/v1beta/models/gemini-2.5-flash:countTokens", False),
        ("POST", "/v1beta/models/gemini-2.5-flash:batchGenerateContent", False),
        ("POST", "/v1beta/models/gemini-embedding-001:embedContent", False),
        ("POST", "/v1/projects/p/locations/l/publishers/anthropic/models/claude:streamRawPredict", False),
        ("POST", "/v1beta/models/:generateContent", False),
        ("POST", "/v1internal:generateContent", False),
        ("POST", "/v1beta/models/gemini-2.5-flash/generateContent", False),
        ("POST", "/v1beta/models/gemini-2.5-flash:generateContent/x", False),
        ("POST", "/" + "models/" * 20_000 + ":generateText", False),
    ],
)
def test_the_path_tells_the_api(method: str, path: str, ours: bool) -> None:
    assert GEMINI.matches(method, path) is ours


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        (PATH, "", (PATH, "")),
        (STREAM, "alt=sse", (PATH, "")),
        (STREAM, "alt=json", (PATH, "")),
        (STREAM, "%24alt=sse&key=k", (PATH, "key=k")),
        (STREAM, "%24alt=json%3Benum-encoding%3Dint", (PATH, "%24alt=json%3Benum-encoding%3Dint")),
        (STREAM + "/", "key=k&alt=sse&fields=a%2Cb&b", (PATH + "/", "key=k&fields=a%2Cb&b")),
        ("/v1/models/m%3AstreamGenerateContent", "", ("/v1/models/m:generateContent", "")),
    ],
)
def test_both_modes_have_one_address(path: str, query: str, expected: tuple[str, str]) -> None:
    assert GEMINI.normalize_target(path, query) == expected


@pytest.mark.parametrize(
    ("path", "query", "mode", "variant"),
    [
        (PATH, "", Mode.WHOLE, ""),
        (PATH, "alt=json&key=k", Mode.WHOLE, ""),
        (STREAM, "alt=sse", Mode.STREAM, ""),
        (STREAM, "key=k&%24alt=sse", Mode.STREAM, ""),
        (STREAM, "key=k", Mode.STREAM, "array"),
        (STREAM, "alt=json", Mode.STREAM, "array"),
        (PATH, "%24alt=json%3Benum-encoding%3Dint", Mode.WHOLE, ""),
        (STREAM, "%24alt=json%3Benum-encoding%3Dint", Mode.STREAM, "array"),
    ],
)
def test_the_method_tells_the_mode_and_alt_how_a_stream_is_written(
    path: str, query: str, mode: Mode, variant: str
) -> None:
    call = parse(path, query=query)

    assert (call.mode, call.variant, call.wants_usage) == (mode, variant, False)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (STREAM, "alt=proto"),
        (STREAM, "alt=SSE"),
        (STREAM, "alt="),
        (STREAM, "alt=sse&alt=json"),
        (STREAM, "alt=sse&$alt=sse"),
        (PATH, "alt=sse"),
        (PATH, "alt=media"),
    ],
)
def test_another_way_of_writing_answers_is_the_upstreams_business(path: str, query: str) -> None:
    with pytest.raises(ValueError, match="alt"):
        parse(path, query=query)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        (PATH, "gemini-2.5-flash"),
        (VERTEX, "gemini-2.5-pro"),
        ("/v1beta/tunedModels/my%20own:generateContent", "tunedModels/my own"),
        ("/v1/projects/p/locations/l/endpoints/123:generateContent", "endpoints/123"),
        ("/proxy/models/v1/models/google/gemini:generateContent", "google/gemini"),
    ],
)
def test_the_path_names_the_model(path: str, model: str) -> None:
    assert parse(path).model == model


# requests


def test_a_request_is_taken_apart_and_nothing_of_it_is_lost() -> None:
    [request] = REQUESTS["gemini"]

    call = GEMINI.parse_request(STREAM, json.dumps(request).encode(), RequestContext(query="alt=sse"))

    contents: Any = request["contents"]
    generation: Any = request["generationConfig"]
    without_default = {name: value for name, value in generation.items() if name != "candidateCount"}
    assert generation["candidateCount"] == 1
    assert call == Call(
        api="gemini",
        model="gemini-2.5-flash",
        mode=Mode.STREAM,
        wants_usage=False,
        params={name: request[name] for name in ("tools", "toolConfig", "safetySettings")}
        | {"generationConfig": without_default},
        turns=(
            Turn("system", "Be brief.", {"role": "system"}),
            Turn("user", contents[0]["parts"], {"role": "user"}),
            Turn("model", contents[1]["parts"], {"role": "model"}),
            Turn("tool", contents[2]["parts"], {"role": "user"}),
            Turn("user", contents[3]["parts"], {"role": "user"}),
        ),
        question=None,
        n=1,
        temperature=0.5,
    )


def test_both_spellings_of_a_field_are_read() -> None:
    call = parse(
        system_instruction={"parts": {"text": "Be brief."}},
        generation_config={"candidate_count": 2, "temperature": 0, "response_mime_type": "application/json"},
    )

    assert call.turns[0] == Turn("system", "Be brief.", {})
    assert (call.n, call.temperature, call.question) == (2, 0, None)


def test_one_message_stands_for_a_list_of_it() -> None:
    one = parse(contents={"role": "user", "parts": {"text": "Hi"}}, tools=FUNCTIONS[0], tools_semantic=True)

    assert one.turns == parse().turns
    assert one.question == "Hi"


def test_one_text_part_is_the_same_turn_as_its_text_but_nothing_else_is() -> None:
    assert parse().turns == (Turn("user", "Hi", {"role": "user"}),)
    assert parse(contents=user({"text": "Hi", "thought": False})).turns[0].content == [{"text": "Hi", "thought": False}]
    assert parse(contents=[{"role": "user", "parts": []}]).turns[0].content == []
    assert parse(contents=[{"role": "user"}]).turns == (Turn("user", None, {"role": "user"}),)
    assert parse(contents=[{"role": "user", "parts": None}]).turns == (
        Turn("user", None, {"role": "user", "parts": None}),
    )


def test_who_says_nothing_of_the_role_is_the_user() -> None:
    assert parse(contents={"parts": [{"text": "Hi"}]}).turns == (Turn("user", "Hi", {}),)
    assert parse(contents={"role": None, "parts": [{"text": "Hi"}]}).question == "Hi"


def test_the_result_of_a_call_asks_nothing_though_the_user_sends_it() -> None:
    """Else the context of the last question alone would forget the question."""
    result = {"functionResponse": {"name": "f", "response": {}}}

    assert [turn.role for turn in parse(contents=[*user({"text": "?"}), *user(result)]).turns] == ["user", "tool"]
    assert parse(contents=user({"text": "and?"}, {"function_response": {"name": "f"}})).turns[0].role == "tool"


@pytest.mark.parametrize(
    "fields",
    [
        {"generationConfig": {}},
        {"generation_config": {"candidate_count": 1}},
        {"generationConfig": {"candidateCount": 1, "responseMimeType": "text/plain", "stopSequences": []}},
        {"tools": [], "safetySettings": []},
        {"toolConfig": {"functionCallingConfig": {"mode": "AUTO"}}},
    ],
)
def test_documented_defaults_change_no_answer(fields: dict[str, Any]) -> None:
    assert parse(**fields).params == parse().params


def test_no_two_requests_are_one_call() -> None:
    """By role, by place, by nulls, by spelling of what is a parameter, by the model's name in the body."""
    variants: list[dict[str, Any]] = [
        {},
        {"contents": [{"parts": HI["parts"]}]},
        {"contents": [{"role": None, "parts": HI["parts"]}]},
        {"contents": [{"role": "model", "parts": HI["parts"]}]},
        {"contents": user({"text": "Hi", "thought": None})},
        {"contents": user({"text": "H"}, {"text": "i"})},
        {"contents": [HI, HI]},
        {"systemInstruction": None},
        {"systemInstruction": {}},
        {"systemInstruction": {"parts": []}},
        {"systemInstruction": {"parts": [{"text": "Hi"}]}},
        {"systemInstruction": {"parts": [{"text": "Hi"}], "role": "user"}},
        {"generationConfig": {"topK": 40}},
        {"generationConfig": {"topK": 40.5}},
        {"generationConfig": {"topK": None}},
        {"cachedContent": "cachedContents/a"},
        {"tools": [{"googleSearch": {}}]},
        {"model": "models/gemini-2.5-flash"},
        {"unheardOf": 1},
    ]

    calls = [parse(**variant) for variant in variants]

    assert all(one != other for i, one in enumerate(calls) for other in calls[:i])


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"contents": None}, "contents: missing"),
        ({"contents": []}, "contents: missing"),
        ({"contents": "Hi"}, "contents: not of its type"),
        ({"contents": ["Hi"]}, "contents: not a list of objects"),
        ({"contents": [{"role": 1, "parts": []}]}, "role: not of its type"),
        ({"contents": [{"role": "system", "parts": []}]}, "contents: an unknown role"),
        ({"contents": [{"parts": "Hi"}]}, "parts: not of its type"),
        ({"contents": [{"parts": ["Hi"]}]}, "parts: not a list of objects"),
        ({"contents": user({"text": 1})}, "text: not of its type"),
        ({"contents": user({"text": "Hi", "thought": "yes"})}, "thought: not of its type"),
        ({"contents": user({"functionCall": {"args": []}})}, "args: not of its type"),
        ({"contents": user({"fileData": {"fileUri": 1}})}, "fileUri: not of its type"),
        ({"systemInstruction": "Be brief."}, "systemInstruction: not of its type"),
        ({"systemInstruction": {}, "system_instruction": {}}, "systemInstruction: in two spellings"),
        ({"generationConfig": []}, "generationConfig: not of its type"),
        ({"generationConfig": {"temperature": "0"}}, "temperature: not of its type"),
        ({"generationConfig": {"temperature": True}}, "temperature: not of its type"),
        ({"generationConfig": {"candidateCount": 0}}, "candidateCount: not a positive integer"),
        ({"generationConfig": {"candidateCount": 2.0}}, "candidateCount: not of its type"),
        ({"generationConfig": {"stopSequences": [1]}}, "stopSequences: not a list of strings"),
        ({"generationConfig": {"thinkingConfig": {"includeThoughts": 1}}}, "includeThoughts: not of its type"),
        ({"tools": ["f"]}, "tools: not a list of objects"),
        ({"tools": [{"functionDeclarations": [{"name": 1}]}]}, "name: not of its type"),
        ({"toolConfig": {"functionCallingConfig": {"mode": [1]}}}, "mode: not of its type"),
        ({"cachedContent": {}}, "cachedContent: not of its type"),
    ],
)
def test_a_malformed_request_is_refused_by_field(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"tools": [{"fileSearch": {"fileSearchStoreNames": ["fileSearchStores/a"]}}]},
        {"tools": [{"retrieval": {"vertexRagStore": {}}}]},
        {"continuationToken": "AA=="},
    ],
)
def test_a_request_that_leans_on_state_is_told_apart(changes: dict[str, Any]) -> None:
    with pytest.raises(Stateful):
        parse(**changes)


@pytest.mark.parametrize(
    "uri", ["gs://bucket/files/a.pdf", "https://youtu.be/x", "https://api.example/v1beta/files/abc"]
)
def test_a_request_with_a_file_is_exact_only(uri: str) -> None:
    call = parse(contents=user({"text": "Hi"}, {"fileData": {"fileUri": uri, "mimeType": "application/pdf"}}))

    assert call.question is None
    assert call.turns[0].content[1]["fileData"]["fileUri"] == uri


# the question


@pytest.mark.parametrize(
    ("parts", "question"),
    [
        ([{"text": "Hi"}], "Hi"),
        ([{"text": "Hi"}, {"text": "there"}], "Hi\nthere"),
        ({"text": "Hi"}, "Hi"),
        ([{"text": " \n"}], None),
        ([], None),
        (None, None),
        ([{"text": None}], None),
        ([{"text": "Hi"}, {"inlineData": {"mimeType": "image/png", "data": "AA=="}}], None),
        ([{"text": "Hi", "partMetadata": {}}], None),
        ([{"text": "Hi", "thoughtSignature": "AA=="}], None),
        ([{"functionResponse": {"name": "f", "response": {}}}], None),
    ],
)
def test_the_question_is_the_last_users_text_if_that_is_all_there_is(parts: Any, question: str | None) -> None:
    assert parse(contents=[{"role": "model", "parts": []}, {"role": "user", "parts": parts}]).question == question


@pytest.mark.parametrize("role", ["model", "function", "tool"])
def test_only_a_user_asks(role: str) -> None:
    assert parse(contents=[HI, {"role": role, "parts": [{"text": "Hi"}]}]).question is None


@pytest.mark.parametrize(
    "changes",
    [
        {"tools": FUNCTIONS},
        {"tools": [{"googleSearch": {}}]},
        {"tools": [{"google_search": {}}]},
        {"tools": [{"urlContext": {}}]},
        {"tools": [{"googleMaps": {}}]},
        {"toolConfig": {"retrievalConfig": {"languageCode": "en"}}},
        {"cachedContent": "cachedContents/a"},
        {"generationConfig": {"responseMimeType": "application/json"}},
        {"generationConfig": {"responseSchema": {"type": "STRING"}}},
        {"generationConfig": {"response_json_schema": {}}},
        {"generationConfig": {"_responseJsonSchema": {}}},
        {"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}},
        {"generationConfig": {"responseModalities": ["AUDIO"]}},
        {"generationConfig": {"speechConfig": {}}},
        {"generationConfig": {"imageConfig": {"aspectRatio": "1:1"}}},
    ],
)
def test_what_asks_for_more_than_the_models_own_text_has_no_question(changes: dict[str, Any]) -> None:
    assert parse(**changes).question is None


@pytest.mark.parametrize(
    "changes",
    [
        {"tools": [], "cachedContent": None, "toolConfig": {"functionCallingConfig": {"mode": "NONE"}}},
        {"generationConfig": {"responseMimeType": "text/plain", "responseSchema": None, "temperature": 1}},
        {"generationConfig": {"responseModalities": ["TEXT"], "thinkingConfig": {"thinkingBudget": 0}}},
        {"safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]},
    ],
)
def test_asking_for_text_in_so_many_words_keeps_the_question(changes: dict[str, Any]) -> None:
    assert parse(**changes).question == "Hi"


def test_the_caller_may_let_functions_pass_but_nothing_else() -> None:
    assert parse(tools=FUNCTIONS, tools_semantic=True).question == "Hi"
    assert parse(tools=[*FUNCTIONS, {"googleSearch": {}}], tools_semantic=True).question is None
    assert parse(tools=[{**FUNCTIONS[0], "codeExecution": {}}], tools_semantic=True).question is None
    assert parse(tools=FUNCTIONS, tools_semantic=True, cachedContent="cachedContents/a").question is None


# whole answers


def test_a_whole_answer_is_its_own_document() -> None:
    mode, document = GEMINI.parse_answer(whole())

    assert mode is Mode.WHOLE
    assert document == json.loads(whole())
    assert GEMINI.summarize(document) == AnswerSummary(9, 2)


def test_thoughts_and_the_results_of_search_are_counted_on_top() -> None:
    usage = {
        "promptTokenCount": 9,
        "toolUsePromptTokenCount": 100,
        "candidatesTokenCount": 2,
        "thoughtsTokenCount": 30,
        "totalTokenCount": 141,
    }

    assert GEMINI.summarize(GEMINI.parse_answer(whole(usageMetadata=usage))[1]) == AnswerSummary(109, 32)
    assert GEMINI.summarize(GEMINI.parse_answer(whole(usageMetadata=None))[1]) == AnswerSummary(0, 0)


def test_what_nobody_has_heard_of_survives() -> None:
    sent = whole(
        {"text": "See"},
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"hologram": {"a": [1.0, 18446744073709551615, None]}, "text": "!"},
        candidate={"groundingMetadata": {"webSearchQueries": ["q"]}, "avgLogprobs": -0.25, "aura": "blue"},
        mood="good",
    )

    document = GEMINI.parse_answer(sent)[1]

    assert json.loads(GEMINI.render(document, Mode.WHOLE)) == json.loads(sent)
    assert b"[1.0,18446744073709551615,null]" in GEMINI.render(document, Mode.WHOLE)


@pytest.mark.parametrize(
    "reason",
    [
        *("MAX_TOKENS", "SAFETY", "RECITATION", "LANGUAGE", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"),
        *("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "IMAGE_SAFETY", "CONTINUATION"),
        *("FINISH_REASON_UNSPECIFIED", "stop", "", None, "a secret told at length"),
    ],
)
def test_any_other_end_than_stop_is_refused(reason: Any) -> None:
    with pytest.raises(ValueError, match="finishReason") as caught:
        GEMINI.parse_answer(whole(candidate={"finishReason": reason}))

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "parts",
    [
        [{"text": ""}],
        [{"text": "", "thoughtSignature": "AA=="}],
        [{"text": "Hm", "thought": True}],
        [{"thoughtSignature": "AA=="}],
        [{"functionCall": {}}],
        [{}],
        [{"inlineData": {}}],
    ],
)
def test_an_answer_that_says_nothing_is_refused(parts: list[Any]) -> None:
    with pytest.raises(ValueError, match="all are empty"):
        GEMINI.parse_answer(whole(*parts))


@pytest.mark.parametrize(
    "part",
    [
        {"functionCall": {"name": "f"}},
        {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
    ],
)
def test_an_answer_may_say_it_without_text(part: dict[str, Any]) -> None:
    assert GEMINI.parse_answer(whole(part))[1]["candidates"][0]["content"]["parts"] == [part]


@pytest.mark.parametrize(
    "changes",
    [
        {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}},
        {"promptFeedback": {"blockReason": "SAFETY"}},
        {"promptFeedback": []},
        {"candidates": None},
        {"candidates": []},
        {"candidates": {}},
        {"candidates": ["x"]},
        {"usageMetadata": 7},
        {"modelVersion": 7},
        {"candidate": {"content": None}},
        {"candidate": {"content": []}},
        {"candidate": {"content": {"parts": "x"}}},
        {"candidate": {"content": {"parts": ["x"]}}},
        {"candidate": {"content": {"parts": {"text": "x"}}}},
        {"candidate": {"content": {"parts": [{"text": 5}]}}},
        {"candidate": {"content": {"parts": [{"text": "x", "thought": 1}]}}},
        {"candidate": {"content": {"parts": [{"functionCall": "x"}]}}},
        {"candidate": {"content": {"parts": [{"functionCall": {"args": {}}}]}}},
        {"candidate": {"content": {"parts": [{"functionCall": {"name": "f", "willContinue": True}}]}}},
        {"candidate": {"index": "0"}},
        {"candidate": {"safetyRatings": {}}},
        {"candidate": {"finishReason": ["STOP"]}},
    ],
)
def test_what_is_not_an_answer_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        GEMINI.parse_answer(whole(**changes))


def test_a_prompt_that_was_rated_and_let_pass_is_answered() -> None:
    feedback = {"safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}]}

    assert GEMINI.parse_answer(whole(promptFeedback=feedback))[1]["promptFeedback"] == feedback


def test_enumerations_may_come_as_numbers_to_those_who_ask_for_them_and_to_nobody_else() -> None:
    body = whole(candidate={"finishReason": 1})

    mode, document = GEMINI.parse_answer(body)

    assert mode is Mode.WHOLE
    assert GEMINI.parse_answer(GEMINI.render(document, Mode.STREAM, variant="array"))[1] == document
    for cut in (2, 0, -1, True, 1.0):
        with pytest.raises(ValueError, match="finishReason"):
            GEMINI.parse_answer(whole(candidate={"finishReason": cut}))
    assert parse(query="$alt=json;enum-encoding=int").common is None
    assert parse().common is not None


def test_every_candidate_must_be_there_and_end_well() -> None:
    blank = {"content": {"parts": [{"text": ""}], "role": "model"}, "finishReason": "STOP"}
    good = {"content": {"parts": [{"text": "x"}], "role": "model"}, "finishReason": "STOP", "index": 1}

    both = GEMINI.parse_answer(whole(candidates=[good, blank]), n=2)[1]

    assert both["candidates"] == [blank, good]  # by index, which is left out where it is 0
    with pytest.raises(ValueError, match="2 where 3"):
        GEMINI.parse_answer(whole(candidates=[good, blank]), n=3)
    with pytest.raises(ValueError, match="duplicate index"):
        GEMINI.parse_answer(whole(candidates=[good, good]))
    with pytest.raises(ValueError, match="SAFETY"):
        GEMINI.parse_answer(whole(candidates=[good, blank | {"finishReason": "SAFETY"}]))
