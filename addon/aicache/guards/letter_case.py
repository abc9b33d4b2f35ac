"""Takes the case from words where it says nothing: first words, known names, texts of nothing but capitals. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aicache.guards.lexicon import letter_case
from aicache.guards.likely_language import SMALL_WORDS, WORDS_OF, likely_language

WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
"""Letters, with apostrophes and hyphens inside: nothing that may be an identifier, a formula or a number."""
MIN_SHOUTED_WORDS = 3
MIN_HEADLINE_WORDS = 5
"""Fewer words in capitals may be a name, an abbreviation or the title of a work."""

_CAPITONYMS = frozenset(letter_case.CAPITONYMS.split())
_ACRONYM_WORDS = frozenset(letter_case.ACRONYM_WORDS.split()) - frozenset(letter_case.SAFE_IN_CAPITALS.split())
_NAMES = frozenset(letter_case.NAMES.split()) | frozenset(letter_case.ACRONYMS.split())
_GERMAN_CAPITALS = frozenset(letter_case.GERMAN_CAPITALS.split())
_FRENCH_WORDS = WORDS_OF["fr"] - WORDS_OF["en"]
_TURKISH = re.compile("[İıĞğŞş]")
_SUBJECTS = frozenset("i you he she it we they the a an there this that my your our his her their".split())
_BEFORE_I = frozenset(
    "can could do did should would shall will may might must have had am was if when that because how where why what "
    "which who while before after as since once and but so than then".split()
)
_AFTER_I = frozenset(
    "am can could do did should would shall will may might must have had was need want think feel get use know like "
    "don't can't won't didn't couldn't shouldn't wouldn't haven't make find see buy go be put take keep say".split()
)
_NOT_AN_ARTICLE = frozenset(
    "minor major flat sharp level levels star team grade class type road is and or in of to as was are for".split()
)
"""What may follow the letter A where it is no article: A minor, A levels, A team, A is."""
_MAX_UNIT_CHARS = 3


def fold_case(tokens: Sequence[str]) -> list[str]:
    """Return the tokens, those words in small letters whose capitals say nothing."""
    words = [token for token in tokens if token.lower() != token.upper()]
    if all(word == word.lower() for word in words):
        return list(tokens)
    if _are_shouted(words) or _are_headline(words):
        lower = [token.lower() for token in tokens]
        if not any(_means_more(lower, at) for at in range(len(lower))):
            return lower
    german = likely_language({word.lower() for word in words}) == "de"
    return [_fold(tokens, at, german=german) for at in range(len(tokens))]


def _are_shouted(words: Sequence[str]) -> bool:
    """Return whether all is in capitals, and enough to be no abbreviation. Turkish has capitals of its own."""
    return (
        len(words) >= MIN_SHOUTED_WORDS
        and all(word.isupper() for word in words)
        and any(word.lower() in SMALL_WORDS for word in words)
        and not any(_TURKISH.search(word) for word in words)
    )


def _are_headline(words: Sequence[str]) -> bool:
    """Return whether All Words Have a Capital, Also Those That Have None in a Sentence."""
    return (
        len(words) >= MIN_HEADLINE_WORDS
        and all(word.istitle() or len(word) < 4 for word in words)
        and any(word.istitle() and word.lower() in SMALL_WORDS and len(word) > 1 for word in words[1:])
        and sum(word.istitle() for word in words) * 2 > len(words)
        and not any(len(word) > 1 and word.isupper() for word in words)
    )


def _means_more(lower: Sequence[str], at: int) -> bool:
    """Return whether a word of a text without the difference of cases might mean two things, by its case."""
    word = lower[at]
    bare = word.rstrip(",;:.!?")
    if bare == "a":
        return at + 1 < len(lower) and lower[at + 1] in _NOT_AN_ARTICLE
    if bare == "i":
        return not _is_pronoun(lower, at)
    if bare.lower() == bare.upper():  # no letters: a number, a sign, Chinese
        return False
    if WORD.fullmatch(bare) is None or len(bare) == 1:
        return True
    if at > 0 and lower[at - 1][-1:].isdigit() and len(bare) <= _MAX_UNIT_CHARS and bare not in SMALL_WORDS:
        return True  # 5 MB
    return bare in _CAPITONYMS or bare in _ACRONYM_WORDS


def _fold(tokens: Sequence[str], at: int, *, german: bool) -> str:
    token = tokens[at]
    lower = token.lower()
    bare = token.rstrip(",;:.!?")
    if token == lower or WORD.fullmatch(bare) is None:
        return lower if bare.lower() in _NAMES else token
    word = bare.lower()
    if word == "i":
        return lower if _is_pronoun([each.lower() for each in tokens], at) else token
    first = at == 0 or tokens[at - 1][-1:] in (".", "?", "!")
    if word == "a":
        follows = tokens[at + 1] if first and at + 1 < len(tokens) else ""
        return lower if follows.islower() and follows not in _NOT_AN_ARTICLE else token
    if word.removesuffix("'s") in _NAMES:
        return token if word == "paris" and any(each in _FRENCH_WORDS for each in tokens) else lower
    if len(bare) == 1 or not bare[0].isupper() or bare[1:] != bare[1:].lower():
        return token
    if first and (word not in _CAPITONYMS or _is_auxiliary(word, tokens[at + 1 : at + 2])):
        return token if german and word in _GERMAN_CAPITALS and word not in SMALL_WORDS else lower
    return lower if german and not first and word not in _GERMAN_CAPITALS and len(word) > 2 else token


def _is_auxiliary(word: str, following: Sequence[str]) -> bool:
    """Return whether a first word is a verb: will it, may I."""
    return word in ("will", "may") and bool(following) and following[0].lower() in _SUBJECTS


def _is_pronoun(lower: Sequence[str], at: int) -> bool:
    """Return whether "i" stands for the speaker, by the words around it."""
    before = lower[at - 1] if at else ""
    after = lower[at + 1] if at + 1 < len(lower) else ""
    if after in _AFTER_I:
        return True
    return before in _BEFORE_I and before != "and" and after not in ("", "and", "is")
