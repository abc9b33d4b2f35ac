"""What chat UIs have done in the background: one chat's title is never another one's, however near the two are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from demo.answers import Reply
from e2e.proxy import EXACT_ONLY, Proxy

if TYPE_CHECKING:
    from e2e.conftest import Upstream

ONE, OTHER = "Can you help me with my essay?", "Can you help me with my homework?"
REPLY = "Of course! What is it about?"
PROMPTS = {
    "LibreChat": "Write a concise title of at most five words for the conversation, in title case. Return the title "
    "alone.\n\nConversation:\nUser: {}\nAI: " + REPLY,
    "LobeChat": "user: {}\nassistant: " + REPLY + "\n\nSummarize the above conversation as a title of ten characters, "
    "without punctuation, in this language: en-US",
    "Open WebUI, shortened": "### Task:\nTags for the chat history, as JSON.\n<chat_history>\nUSER: {}\nASSISTANT: "
    + REPLY
    + "\n</chat_history>",
}


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_a_title_is_its_own_chats(proxy: Proxy, upstream: Upstream, prompt: str) -> None:
    upstream.script = lambda request: Reply(("Essay Help" if "essay" in request.question else "Homework Help",))
    proxy.ask(prompt.format(ONE))
    proxy.ask_until("exact", prompt.format(ONE))

    other = proxy.ask(prompt.format(OTHER))

    assert (other.cache, other.text) == ("miss", "Homework Help")


def test_without_the_history_in_the_key_a_title_is_its_own_chats_all_the_same(
    start: Callable[..., Proxy], upstream: Upstream
) -> None:
    """NextChat asks for it as one more message of the chat."""
    upstream.script = lambda request: Reply(("Essay Help" if b"essay" in request.body else "Homework Help",))
    proxy = start(f"{EXACT_ONLY}context: last_question\n")
    words = "Please generate a title of five words that summarizes our conversation."

    def title(question: str) -> list[dict[str, str]]:
        said = (("user", question), ("assistant", REPLY), ("user", words))
        return [{"role": role, "content": content} for role, content in said]

    proxy.wait_for(lambda: proxy.ask(title(ONE)).cache == "exact")
    other = proxy.ask(title(OTHER))

    assert (other.cache, other.text) == ("miss", "Homework Help")
