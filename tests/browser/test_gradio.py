"""Gradio's chat in front of the cache, with nothing changed in it but the API's address, or not even that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from browser.chromium import Screenshots
from browser.gradio import Gradio, GradioPerson
from browser.ways import WAYS, Site, laid
from demo.answers import FAMILIAR, Reply, Request

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.timeout(600)  # the first use of a UI makes its environment

QUESTION, IN_OTHER_WORDS = "How do I reset my password?", "How can I reset my password?"
ANSWER = FAMILIAR["password"]


def slowly(request: Request) -> Reply:
    """Answer as a model does: word by word."""
    return Reply((ANSWER,), first_token=0.2, per_token=0.05)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with laid(tmp_path_factory.mktemp("site")) as site:
        site.upstream.script = slowly
        yield site


@pytest.fixture(scope="module")
def gradio(site: Site) -> Gradio:
    return Gradio(site.apis, site.home)


@pytest.fixture(scope="module")
def browser(site: Site, gradio: Gradio) -> Iterator[Browser]:
    """The browser beside Gradio, which runs as long."""
    with site.opened(gradio) as browser:
        yield browser


def test_a_person_asks_gradio_again_and_in_other_words(
    site: Site, gradio: Gradio, page: Page, screenshot: Screenshots
) -> None:
    before = len(site.asked())
    person = GradioPerson(page, f"{gradio.url}/{WAYS[0]}/")

    first = person.ask(QUESTION, ANSWER)
    screenshot(page, "first")
    calls = site.upstream.calls
    person.new_chat()
    again = person.ask(QUESTION, ANSWER)
    person.new_chat()
    reworded = person.ask(IN_OTHER_WORDS, ANSWER)
    screenshot(page, "reworded")

    assert len(first) > 1  # it was there to read as it came
    assert again[-1] == reworded[-1] == ANSWER
    assert site.upstream.calls == calls
    assert [became for _, became in site.asked()[before:]] == ["miss", "exact", "semantic"]
    assert "Traceback" not in site.web.log


@pytest.mark.usefixtures("browser")
@pytest.mark.parametrize("way", WAYS[1:])
def test_gradio_asks_again_and_in_other_words_on_every_way(site: Site, gradio: Gradio, way: str) -> None:
    """The way begins behind its page, so that needs no browser."""
    site.api(way)
    before, calls = len(site.asked()), site.upstream.calls

    first, again, reworded = (gradio.ask(way, question) for question in (QUESTION, QUESTION, IN_OTHER_WORDS))

    assert len(set(first)) > 1  # as it came
    assert [answer[-1] for answer in (first, again, reworded)] == [ANSWER] * 3
    assert site.upstream.calls == calls + 1
    assert [became for _, became in site.asked()[before:]] == ["miss", "exact", "semantic"]
    assert "Traceback" not in site.web.log
