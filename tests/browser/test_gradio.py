"""Gradio's chat in front of the cache, with nothing changed in it but the API's address, or not even that."""

from __future__ import annotations

import pytest

from browser.chromium import Screenshots
from browser.gradio import Gradio, GradioPerson
from browser.ways import Way
from demo.answers import FAMILIAR, Reply, Request

pytestmark = pytest.mark.timeout(600)  # the first use of a UI makes its environment

QUESTION, IN_OTHER_WORDS = "How do I reset my password?", "How can I reset my password?"
ANSWER = FAMILIAR["password"]


def slowly(request: Request) -> Reply:
    """Answer as a model does: word by word."""
    return Reply((ANSWER,), first_token=0.2, per_token=0.05)


@pytest.mark.parametrize("way", ["reverse", "regular", "transparent"])
def test_a_person_asks_gradio_again_and_in_other_words(
    request: pytest.FixtureRequest, screenshot: Screenshots, way: str
) -> None:
    laid: Way = request.getfixturevalue(way)()
    laid.upstream.script = slowly
    with laid.opened(Gradio) as (page, url):
        person = GradioPerson(page, url)

        first = person.ask(QUESTION, ANSWER)
        screenshot(page, "first")
        calls = laid.upstream.calls
        person.new_chat()
        again = person.ask(QUESTION, ANSWER)
        person.new_chat()
        reworded = person.ask(IN_OTHER_WORDS, ANSWER)
        screenshot(page, "reworded")

    assert len(first) > 5  # it was there to read as it came
    assert again[-1] == reworded[-1] == ANSWER
    assert laid.upstream.calls == calls
    assert [became for _, became in laid.asked()] == ["miss", "exact", "semantic"]
    assert "Traceback" not in laid.web.log
