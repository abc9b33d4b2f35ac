"""Detects questions whose answer may depend on the caller or the time; their key includes the end user. Pure.

Deliberately wider than `time_sensitive`: a false alarm only means that two end users do not share an answer.
"""

from __future__ import annotations

import re
import unicodedata

from aicache.guards.lexicon import first_person
from aicache.guards.normalize import normalize
from aicache.guards.time_sensitive import depends_on_now, phrases_in, words_of

MAX_SCANNED_CHARS = 8_000
"""Characters that are scanned, half of them at either end: a question comes before or after a long text."""

_MAX_PHRASE_CHARS = 2_000
"""Characters at either end that are also scanned for phrases of several words."""
_TURKISH = re.compile("[\u0131\u011f\u015f]|\\bmi[ ?]*$")
_SUFFIX = re.compile(r"'\w+")  # Hamlet'i
_TURKISH_MINE = re.compile(
    r"\w{2,}(?:[\u0131iu\u00fc]m|[ae]m)(?:[\u0131iu\u00fc]|[ae]|[dt][ae]n?|[\u0131iu\u00fc]n|l[ae]r\w*)?$"
)
_ARABIC_MINE = re.compile("[\u0621-\u064a]{3,}\u064a$")


def depends_on_caller(text: str) -> bool:
    """Return whether the answer to a text may differ between callers, or change with time. Never raises.

    Triggers: a word in the first person, except in impersonal frames (how do I, tell me); a word for the present; a
    thing that usually belongs to a person (a parcel, a balance).
    """
    if len(text) > MAX_SCANNED_CHARS:
        text = text[: MAX_SCANNED_CHARS // 2] + "\n" + text[-MAX_SCANNED_CHARS // 2 :]
    plain = unicodedata.normalize("NFKC", text).casefold()
    if len(plain) > 2 * MAX_SCANNED_CHARS:
        return True  # NFKC expands a character to up to eighteen: too much to scan
    turkish = _TURKISH.search(plain) is not None
    if not plain.isascii():
        plain = plain.replace("\u2019", "'")
        if _FIRST_PERSON_UNSPACED.search(_FRAMES_UNSPACED.sub(" ", plain)) is not None:
            return True
        if _THINGS_UNSPACED.search(plain) is not None:
            return True
    words = words_of(_SUFFIX.sub("", plain) if turkish else plain)
    first_person_words = _FIRST_PERSON.intersection(words)
    if first_person_words:
        first_person_words = _FIRST_PERSON.intersection(_without_frames(words))
    if "je" in first_person_words and not _DUTCH_WORDS.isdisjoint(words):
        first_person_words -= {"je"}
    if turkish:
        first_person_words -= {"mi"}
    if first_person_words or _LOWERCASE_US.search(text) is not None:
        return True
    if turkish and any(_TURKISH_MINE.match(word) for word in words):
        return True
    if any(word not in _ARABIC_OTHERS and _ARABIC_MINE.match(word) for word in words if word[-1] == "\u064a"):
        return True
    if not _NOW.isdisjoint(words) or _names_a_thing(words):
        return True
    if len(text) <= 2 * _MAX_PHRASE_CHARS:
        return depends_on_now(text)
    return depends_on_now(text[:_MAX_PHRASE_CHARS]) or depends_on_now(text[-_MAX_PHRASE_CHARS:])


def _names_a_thing(words: list[str]) -> bool:
    """Return whether the words mention a thing that usually belongs to a person, or the last or next one of a kind."""
    for at, word in enumerate(words):
        if any(
            word[:length] in _BEGINNINGS
            for length in range(_MIN_BEGINNING_CHARS, min(len(word), _MAX_BEGINNING_CHARS) + 1)
        ):
            return True
        if any(tuple(words[at : at + len(phrase)]) == phrase for phrase in _PHRASES.get(word, ())):
            return True
    return False


def _without_frames(words: list[str]) -> list[str]:
    """Return the words without impersonal frames in the first person, like "how do I"."""
    kept, at = [], 0
    while at < len(words):
        frames = _FRAMES.get(words[at], ())
        length = max((len(frame) for frame in frames if tuple(words[at : at + len(frame)]) == frame), default=0)
        if not length:
            kept.append(words[at])
        at += length or 1
    return kept


_LOWERCASE_US = re.compile(r"\bus\b")  # in capitals it is a country
_DUTCH_WORDS = frozenset(first_person.DUTCH_WORDS.split())
_FIRST_PERSON = frozenset(words_of(normalize(first_person.FIRST_PERSON)))
_NOW = frozenset(words_of(normalize(first_person.NOW)))
_FRAMES = phrases_in(first_person.FRAMES)
_ARABIC_OTHERS = frozenset(words_of(normalize(first_person.ARABIC_OTHERS)))
_FIRST_PERSON_UNSPACED = re.compile("|".join(first_person.FIRST_PERSON_UNSPACED.split()))
_FRAMES_UNSPACED = re.compile("|".join(sorted(first_person.FRAMES_UNSPACED.split(), key=len, reverse=True)))
_BEGINNINGS = frozenset(words_of(normalize(first_person.BEGINNINGS)))
_MIN_BEGINNING_CHARS = min(map(len, _BEGINNINGS))
_MAX_BEGINNING_CHARS = max(map(len, _BEGINNINGS))
_PHRASES = phrases_in(first_person.PHRASES)
_THINGS_UNSPACED = re.compile("|".join(first_person.THINGS_UNSPACED.split()))
