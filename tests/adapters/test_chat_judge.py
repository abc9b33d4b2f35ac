"""A judge model: what it is asked, how its words are read, and that its failures say nothing of what was asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable

import pytest

from aicache.adapters.chat_judge import ChatJudge, thinking_parameters
from aicache.adapters.judge_prompts import MAX_REPLY_TOKENS
from aicache.domain.judging import JudgeQuestion, JudgeReply
from aicache.domain.ports import StoreError
from demo.answers import Reply, Request
from demo.upstream import StandIn

Script = Callable[[Request], Reply]


class Service:
    """A chat endpoint whose replies a test sets."""

    def __init__(self) -> None:
        self.script: Script = lambda request: Reply(("YES",))
        self.stand_in = StandIn(lambda request: self.script(request))

    def judge(self, path: str = "/v1", key: str | None = "sk-hunter2", timeout: float = 5.0) -> ChatJudge:
        return ChatJudge("judge-1", base_url=self.stand_in.url + path, api_key=key, timeout=timeout)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    async with service.stand_in:
        yield service


async def test_it_is_asked_with_both_answers_and_its_own_key(service: Service) -> None:
    judge = service.judge()

    reply = await judge.same("Which way?", "To the left.", "Left.")

    assert reply.may_answer is True
    assert reply.prompt_tokens > 100  # what its usage says
    assert reply.completion_tokens > 0

    [request] = service.stand_in.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer sk-hunter2"
    assert request.json["model"] == "judge-1"
    assert all(text in request.question for text in ("Which way?", "To the left.", "Left."))
    await judge.close()


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("YES", True),
        ("No.", False),
        ("**NO**", False),
        ("UNSURE", None),
        ("Hm.", None),
        ("", None),
        ("Is it the same? No fact differs, so: YES", True),
        ("Yes, were it not for the date. NO", False),
    ],
)
async def test_the_last_of_its_words_counts(service: Service, said: str, verdict: bool | None) -> None:
    service.script = lambda request: Reply((said,))
    judge = service.judge()

    assert (await judge.same("q", "a", "b")).may_answer is verdict
    await judge.close()


@pytest.mark.parametrize("reply", [Reply(("no",), status=401), Reply(("no",), status=500), Reply(first_token=3.0)])
async def test_a_failure_is_a_store_error_that_quotes_nothing(service: Service, reply: Reply) -> None:
    service.script = lambda request: reply
    judge = service.judge(timeout=0.3)

    with pytest.raises(StoreError) as caught:
        await judge.same("secret question", "secret answer", "another secret")

    assert "secret" not in str(caught.value) and "hunter2" not in str(caught.value)
    await judge.close()


async def test_a_service_that_is_not_there_is_a_store_error(service: Service) -> None:
    judge = ChatJudge("m", base_url="http://127.0.0.1:1/v1", api_key="sk-\nbad", timeout=1)

    with pytest.raises(StoreError):
        await judge.same("q", "a", "b")
    await judge.close()


def verdict(content: object, **usage: int) -> Reply:
    document = {"choices": [{"message": {"content": content}}], "usage": usage or None}
    return Reply(body=json.dumps(document).encode())


async def test_about_a_neighbor_it_is_sent_both_questions_and_answers_in_one_token(service: Service) -> None:
    service.script = lambda request: verdict("Yes", prompt_tokens=210, completion_tokens=1)
    judge = service.judge()

    reply = await judge.may_answer(JudgeQuestion("Which way?", "What way?", "Left."))

    assert reply == JudgeReply(True, 210, 1)
    [request] = service.stand_in.requests
    assert json.loads(request.question) == {"new": "Which way?", "stored": "What way?", "answer": "Left."}
    assert request.headers["authorization"] == "Bearer sk-hunter2"
    assert request.headers["x-higress-skip-ai-cache"] == "on"
    assert (request.json["temperature"], request.json["max_tokens"]) == (0, MAX_REPLY_TOKENS)
    await judge.close()


async def test_an_error_has_the_services_code_and_none_of_its_words(service: Service) -> None:
    error = {"error": {"code": "unsupported_parameter", "message": "secret question is not supported"}}
    service.script = lambda request: Reply(status=400, body=json.dumps(error).encode())
    judge = service.judge()

    with pytest.raises(StoreError, match=r"^judge: status 400 unsupported_parameter$"):
        await judge.may_answer(JudgeQuestion("secret question", "another"))
    await judge.close()


@pytest.mark.parametrize(
    ("base_url", "parameters"),
    [
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", {"enable_thinking": False}),
        ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", {"enable_thinking": False}),
        ("https://api.openai.com/v1", {}),
        ("https://aliyuncs.com.example.com/v1", {}),
        ("http://127.0.0.1:11434/v1", {}),
    ],
)
def test_dashscopes_models_are_told_not_to_reason_first(base_url: str, parameters: dict[str, object]) -> None:
    assert thinking_parameters(base_url) == parameters


@pytest.mark.parametrize("content", ["Yes, they ask the same.", "", None, "ja"])
async def test_a_reply_that_is_neither_yes_nor_no_is_none(service: Service, content: object) -> None:
    service.script = lambda request: verdict(content)
    judge = service.judge()

    assert await judge.may_answer(JudgeQuestion("a", "b")) == JudgeReply(None)
    await judge.close()


@pytest.mark.parametrize(
    "reply",
    [
        *(Reply(("yes",), status=status) for status in (301, 400, 401, 429, 500)),
        *(Reply(status=500, body=body) for body in (b"", b"\xff", b"[" * 10**5, b'{"error": "secret"}')),
        *(Reply(body=body) for body in (b"", b"[]", b"\xff", b'{"choices": 1}', b"[" * 10**5, b" " * 10**6)),
    ],
)
async def test_a_bad_reply_about_a_neighbor_is_a_store_error(service: Service, reply: Reply) -> None:
    service.script = lambda request: reply
    judge = service.judge()

    with pytest.raises(StoreError) as caught:
        await judge.may_answer(JudgeQuestion("secret question", "secret one", "secret answer"))

    assert "secret" not in str(caught.value) and "hunter2" not in str(caught.value)
    await judge.close()
