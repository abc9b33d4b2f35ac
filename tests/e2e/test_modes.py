"""The other ways to run it: as a forward proxy, and in mitmweb."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx

from demo.answers import Reply
from e2e.proxy import EXACT_ONLY, Proxy, free_port

if TYPE_CHECKING:
    from e2e.conftest import Upstream

Start = Callable[..., Proxy]
BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Which way?"}]}).encode()


def test_as_a_forward_proxy(start: Start, upstream: Upstream) -> None:
    proxy = start(EXACT_ONLY, mode="regular")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{proxy.port}"}))

    def ask() -> tuple[str, bytes]:
        url = f"{upstream.url}/v1/chat/completions"
        request = urllib.request.Request(url, BODY, {"content-type": "application/json"})
        with opener.open(request, timeout=10) as response:
            return response.headers["x-cache-status"], response.read()

    first = ask()
    proxy.wait_for(lambda: ask()[0] == "hit")

    assert first[0] == "miss"
    assert ask()[1] == first[1]


def test_in_mitmweb_flows_are_there_to_see(start: Start, upstream: Upstream) -> None:
    web = free_port()
    options = ("--no-web-open-browser", "--set", f"web_port={web}", "--set", "web_password=open")
    proxy = start(EXACT_ONLY, program="mitmweb", options=options)
    proxy.ask("Seen in mitmweb?", stream=True)
    proxy.ask_until("exact", "Seen in mitmweb?", stream=True)

    client = httpx.Client(base_url=f"http://127.0.0.1:{web}", headers={"authorization": "Bearer open"})
    flows = client.get("/flows").json()
    stream = client.get(f"/flows/{flows[0]['id']}/response/content.data").text

    assert len(flows) >= 2
    assert "data: [DONE]" in stream  # streamed through, and there all the same

    upstream.script = lambda _: Reply(("Two have this answer.",), per_token=0.2)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: proxy.ask("Who follows in mitmweb?", stream=True), range(2)))
    leader, follower = sorted(client.get("/flows").json()[-2:], key=lambda flow: flow["marked"] == "🟣")
    bodies = {client.get(f"/flows/{flow['id']}/response/content.data").text for flow in (leader, follower)}

    assert (leader["comment"].partition(":")[0], follower["marked"]) == ("miss", "🟣")
    assert follower["comment"].startswith(f"collapsed hit · the answer of flow {leader['id'][:8]}, which was in flight")
    assert len(bodies) == 1
    assert "Traceback" not in proxy.log
