"""Pages that ask an API themselves, as some chat UIs do: the browser lets them read hits as it does originals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from browser.mitmweb import Web
from demo.answers import FAMILIAR, Reply, Request

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from e2e.conftest import Upstream

ANSWER = FAMILIAR["password"]
ASK = """async ([url, question]) => {
    const body = {model: "gpt-test", stream: true, messages: [{role: "user", content: question}]};
    const headers = {"content-type": "application/json", authorization: "Bearer sk-page"};
    const response = await fetch(url, {method: "POST", headers, body: JSON.stringify(body)});
    const data = (await response.text()).split("\\n\\n").map(event => event.slice("data: ".length));
    return data.filter(text => text.startsWith("{")).map(text => JSON.parse(text).choices[0].delta.content).join("");
}"""


def test_a_page_of_another_origin_reads_hits(start_web: Callable[..., Web], upstream: Upstream, page: Page) -> None:
    def script(request: Request) -> Reply:
        allowed = {"access-control-allow-origin": "*", "access-control-allow-headers": "authorization, content-type"}
        match request.method:
            case "GET":
                return Reply(body=b"<title>A chat</title>", content_type="text/html")
            case "OPTIONS":
                return Reply(body=b"", headers=allowed)
            case _:
                return Reply((ANSWER,), headers=allowed)

    upstream.script = script
    web = start_web()
    page.goto(upstream.url)

    def ask(question: str) -> Any:
        return page.evaluate(ASK, [f"{web.url}/v1/chat/completions", question])

    first = ask("How do I reset my password?")
    web.ask("Is there anything else?", headers={"origin": upstream.url})
    web.ask_until("exact", "Is there anything else?", headers={"origin": upstream.url})  # stores go in order
    again, reworded = ask("How do I reset my password?"), ask("How can I reset my password?")

    assert first == again == reworded == ANSWER
    assert [became for question, became in web.asked() if "password" in question] == ["miss", "exact", "semantic"]
