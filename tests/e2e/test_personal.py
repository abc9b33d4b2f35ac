"""Over the wire: a personal question is each end user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from demo.answers import Reply
from e2e.proxy import Proxy

if TYPE_CHECKING:
    from e2e.conftest import Upstream


@pytest.fixture(scope="module")
def proxy(exact_proxy: Proxy) -> Proxy:
    return exact_proxy


@pytest.mark.parametrize(
    ("alice", "bob"),
    [
        ({"user": "alice"}, {"user": "bob"}),
        ({"safety_identifier": "alice"}, {"safety_identifier": "bob"}),
        ({"metadata": {"user_id": "alice"}}, {"metadata": {"user_id": "bob"}}),
    ],
)
def test_a_balance_goes_from_no_end_user_to_the_next(
    proxy: Proxy, upstream: Upstream, alice: dict[str, Any], bob: dict[str, Any]
) -> None:
    upstream.script = lambda request: Reply(("alice's" if b"alice" in request.body else "bob's",))
    question = f"Quel est le solde de mon compte {next(iter(alice))} ?"
    proxy.ask(question, **alice)
    proxy.ask_until("exact", question, **alice)

    other = proxy.ask(question, **bob)

    assert (other.cache, other.text) == ("miss", "bob's")
    assert proxy.ask_until("exact", question, **bob).text == "bob's"


def test_what_all_ask_alike_goes_to_every_end_user(proxy: Proxy, upstream: Upstream) -> None:
    proxy.ask("What is the capital of Zorbania?", user="alice")

    assert proxy.ask_until("exact", "What is the capital of Zorbania?", user="bob").cache == "exact"
