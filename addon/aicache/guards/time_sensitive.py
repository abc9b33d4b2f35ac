"""Detects questions whose answer depends on the time or the caller, so that it cannot be reused. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from aicache.guards.lexicon import generic_questions, live_words, personal_questions, personal_words, time_words
from aicache.guards.normalize import normalize, normalize_keeping_case
from aicache.guards.patterns import compile_later

_WORD = re.compile(r"[^\W\d_]+")
_ARABIC_VOWELS = compile_later("[\u0640\u064b-\u0652]")  # Arabic vowels, which are mostly left out
_SENTENCE_END = re.compile(r"[.?!。؟;\n]\s*(?=\S)")
MAX_SCANNED_CHARS = 8_000
"""Characters that are scanned, half of them at either end."""
_MAX_DISTANCE_WORDS = 3
"""Words up to the thing that a possessive refers to: mon dernier colis, le solde de mon compte."""
_MAX_COMPOUND_WORDS = 2
"""The same in English: my heater bill."""
_MAX_VERB_DISTANCE_WORDS = 5
"""Words between a possessive and the word for what has become of the thing: has my leave request been approved?"""

_MAX_WORDS_BEFORE_WHEN = 3
"""Words at the beginning of a question among which when or where is looked for; elsewhere it may join clauses."""
_MAX_WHEN_DISTANCE_WORDS = 4
"""Words from when or where to the possessive: quand est-ce que mon contrat expire."""


def depends_on_now(question: str) -> bool:
    """Return whether the answer will soon change, or differs between callers. Never raises.

    Of a long text both ends are scanned: the question comes before or after the text that it is about.
    """
    if len(question) > MAX_SCANNED_CHARS:
        question = question[: MAX_SCANNED_CHARS // 2] + "\n" + question[-MAX_SCANNED_CHARS // 2 :]
    if not question.isascii() and len(unicodedata.normalize("NFKC", question)) > 2 * MAX_SCANNED_CHARS:
        return True  # NFKC expands a character to up to eighteen: too much to scan
    plain = normalize(question)
    return asks_about_now(plain) or asks_about_caller(plain)


def asks_about_now(plain: str) -> bool:
    """Return whether a normalized text asks for something that will be different tomorrow."""
    words = words_of(plain)
    if _NOW_PATTERN.search(plain) is not None or _contain_phrase(words, _NOW) or _contain_now(words):
        return not _explains_a_word_for_now(plain)
    if not plain.isascii() and _NOW_UNSPACED.search(plain) is not None:
        return True
    lives = (
        _contain_phrase(words, _LIVE)
        or _LIVE_PATTERN.search(plain) is not None
        or _CONVERSION.search(plain) is not None
        or (not plain.isascii() and _LIVE_UNSPACED.search(plain) is not None)
    )
    return lives and not asks_in_general(plain)


def asks_about_caller(plain: str) -> bool:
    """Return whether a normalized text asks for something of the caller's: my order, my balance.

    How one does something with it is asked by all alike: how do I cancel my order?
    """
    words = words_of(plain)
    personal = (
        _contain_phrase(words, _OWN_PHRASES, as_prefix=True)
        or _have_possession(words)
        or (is_one_question(plain) and (_ask_what_became(words) or _ask_when_or_where(words) or _OWN.search(plain)))
        or (not plain.isascii() and _OWN_UNSPACED.search(plain) is not None)
    )
    return bool(personal) and not _asks_how_to(plain)


def asks_in_general(plain: str) -> bool:
    """Return whether a normalized text is one question, of what something means, how it works, or how it is done."""
    return is_one_question(plain) and (_MEANING.search(plain) is not None or _HOW_TO.search(plain) is not None)


def is_one_question(plain: str) -> bool:
    """Return whether a text is one short sentence, for which its frame speaks."""
    return len(plain) <= generic_questions.MAX_CHARS and _SENTENCE_END.search(plain) is None


def without_how_to(plain: str) -> str:
    """Return a text without the words that ask how one does something."""
    return _HOW_TO.sub(" ", plain)


def words_of(plain: str) -> list[str]:
    """Return the words of a normalized text, Arabic ones without vowel signs."""
    return _WORD.findall(plain if plain.isascii() else _ARABIC_VOWELS.sub("", plain))


def _asks_how_to(plain: str) -> bool:
    return is_one_question(plain) and _HOW_TO.search(plain) is not None


def _explains_a_word_for_now(plain: str) -> bool:
    """Return whether the words for the present are what is asked about: what "today" means, by today's standards."""
    return is_one_question(plain) and _ABOUT_A_WORD.search(plain) is not None


def _contain_now(words: Sequence[str]) -> bool:
    return any(_is_now(words, at) for at in range(len(words)))


def _is_now(words: Sequence[str], at: int) -> bool:
    word = words[at]
    if (others := _NOW_UNLESS_AFTER.get(word)) is not None:
        return at > 0 and words[at - 1] not in others
    return len(word) > 5 and word.startswith(_NOW_BEGINNINGS) and not word.startswith(_NOT_NOW)


def _contain_phrase(
    words: Sequence[str], phrases: Mapping[str, list[tuple[str, ...]]], *, as_prefix: bool = False
) -> bool:
    """Return whether the words contain one of *phrases* (by first word); *as_prefix*: also with a suffix."""
    for at, word in enumerate(words):
        for phrase in phrases.get(word, ()):
            if tuple(words[at : at + len(phrase)]) == phrase:
                return True
            if as_prefix and len(phrase) > 1 and _matches_as_prefix(words[at : at + len(phrase)], phrase):
                return True
        if as_prefix and len(word) > 5 and word.startswith(_SUFFIXED):
            return True
    return False


def _matches_as_prefix(words: Sequence[str], phrase: tuple[str, ...]) -> bool:
    if len(phrase[-1]) < 3:
        return False
    return tuple(words[:-1]) == phrase[:-1] and len(words) == len(phrase) and words[-1].startswith(phrase[-1])


def _have_possession(words: Sequence[str]) -> bool:
    """Return whether a personal thing follows a possessive: meine letzte Bestellung."""
    for at, word in enumerate(words):
        if word not in _POSSESSIVES:
            continue
        distance = _MAX_COMPOUND_WORDS if word in _ENGLISH_POSSESSIVES else _MAX_DISTANCE_WORDS
        if any(_is_personal_thing(each) for each in words[at + 1 : at + 1 + distance]):
            return True
    return False


def _ask_what_became(words: Sequence[str]) -> bool:
    """Return whether the words ask what has become of something of the caller's: is my transfer approved?"""
    if not _CONDITIONS.isdisjoint(words):
        return False
    return any(
        word in _POSSESSIVES and not _DONE.isdisjoint(words[max(0, at - 2) : at + 1 + _MAX_VERB_DISTANCE_WORDS])
        for at, word in enumerate(words)
    )


def _ask_when_or_where(words: Sequence[str]) -> bool:
    """Return whether the words ask when or where something of the caller's is: when does my contract end?"""
    if not _OUGHT.isdisjoint(words):
        return False
    return any(
        word in _WHEN_OR_WHERE and not _POSSESSIVES.isdisjoint(words[at + 1 : at + 1 + _MAX_WHEN_DISTANCE_WORDS])
        for at, word in enumerate(words[:_MAX_WORDS_BEFORE_WHEN])
    )


def _is_personal_thing(word: str) -> bool:
    return word in _THINGS or any(
        word[:length] in _THING_BEGINNINGS for length in range(2, min(len(word), _MAX_BEGINNING_CHARS) + 1)
    )


def phrases_in(text: str) -> dict[str, list[tuple[str, ...]]]:
    """Return the phrases of a lexicon's text, split into words, by their first word."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in re.split(r"[/\n]", text):
        if words := tuple(words_of(normalize(phrase))):
            found.setdefault(words[0], []).append(words)
    return found


def _normal_words(tables: Iterable[str]) -> frozenset[str]:
    return frozenset(word for table in tables for word in words_of(normalize(table)))


def _patterns(tables: Iterable[str]) -> re.Pattern[str]:
    """Return what matches any of the patterns that stand between spaces."""
    return compile_later("|".join(pattern for table in tables for pattern in normalize_keeping_case(table).split()))


def _pattern_lines(tables: Iterable[str]) -> re.Pattern[str]:
    """Return what matches any of the patterns that stand in lines."""
    return compile_later(
        "|".join(line for table in tables for line in normalize_keeping_case(table).splitlines() if line)
    )


_NOW = phrases_in("\n".join(time_words.NOW.values()))
_LIVE = phrases_in("\n".join(live_words.LIVE.values()))
_NOW_UNSPACED = _patterns(time_words.NOW_UNSPACED.values())
_LIVE_UNSPACED = _patterns(live_words.LIVE_UNSPACED.values())
_NOW_PATTERN = _pattern_lines([time_words.NOW_PATTERNS])
_CURRENCY = "|".join(live_words.CURRENCIES.split())
_CONVERSION = re.compile(rf"\b(?:{_CURRENCY})\s?(?:/|to|in|zu|en|a|na|в)\s?(?:{_CURRENCY})\b")
_LIVE_PATTERN = _pattern_lines([live_words.LIVE_PATTERNS])
_ABOUT_A_WORD = _pattern_lines([generic_questions.ABOUT_A_WORD])
_NOW_BEGINNINGS = tuple(_normal_words(time_words.NOW_BEGINNINGS.values()))
_NOT_NOW = tuple(_normal_words(time_words.NOT_NOW.values()))
_NOW_UNLESS_AFTER = {
    words_of(normalize(line))[0]: frozenset(words_of(normalize(line))[1:])
    for line in time_words.NOW_UNLESS_AFTER.splitlines()
    if line
}
_MEANING = _pattern_lines(generic_questions.MEANING.values())
_HOW_TO = _pattern_lines(generic_questions.HOW_TO.values())
_OWN_PHRASES = phrases_in("\n".join(personal_words.PHRASES.values()))
_OWN_UNSPACED = _patterns(personal_words.UNSPACED.values())
_SUFFIXED = tuple(word for word, phrases in _OWN_PHRASES.items() if (word,) in phrases and len(word) > 4)
_OWN = _pattern_lines(personal_questions.PATTERNS.values())
_WHEN_OR_WHERE = _normal_words(personal_questions.WHEN_OR_WHERE.values())
_OUGHT = _normal_words(personal_questions.OUGHT.values())
_ENGLISH_POSSESSIVES = _normal_words([personal_words.MINE["en"]])
_CONDITIONS = _normal_words(personal_questions.CONDITIONS.values())
_POSSESSIVES = _normal_words(personal_words.MINE.values())
_THINGS = _normal_words([personal_words.THINGS["en"]])
_THING_BEGINNINGS = _normal_words(table for language, table in personal_words.THINGS.items() if language != "en")
_MAX_BEGINNING_CHARS = max(map(len, _THING_BEGINNINGS))
_DONE = _normal_words(personal_questions.DONE.values())
