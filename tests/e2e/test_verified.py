"""Hits that are checked, in a real proxy: the upstream is asked again in the background, and what it says counts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from demo.answers import Reply, Request
from e2e.conftest import Upstream
from e2e.proxy import Proxy

Start = Callable[..., Proxy]

CHECKED = "semantic: {policy: guarded, threshold: 0.8, audit: 1.0}\n"
VERIFIED = "semantic: {policy: verified}\n"
ASKED = "How do I reset my password?"
REWORDED = "How can I reset my password?"
BY_MEANING = {"semantic", "same-words"}
MANNERS = ["Please", "Hello", "Thanks", "Hi there", "Dear team", "Kindly", "Good morning", "Well", "Hi", "Sorry", "OK"]
PHRASES = [
    "how do I reset my password?",
    "how can I reset my password?",
    "I want to reset my password.",
    "where do I reset my password?",
]


def ways() -> list[str]:
    """Return ways to ask for one and the same thing."""
    return [f"{manner}, {phrase}" for manner, phrase in itertools.product(MANNERS, PHRASES)]


def taught(proxy: Proxy, **how: Any) -> Proxy:
    """Ask once, and wait until the answer is found by meaning."""
    proxy.ask(ASKED, **how)
    proxy.ask_until("semantic", REWORDED, **how)
    return proxy


@pytest.fixture(scope="module")
def checked(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """One that checks every hit. Each test asks another model: what is learned of one is not held against another."""
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("checked"), CHECKED) as proxy:
        yield proxy


@pytest.mark.parametrize("stream", [False, True])
def test_a_checked_hit_is_asked_upstream_again_with_the_callers_own_request(
    checked: Proxy, upstream: Upstream, stream: bool
) -> None:
    how: dict[str, Any] = {"stream": stream, "model": f"asked-again-{stream}"}
    proxy = taught(checked, **how)
    calls = upstream.calls

    hit = proxy.ask(REWORDED, **how)
    proxy.wait_for(lambda: upstream.calls == calls + 1)

    assert hit.cache == "semantic"
    assert 0 < float(hit.headers["x-ai-cache-error-bound"]) <= 1
    assert upstream.last.question == REWORDED
    assert upstream.last.json.get("stream", False) is stream
    assert upstream.last.headers["authorization"] == "Bearer sk-test"
    assert not any(name.startswith("x-ai-cache") for name in upstream.last.headers)
    proxy.ask("And what is the capital of France?")  # the proxy is as it was
    assert "Traceback" not in proxy.log


def test_a_hit_that_turns_out_wrong_is_not_given_to_that_question_again(checked: Proxy, upstream: Upstream) -> None:
    how: dict[str, Any] = {"model": "turns-out-wrong"}
    proxy = taught(checked, **how)
    fresh = "You cannot: passwords were done away with, and keys have come in their place, which the branch hands out."
    upstream.script = lambda request: Reply((fresh,))

    wrong = proxy.ask(REWORDED, **how)
    proxy.wait_for(lambda: proxy.ask(REWORDED, **how).cache == "exact")

    assert wrong.cache == "semantic"
    assert proxy.ask(REWORDED, **how).text == fresh


def test_a_caller_that_says_wrong_gets_a_fresh_answer_at_once(start: Start, upstream: Upstream) -> None:
    proxy = taught(start("semantic: {threshold: 0.8}\n"))
    hit = proxy.ask(REWORDED)
    upstream.script = lambda request: Reply(("Another answer.",))

    said = proxy.ask(
        REWORDED, headers={"x-ai-cache-feedback": "wrong", "x-ai-cache-key": hit.headers["x-ai-cache-key"]}
    )

    assert (hit.cache, said.cache, said.text) == ("semantic", "miss", "Another answer.")
    assert not any(name.startswith("x-ai-cache") for name in upstream.last.headers)
    proxy.wait_for(lambda: proxy.ask(REWORDED).cache == "exact")


def test_what_was_learned_outlives_the_process(start: Start, upstream: Upstream) -> None:
    proxy = start(VERIFIED)
    for question in ways()[:28]:
        proxy.ask(question)
        proxy.wait_for(lambda question=question: proxy.ask(question).cache in BY_MEANING | {"exact"})  # type: ignore[misc]
    proxy.stop()
    again = start(VERIFIED)

    replies = [again.ask(question) for question in ways()[28:]]

    bounds = [float(r.headers["x-ai-cache-error-bound"]) for r in replies if r.cache in BY_MEANING]
    assert bounds, [r.headers.get("cache-status") for r in replies]
    assert max(bounds) < 0.9
    assert "Traceback" not in proxy.log + again.log


def test_in_shadow_all_goes_upstream_but_the_very_same(start: Start, upstream: Upstream) -> None:
    proxy = start("semantic: {threshold: 0.8, shadow: true}\n")
    proxy.ask(ASKED)
    proxy.ask_until("exact", ASKED)

    assert proxy.ask(REWORDED).cache == "miss"
    assert proxy.ask(ASKED).cache == "exact"


def test_a_judge_model_is_asked_where_answers_differ_in_words(start: Start, upstream: Upstream) -> None:
    asked: list[Request] = []

    def script(request: Request) -> Reply:
        if "<first>" in request.question:
            asked.append(request)
            return Reply(("YES",))
        if request.question == ASKED:
            return Reply(("Choose “Forgot password” at the sign-in, then follow the link in the mail soon.",))
        return Reply(("There is a link for that where you sign in; what you receive lets you set a new one today.",))

    upstream.script = script
    judge = f"{{model: judge-1, base_url: '{upstream.url}/v1', api_key: sk-judge}}"
    proxy = taught(start(f"semantic: {{policy: static, threshold: 0.8, audit: 1.0, judge: {judge}}}\n"))

    proxy.ask(REWORDED)
    proxy.wait_for(lambda: bool(asked))

    assert asked[0].json["model"] == "judge-1"
    assert asked[0].headers["authorization"] == "Bearer sk-judge"
    assert "sk-judge" not in proxy.log
