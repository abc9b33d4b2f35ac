"""Documents of the user's own around an answer's text, as Higress writes its hits. Pure.

A template is a text for Go's formatting: the first ``%s`` is the place of the answer's text, ``%%`` is a percent sign,
and every other ``%`` is what it is. The text is written as JSON has it, which Higress' own quoting is not: a control
character or a quote at the text's end breaks its document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from aicache.formats import sse
from aicache.formats.json_body import render_json_line
from aicache.formats.openai.chat_completion import Completion

JSON, EVENTS = "application/json; charset=utf-8", "text/event-stream; charset=utf-8"
"""The content types that Higress has for the two."""

_VERB = re.compile("%[%s]")
_PROBE = 'z"\\\n%s'
"""Escaped, it is only JSON within quotes, and behind no backslash or half an escape: then so is every other text."""
_MORE_THAN_TEXT = ("tool_calls", "function_call", "refusal", "audio", "images", "annotations")


@dataclass(frozen=True, slots=True)
class Template:
    """The text before and after an answer's own. *source* is the template as its user wrote it."""

    source: str
    before: str
    after: str
    content_type: str

    def fill(self, text: str) -> bytes:
        """Return the document. Raises ValueError for text that is not valid Unicode."""
        return f"{self.before}{_escaped(text)}{self.after}".encode()


def parse_whole(source: str) -> Template:
    """Parse a template for one JSON document. Raises ValueError with the fault, worded to follow the template."""
    template = Template(source, *_parts(source), JSON)
    if not _is_json(template.fill(_PROBE)):
        raise ValueError('is not JSON once a text stands for %s: write one document, with "%s" between double quotes')
    return template


def parse_stream(source: str) -> Template:
    """Parse a template for a whole stream, its ``data:`` and ``[DONE]`` included. Raises ValueError as `parse_whole`.

    The blank line that ends an event is added at the end: YAML's block scalars leave it out.
    """
    before, after = _parts(source)
    template = Template(source, before, after.rstrip("\r\n") + "\n\n", EVENTS)
    events = [event.data.strip() for event in sse.decode(template.fill(_PROBE))]
    readable = all(data == "[DONE]" or _is_json(data) for data in events)
    if not readable or not any(_escaped(_PROBE) in data for data in events):
        raise ValueError(
            'is no stream of events once a text stands for %s: write data:{…} with "%s" between double quotes, a blank '
            r"line, data:[DONE], a blank line (YAML takes \n for a line end between double quotes only)"
        )
    return template


def spoken(answer: Completion) -> str | None:
    """Return the text that is all an answer says, reasoning aside; None when a template would lose something of it."""
    if len(answer.choices) != 1:
        return None
    (choice,) = answer.choices
    text = choice.message.get("content")
    if not isinstance(text, str) or not text or choice.extra.get("logprobs"):
        return None
    return None if any(choice.message.get(name) for name in _MORE_THAN_TEXT) else text


def _parts(source: str) -> tuple[str, str]:
    """Return what stands before and after the place of the text."""
    place = next((verb for verb in _VERB.finditer(source) if verb[0] == "%s"), None)
    if place is None:
        raise ValueError('has no %s, so all hits would say the same: write "%s" where a text belongs')
    return source[: place.start()].replace("%%", "%"), source[place.end() :].replace("%%", "%")


def _is_json(document: bytes | str) -> bool:
    try:
        msgspec.json.decode(document)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True


def _escaped(text: str) -> str:
    """Return *text* as it stands between the quotes of a JSON string, on one line for every reader of lines."""
    return render_json_line(text)[1:-1]
