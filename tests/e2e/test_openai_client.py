"""The official openai client, in its own environment, reads hits as it reads the original."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import environment
from demo.answers import Reply
from e2e.proxy import Proxy

if TYPE_CHECKING:
    from e2e.conftest import Upstream

SCRIPT = Path(__file__).with_name("clients") / "openai_chat.py"
REQUIREMENTS = ("openai>=1.60",)


@pytest.fixture(scope="session")
def client_python() -> Path:
    """The Python of the clients' environment: mitmproxy 11 pins h11, so the client cannot live with the proxy."""
    return environment.packages("clients", REQUIREMENTS)


def run(python: Path, proxy: Proxy, question: str, mode: str, *rest: str) -> dict[str, Any]:
    command = [str(python), str(SCRIPT), f"http://127.0.0.1:{proxy.port}/v1", question, mode, *rest]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("recorded", ["whole", "stream"])
@pytest.mark.parametrize("tools", [(), ("tools",)], ids=["text", "tools"])
def test_the_openai_client_reads_hits_of_either_mode_as_the_original(
    client_python: Path, proxy: Proxy, upstream: Upstream, recorded: str, tools: tuple[str, ...]
) -> None:
    calls = (("weather", '{"city": "Paris"}'), ("weather", '{"city": "Rom\\u00e9"}')) if tools else ()
    reply = Reply(
        ("" if tools else "Sunny \u2600, 晴天.",),
        reasoning="Hm.",
        tool_calls=calls,
        finish_reason="tool_calls" if tools else "stop",
    )
    upstream.script = lambda _: reply
    question = f"Weather, recorded {recorded}, {tools}?"

    original = run(client_python, proxy, question, recorded, *tools)
    time.sleep(0.3)
    hits = [run(client_python, proxy, question, mode, *tools) for mode in ("whole", "stream", "helper")]

    assert original.pop("cache") == "miss"
    assert [hit.pop("cache") for hit in hits[:2]] == ["hit", "hit"]
    for hit in hits:
        hit.pop("cache", None)
        assert {**hit, "content": hit["content"] or ""} == {**original, "content": original["content"] or ""}
