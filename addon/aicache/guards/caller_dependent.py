"""Detects questions whose answer may depend on the caller or the time; their key includes the end user. Pure.

Deliberately wider than `time_sensitive`: a false alarm only means that two end users do not share an answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from aicache.guards.lexicon import first_person, personal_words
from aicache.guards.normalize import normalize, normalize_keeping_case
from aicache.guards.patterns import compile_later
from aicache.guards.time_sensitive import (
    asks_in_general,
    depends_on_now,
    is_one_question,
    phrases_in,
    without_how_to,
    words_of,
)

MAX_SCANNED_CHARS = 8_000
"""Characters that are scanned, half of them at either end: a question comes before or after a long text."""

_MAX_PHRASE_CHARS = 2_000
"""Characters at either end that are also scanned for phrases of several words."""
_TURKISH = re.compile("[\u0131\u011f\u015f]|\\bmi[ ?]*$")
_SUFFIX = re.compile(r"'\w+")  # Hamlet'i
_TURKISH_MINE = compile_later(
    r"\w{2,}(?:[\u0131iu\u00fc]m|[ae]m)(?:[\u0131iu\u00fc]|[ae]|[dt][ae]n?|[\u0131iu\u00fc]n|l[ae]r\w*)?$"
)
_ARABIC_MINE = compile_later("[\u0621-\u064a]{3,}\u064a$")


def depends_on_caller(text: str) -> bool:
    """Return whether the answer to a text may differ between callers, or change with time. Never raises.

    Triggers: a word in the first person, except in impersonal frames (how do I, tell me); a word for the present; a
    thing that usually belongs to a person (a parcel, a balance), except in a general question (what is an invoice).
    """
    if len(text) > MAX_SCANNED_CHARS:
        text = text[: MAX_SCANNED_CHARS // 2] + "\n" + text[-MAX_SCANNED_CHARS // 2 :]
    plain = unicodedata.normalize("NFKC", text).casefold()
    if len(plain) > 2 * MAX_SCANNED_CHARS:
        return True  # NFKC expands a character to up to eighteen: too much to scan
    general = False
    if is_one_question(plain):
        general = asks_in_general(normalize(text))
        plain = _without_shared_things(normalize_keeping_case(plain))
        plain = without_how_to(plain) if general else plain
    turkish = _TURKISH.search(plain) is not None
    if not plain.isascii():
        plain = plain.replace("\u2019", "'")
        if _FIRST_PERSON_UNSPACED.search(_FRAMES_UNSPACED.sub(" ", plain)) is not None:
            return True
        if not general and _THINGS_UNSPACED.search(plain) is not None:
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
    if not _NOW.isdisjoint(words) or (not general and _names_a_thing(words)):
        return True
    if len(text) <= 2 * _MAX_PHRASE_CHARS:
        return depends_on_now(text)
    return depends_on_now(text[:_MAX_PHRASE_CHARS]) or depends_on_now(text[-_MAX_PHRASE_CHARS:])


def _without_shared_things(plain: str) -> str:
    """Return a question why or how without the things that all ask about in the same way: why does my code fail?"""
    return _SHARED_THING.sub(" ", plain) if _WHY_OR_HOW.search(plain) is not None else plain


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


def _any_of(tables: Iterable[str]) -> str:
    """Return a pattern for the words of tables; a long one may go on, as it is inflected."""
    words = sorted({word for table in tables for word in normalize_keeping_case(table).split()}, key=len, reverse=True)
    return "|".join(rf"{re.escape(word)}\w{'*' if len(word) >= _MIN_STEM_CHARS else '{0,2}'}\b" for word in words)


_MIN_STEM_CHARS = 6
_UNSPACED = frozenset({"ja", "th", "zh", "zh-tw"})
_SUFFIXING = frozenset({"tr", "ar"})
_WHY_OR_HOW = re.compile(
    normalize_keeping_case(
        r"\b(?:why|how|warum|wieso|weshalb|wie|pourquoi|comment|por qué|por que|porque|cómo|como|perché|come|waarom|hoe"
        r"|dlaczego|czemu|jak|neden|niye|niçin|nasıl|почему|как|зачем)\b|لماذا|كيف|なぜ|どう|왜|어떻게|ทำไม|วิธี|อย่างไร|为什么|怎么|如何"
    )
)
_SHARED_SPACED = [table for language, table in personal_words.SHARED.items() if language not in _UNSPACED | _SUFFIXING]
_SHARED_SUFFIXED = [table for language, table in personal_words.SHARED.items() if language in _SUFFIXING]
_SHARED_UNSPACED = "|".join(
    normalize_keeping_case(" ".join(personal_words.SHARED[language] for language in sorted(_UNSPACED))).split()
)
_SHARED_THING = compile_later(
    rf"\b(?:{'|'.join(words_of(normalize(' '.join(personal_words.MINE.values()))))})\s(?:[^\W\d_]+\s)?"
    rf"(?:{_any_of(_SHARED_SPACED)})|\b(?:{_any_of(_SHARED_SUFFIXED)})|الكود الخاص بي"
    rf"|(?:私|僕|俺|自分)の(?:{_SHARED_UNSPACED})|我们?的?(?:{_SHARED_UNSPACED})|(?:{_SHARED_UNSPACED})ของ(?:ฉัน|ผม|ดิฉัน)"
)
_LOWERCASE_US = re.compile(r"\bus\b")  # in capitals it is a country
_DUTCH_WORDS = frozenset(first_person.DUTCH_WORDS.split())
_FIRST_PERSON = frozenset(words_of(normalize(first_person.FIRST_PERSON)))
_NOW = frozenset(words_of(normalize(first_person.NOW)))
_FRAMES = phrases_in(first_person.FRAMES)
_ARABIC_OTHERS = frozenset(words_of(normalize(first_person.ARABIC_OTHERS)))
_FIRST_PERSON_UNSPACED = compile_later("|".join(first_person.FIRST_PERSON_UNSPACED.split()))
_FRAMES_UNSPACED = compile_later("|".join(sorted(first_person.FRAMES_UNSPACED.split(), key=len, reverse=True)))
_BEGINNINGS = frozenset(words_of(normalize(first_person.BEGINNINGS)))
_MIN_BEGINNING_CHARS = min(map(len, _BEGINNINGS))
_MAX_BEGINNING_CHARS = max(map(len, _BEGINNINGS))
_PHRASES = phrases_in(first_person.PHRASES)
_THINGS_UNSPACED = compile_later("|".join(first_person.THINGS_UNSPACED.split()))
