"""Puts a question in the frame that stands for all that ask the same: how do A and B differ, 怎样才能…. Pure.

The rest of the text stays as it is written, so that what is compared is what is asked for. Two frames share one that
stands for them only if they ask for the same of anything: how one does it, whether one may, must or can, why, what to
do if. For comparing only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from aicache.guards.lexicon import rephrasings, rephrasings_unspaced
from aicache.guards.normalize import normalize_keeping_case
from aicache.guards.patterns import compile_later
from aicache.guards.verb_infinitives import (
    dutch_infinitive,
    german_infinitive,
    turkish_infinitive,
    without_te,
    without_zu,
)

MAX_REPHRASED_CHARS = 200
"""Characters of a text up to which its frame is looked for."""
MAX_ENDING_CHARS = 40
"""Characters at the end of a text in which it may be asked what to do about the rest."""
_QUOTED = compile_later("[\"`《》<>{}=|\n]|['’][^'’]*['’](?!\\w)|'$")
"""What makes a text one whose words may be meant as they are written."""
_SLOTS = {
    "{x}": r"(?P<x>(?:[^.!?;:]|[.:](?=\d))+?)",
    "{c}": r"(?P<x>(?:[^,.!?;:]|[.,:](?=\d))+?)",
    "{a}": r"(?P<a>[^,.!?;:]+?)",
    "{b}": r"(?P<b>[^,.!?;:]+?)",
    "{v}": r"(?P<v>[^\W\d_]+)",
    "{zu}": r"(?P<zu>zu [^\W\d_]+n|[^\W\d_]+zu[^\W\d_]+n)",
    "{te}": r"(?P<te>(?:[^\W\d_]+ )?te [^\W\d_]+n)",
    "{mek}": r"(?P<v>[^\W\d_]+m[ae]k)",
    "{tr_verb}": r"(?P<tr_verb>[^\W\d_]+?)",
    "{de_verb}": r"(?P<de_verb>[^\W\d_]+[et])",
    "{nl_verb}": r"(?P<nl_verb>[^\W\d_]+)",
}
"""What stands for a part of the text in the patterns of the lexicon: words, those without a comma, a verb."""
_CONTINUED = re.compile(r"\\\n\s*")
_FIRST = re.compile(r"^(?:\(\?:(?P<some>[^()]+)\)|(?P<one>[^\s(|?,]+))(?!\?)")
_ARTICLE = compile_later(
    "(?:el|la|los|las|un|una|il|lo|i|gli|le|les|une|der|die|das|dem|den|ein|eine|einem|einer|os|as|um|uma|de|het"
    "|een) |l'",
    re.IGNORECASE,
)
"""An article before what is compared with another, other than in English."""
_FIRST_WORD = re.compile(r"[\s¿¡]*(?P<word>[^\W\d_]+)")
_UNSPACED = compile_later("[\u0e01-\u0e4e\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_KANA, _THAI, _HANGUL = (
    compile_later("[\u3041-\u30ff]"),
    compile_later("[\u0e01-\u0e4e]"),
    compile_later("[\uac00-\ud7a3]"),
)


class Frame(NamedTuple):
    """A way to ask, and the one that stands for it."""

    pattern: re.Pattern[str]
    instead: str


def _pattern(text: str) -> re.Pattern[str]:
    for slot, pattern in _SLOTS.items():
        text = text.replace(slot, pattern)
    return compile_later(rf"[\s¿¡]*{text}[\s?.؟]*$", re.IGNORECASE)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in _CONTINUED.sub("", text).splitlines() if line.strip()]


def _frames(lines: str) -> Iterator[tuple[str, Frame]]:
    """Yield each way to ask of a lexicon: the frame that stands for it, then the ways, a line each."""
    instead = ""
    for line in _lines(lines):
        if line.startswith("= "):
            instead = line.removeprefix("= ")
        else:
            yield line, Frame(_pattern(line), instead)


def _by_first_word(tables: Sequence[str]) -> Mapping[str, Sequence[Frame]]:
    found: dict[str, list[Frame]] = {}
    for lines in tables:
        for line, frame in _frames(lines):
            if (match := _FIRST.match(line)) is None:
                raise ValueError(f"a frame begins with no word: {line}")
            for word in (match["some"] or match["one"]).split("|"):
                begins = _FIRST_WORD.match(word)
                found.setdefault(begins["word"] if begins else word, []).append(frame)
    return found


_BY_FIRST_WORD = _by_first_word(rephrasings.BEGINNINGS)
_ENDINGS = [frame for _, frame in _frames(rephrasings.ENDINGS)]
_HAS_ENDING = compile_later(rephrasings.HAS_ENDING)


def _replacements(lines: str) -> Sequence[tuple[re.Pattern[str], str]]:
    for name, pattern in rephrasings_unspaced.PARTS.items():
        lines = lines.replace(name, pattern)
    pairs = (line.partition("=>") for line in _lines(normalize_keeping_case(lines)))
    return [(compile_later(pattern.strip()), instead.strip()) for pattern, _, instead in pairs]


_CHINESE = _replacements(rephrasings_unspaced.CHINESE)
_JAPANESE = _replacements(rephrasings_unspaced.JAPANESE)
_KOREAN = _replacements(rephrasings_unspaced.KOREAN)
_THAI_FRAMES = _replacements(rephrasings_unspaced.THAI)
_ABOUT_WORDS = compile_later(rephrasings_unspaced.ABOUT_WORDS)


def rephrase(text: str) -> str:
    """Return a text, normalized but for its case, in the frame that stands for its own; the text itself if none does.

    Never raises. A text has `MAX_REPHRASED_CHARS` at most, as the frames with two parts are tried in many places.
    """
    if len(text) > MAX_REPHRASED_CHARS or _QUOTED.search(text) is not None:
        return text
    if not text.isascii() and _UNSPACED.search(text) is not None:
        return _rephrase_unspaced(text)
    first = _FIRST_WORD.match(text)
    if first is None:
        return text
    for frame in _BY_FIRST_WORD.get(first["word"].casefold(), ()):
        if (match := frame.pattern.match(text)) is not None and (found := _filled(frame.instead, match)):
            return found
    if _HAS_ENDING.search(text[-MAX_ENDING_CHARS:].lower()) is not None:
        for frame in _ENDINGS:
            if (match := frame.pattern.match(text)) is not None and (found := _filled(frame.instead, match)):
                return found
    return text


def _rephrase_unspaced(text: str) -> str:
    if ":" in text or _ABOUT_WORDS.search(text) is not None:
        return text
    if _HANGUL.search(text) is not None:
        frames = _KOREAN
    elif _KANA.search(text) is not None:
        frames = _JAPANESE
    else:
        frames = _THAI_FRAMES if _THAI.search(text) is not None else _CHINESE
    for pattern, instead in frames:
        text = pattern.sub(instead, text)
    return text


def _filled(instead: str, match: re.Match[str]) -> str:
    """Return a frame with what was found in another; "" where a verb is none whose infinitive is known."""
    found = {name: value.strip() for name, value in match.groupdict().items() if value is not None}
    if (verb := found.get("zu")) is not None:
        found["v"] = without_zu(verb)
    elif (verb := found.get("te")) is not None:
        found["v"] = without_te(verb)
    elif (verb := found.get("de_verb")) is not None:
        found["x"], found["v"] = german_infinitive(found["x"], verb)
    elif (verb := found.get("nl_verb")) is not None:
        found["x"], found["v"] = dutch_infinitive(found["x"], verb)
    elif (verb := found.get("tr_verb")) is not None:
        found["v"] = turkish_infinitive(verb)
    if found.get("v") == "":
        return ""
    if found.get("x") and instead[:1] != "{" and not match.string[: match.start("x")].strip(" ¿¡"):
        found["x"] = found["x"][:1].lower() + found["x"][1:]
    for each in ("a", "b"):
        if (article := _ARTICLE.match(found.get(each, ""))) is not None:
            found[each] = found[each][article.end() :]
    return " ".join(instead.format_map(found).split())
