"""Small words that decide: before or after, all or some, must or may, he or she. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from aicache.guards.comparison import Difference
from aicache.guards.language import HAN, KANA
from aicache.guards.lexicon import small_words as lexicon
from aicache.guards.lexicon.logic_words import QUANTIFIERS
from aicache.guards.lexicon.tables import UNSPACED_LANGUAGES
from aicache.guards.lexicon.tenses import ONE_SIDED, TENSES, UNSPACED_TENSES
from aicache.guards.patterns import any_of, compile_later

_AMOUNTS = {
    **{each: each for each in ("all", "some", "none", "never", "only", "often", "rarely", "both")},
    "always": "all",
    "sometimes": "some",
}
_TENSES = {
    language: {name: frozenset(words.split()) for name, words in tenses.items()} for language, tenses in TENSES.items()
}
_UNSPACED_TENSES = {name: compile_later(pattern) for name, pattern in UNSPACED_TENSES.items()}
_UNSPACED_QUANTIFIERS = {
    word: _AMOUNTS[meaning]
    for language in sorted(UNSPACED_LANGUAGES)
    for meaning, words in QUANTIFIERS[language].items()
    if meaning in _AMOUNTS
    for word in words
    if len(word) > 1
}
_UNSPACED_QUANTIFIER = compile_later(any_of(sorted(_UNSPACED_QUANTIFIERS, key=len, reverse=True)))
_SUPPORT = frozenset("do does did had".split())
_VERBS = frozenset().union(*_TENSES["en"].values())


def _by_word(tables: Mapping[str, str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for language, text in tables.items():
        pairs = (each.partition("=") for each in text.split())
        found[language] = {word: value for word, _, value in pairs}
    return found


PREPOSITIONS = _by_word(lexicon.PREPOSITIONS)
_QUANTIFIERS = _by_word(lexicon.QUANTIFIERS)
_MODALS = _by_word(lexicon.MODALS)
_FIRST_OF_MODALS = frozenset(word.partition("_")[0] for modals in _MODALS.values() for word in modals if "_" in word)
_PRONOUNS = _by_word(lexicon.PRONOUNS)
_UNSPACED_PRONOUN = compile_later(any_of(sorted(lexicon.UNSPACED_PRONOUNS, key=len, reverse=True)))
_WAY = frozenset("how where wie wo comment où como cómo dónde come dove onde hoe waar jak gdzie как где".split())
_ENGLISH_WAY = re.compile(
    r"\b(?:how|where) (?:can|could|should|shall|must|may|would|will|do|does|did|to|i|we|you|one)\b"
)
_UNSPACED_WAY = compile_later("怎么|怎样|如何|哪|どう|どこ|어떻게|어디|อย่างไร|ยังไง|ที่ไหน")
_UNSPACED_MODALS = {name: compile_later(pattern) for name, pattern in lexicon.UNSPACED_MODALS.items()}
_NONE: dict[str, str] = {}
_NO_WORDS: frozenset[str] = frozenset()
_SMALL_WORDS = {
    language: frozenset().union(
        *(table.get(language, ()) for table in (_QUANTIFIERS, _MODALS, _PRONOUNS)),
        *_TENSES.get(language, {}).values(),
        _SUPPORT if language == "en" else (),
    )
    for language in _QUANTIFIERS.keys() | _MODALS.keys() | _PRONOUNS.keys() | _TENSES.keys()
}
"""All of those whose presence counts, by language; prepositions are looked for outside of courtesies only."""


class SmallWords(NamedTuple):
    """The small words of a text by kind, each by its value, in order."""

    prepositions: tuple[str, ...]
    quantifiers: tuple[str, ...]
    modals: frozenset[str]
    pronouns: tuple[str, ...]
    tenses: frozenset[str]
    asks_way: bool
    """Whether it asks how or what to do: then can, should and must are one."""
    states: bool
    """Whether it has a form of "to be", other than beside "do": is, was."""
    asks_whether: bool
    """Whether it begins with a verb, as a question for yes or no."""
    nears: str
    """Whether something is about to be, or has been: "before", "after"."""
    particle: str
    """The function word that ends a German or Dutch text: an, aus."""


def find_small_words(plain: str, words: Sequence[str], said: Sequence[str], language: str) -> SmallWords:
    """Return the small words of a normalized text in a language; *said* are its words without its courtesies."""
    prepositions, quantifiers = PREPOSITIONS.get(language, _NONE), _QUANTIFIERS.get(language, _NONE)
    modals, pronouns = _MODALS.get(language, _NONE), _PRONOUNS.get(language, _NONE)
    small = _SMALL_WORDS.get(language, _NO_WORDS)
    found = [word for word in words if word in small]
    persons = [pronouns[word] for word in found if word in pronouns]
    if not persons and not plain.isascii():
        persons = [lexicon.UNSPACED_PRONOUNS[found] for found in _UNSPACED_PRONOUN.findall(plain)]
    tenses = (
        {name for name, some in _TENSES.get(language, {}).items() if not some.isdisjoint(found)} if found else set()
    )
    if not tenses and not plain.isascii():
        tenses = {name for name, pattern in _UNSPACED_TENSES.items() if pattern.search(plain)}
    if not tenses and (language in ONE_SIDED or (HAN.search(plain) and not KANA.search(plain))):
        tenses = {"present"}
    amounts = [quantifiers[word] for word in found if word in quantifiers]
    if not amounts and not plain.isascii():
        amounts = [_UNSPACED_QUANTIFIERS[found] for found in _UNSPACED_QUANTIFIER.findall(plain)]
    needs = {modals[word] for word in found if word in modals}
    if not _FIRST_OF_MODALS.isdisjoint(words):
        needs |= {modals[pair] for pair in map("_".join, pairwise(words)) if pair in modals}  # have to
    if not needs and not plain.isascii():
        needs = {name for name, pattern in _UNSPACED_MODALS.items() if pattern.search(plain)}
    return SmallWords(
        tuple([prepositions[word] for word in said if word in prepositions]),
        tuple(amounts),
        frozenset(needs),
        tuple(persons),
        frozenset(tenses),
        ((" " in plain and _ENGLISH_WAY.search(plain) is not None) if language == "en" else not _WAY.isdisjoint(words))
        or (not plain.isascii() and _UNSPACED_WAY.search(plain) is not None),
        language != "en" or _SUPPORT.isdisjoint(found),
        bool(words) and words[0] in _VERBS,
        _nears(plain) if language == "en" else "",
        words[-1] if language in ("de", "nl") and words and words[-1] in prepositions else "",
    )


def _nears(plain: str) -> str:
    return "before" if " about to " in plain else "after" if " been " in plain else ""


def find_known_differences(one: SmallWords, other: SmallWords) -> Iterator[Difference]:
    """Yield the differences in small words that change the answer."""
    if one.pronouns != other.pronouns and one.pronouns and other.pronouns:
        yield Difference("pronoun")
    left, right = _unshared(one.prepositions, other.prepositions)
    if (
        left
        and right
        and any({*pair} <= left | right and not {*pair} <= left and not {*pair} <= right for pair in _OPPOSED)
    ) or (one.particle != other.particle and one.particle and other.particle):
        yield Difference("preposition")
    left, right = _unshared(one.quantifiers, other.quantifiers)
    if left and right:
        yield Difference("quantifier")


def find_possible_differences(one: SmallWords, other: SmallWords) -> Iterator[Difference]:
    """Yield those that may change it."""
    left, right = _unshared(one.prepositions, other.prepositions)
    if (left | right) - lexicon.SAID_ANYWHERE:
        yield Difference("preposition")
    left, right = _unshared(one.quantifiers, other.quantifiers)
    if (left | right) & lexicon.ONE_SIDED:
        yield Difference("quantifier")
    if one.modals and other.modals and not one.modals & other.modals and not (one.asks_way or other.asks_way):
        yield Difference("modality")
    if one.nears != other.nears and {one.nears, other.nears} == {"before", "after"}:
        yield Difference("tense")
    if one.tenses and other.tenses and not one.tenses & other.tenses:
        sure = one.states or other.states or (one.asks_whether and other.asks_whether)
        yield Difference("tense" if sure else "auxiliary")


_OPPOSED = tuple(
    tuple(pair.split("/"))
    for pair in "from/to before/after with/without over/under in/out on/off up/down before/until after/until "
    "before/since after/since before/during after/during in/before in/after in/until in/since out/to "
    "in/off on/out before/on after/on with/against before/between after/between before/from after/from "
    "from/until".split()
)
"""Values of which one text has the one, and the other text the other."""


def _unshared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    if one == other:
        return frozenset(), frozenset()
    return (
        frozenset([word for word in {*one} if one.count(word) > other.count(word)]),
        frozenset([word for word in {*other} if other.count(word) > one.count(word)]),
    )
