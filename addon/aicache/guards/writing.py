"""How a text is written, where that is meant to the letter: code, indentation, accents, commas, capitals. Pure.

Words are compared without any of it, so that what is written otherwise is the same; where a difference in writing may
say something, it counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from aicache.guards.alphabets import has_alphabet
from aicache.guards.feature import feature
from aicache.guards.hyphens import are_hyphens_elsewhere, find_hyphenated
from aicache.guards.language import MARKS
from aicache.guards.lexicon import letter_case
from aicache.guards.lexicon.function_words import ASKING
from aicache.guards.likely_language import WORDS_OF
from aicache.guards.patterns import compile_later

_CODE = re.compile(r"[!-~]*[#*_<>@\[\]\\{}|=+][!-~]*")
"""Characters without a space, one of which is a sign of code or arithmetic."""
_CODE_SIGN = re.compile(r"[#*_<>@\[\]\\{}|=+]")
_SPACED_OPERATOR = re.compile(r"(?<=\w) (?P<sign>[-+*/=<>|]{1,3}) (?=\w)")
_STATEMENT = re.compile(r"(?<![^\s;])[^\s;]*;")
_DOTTED_NAME = re.compile(r"(?<![\w.])\.[^\W\d][\w.-]*")
_BEFORE_COMMA = re.compile(r"(?<![^\W\d_])(?P<word>[^\W\d_]+)[,،]\s+(?=[^\W\d_])")
_SPACED_COMMA = re.compile(r"[,،]\s")
_COMMA = compile_later(r"(?P<before>[^\W\d_]+)[,，、]\s*(?P<after>[^\W\d_]+)")
_OWNER = compile_later(r"[^\W\d_]+(?:'s|s')(?![^\W_])")
_MARKS = compile_later(f"[{MARKS}]+|(?<=\u064a)\u0651(?!\\w)")
_ANY_MARK = compile_later(f"[{MARKS}\u0651]")
_WORD = re.compile(r"[^\W\d_]+")
_COMPOUND = re.compile(r"\b(?P<first>[a-z]{2,})(?P<sign>[- ])(?=(?P<second>[a-z]{2,}(?:ing|ed))\b)")
_PARTICIPLE = re.compile(r"(?:ing|ed)\b")
_CAPITAL_INSIDE = re.compile(" [A-Z][a-z]")
_CAPITALIZED = re.compile(r"(?P<before>[a-z](?<![a-z].)[a-z]*) (?P<word>[A-Z][a-z]+)(?![\w'-])(?: (?P<after>[\w'-]+))?")
_ASKING: frozenset[str] = frozenset().union(*ASKING.values())
_NAMES = frozenset(letter_case.NAMES.split()) | frozenset(letter_case.ACRONYMS.split())
_CAPITONYMS = frozenset(letter_case.CAPITONYMS.split())
_IN_CAPITALS = frozenset(letter_case.IN_CAPITALS.split())
_GERMAN_PRONOUNS = frozenset(letter_case.GERMAN_PRONOUNS.split())
_ACCENT = compile_later("[\u00c0-\u024f\u1e00-\u1eff]")
_NO_WORDS: frozenset[str] = frozenset()
_NO_COMMAS = ("", "")
"""Stands for a text that is written without marks."""
_SENTENCE_END = frozenset(".?!:;\n\"'(-¿¡„“”«»‚‘")
MAX_ACCENTED_CHARS = 7
"""Letters of a word up to which it may be another one without its only accent: papà, papa; estación is itself."""
MAX_CAPITALIZED, MAX_CAPITALIZED_ELSEWHERE = 0.49, 0.5
"""Share of words with a capital up to which a single one may be meant, in English and in languages that use fewer."""
MAX_CAPITALIZED_SHARE = 0.8
"""Share of words with a capital from which a text is a heading, whose capitals say nothing."""


@dataclass(frozen=True)
class Writing:
    """What is meant to the letter in a text. What only texts of the same words are asked is read when it is asked."""

    text: str
    language: str
    code: tuple[str, ...]
    """Words with signs of code in them, in order; behind them what ends a statement, and names with a dot before."""
    indentation: tuple[str, ...]
    """White space at the beginning of each line, if there is any."""
    marks: tuple[str, ...]
    """Marks at letters: Arabic, Hebrew and Indic vowels."""
    accented: str
    """The only word with an accent, if it may be another word without."""
    before_commas: frozenset[str]
    """Words before a comma within the text, in small letters."""
    owners: Mapping[str, str]
    """Owners as they are written, by their letters: boy's, boys'."""
    said: Sequence[str]
    """Words that say something, in order."""
    compounds: Mapping[str, str]
    """What joins a word and a participle behind it, by their letters: man-eating, man eating."""
    with_article: Mapping[str, bool]
    """Capitalized English words within a sentence, and whether "the" stands before each: the Queen, Queen."""

    @feature
    def words(self) -> frozenset[str]:
        """Words that say something."""
        return frozenset(self.said)

    @feature
    def capitals(self) -> Mapping[str, str]:
        """Words within sentences as they are written, by their small letters; empty where capitals say nothing."""
        if self.in_german:
            return _german_capitals(self.text)
        return _capitals(self.text, MAX_CAPITALIZED if self.language == "en" else MAX_CAPITALIZED_ELSEWHERE)

    @feature
    def hyphenated(self) -> Set[tuple[str, ...]]:
        return find_hyphenated(self.text)

    @feature
    def between_commas(self) -> frozenset[tuple[str, str]]:
        """Words that say something on both sides of a comma: eat, Grandma; none where the text has no marks."""
        return _between_commas(self.text, self.language)

    @property
    def in_german(self) -> bool:
        return self.language == "de"


def find_writing(text: str, language: str, words: Sequence[str]) -> Writing:
    """Return what is meant to the letter in a text whose case was kept. Never raises; linear in its length.

    *words* are those that say something, in small letters.
    """
    code = []
    if _CODE_SIGN.search(text) is not None:
        code = [match[0].strip(".,;:?!\"'") for match in _CODE.finditer(_SPACED_OPERATOR.sub(r"\g<sign>", text))]
    if "{" in text and ";" in text:
        code += _STATEMENT.findall(text)
    if "." in text:
        code += _DOTTED_NAME.findall(text.lower())
    indentation = tuple(_indentation(text)) if "\n" in text else ()
    marks = () if text.isascii() else tuple(_MARKS.findall(text)) if _ANY_MARK.search(text) is not None else ()
    return Writing(
        text=text,
        language=language,
        code=tuple(code),
        indentation=indentation,
        marks=marks,
        accented="" if text.isascii() or language == "en" else _only_accented(text, words),
        before_commas=_words_before_commas(text),
        owners={match[0].replace("'", ""): match[0] for match in _OWNER.finditer(text.lower())} if "'" in text else {},
        said=words,
        compounds=_compounds(text) if language == "en" else {},
        with_article=_with_article(text) if language == "en" else {},
    )


def is_written_otherwise(one: Writing, other: Writing) -> bool:
    """Return whether two texts with the same words are written in ways that may not say the same."""
    return (
        one.code != other.code
        or one.indentation != other.indentation
        or one.marks != other.marks
        or _has_lost_accent(one, other)
        or _has_lost_accent(other, one)
        or _has_moved_comma(one, other)
        or are_hyphens_elsewhere(one.hyphenated, other.hyphenated)
        or any(other.owners.get(word, form) != form for word, form in one.owners.items())
        or any(other.compounds.get(word, sign) != sign for word, sign in one.compounds.items())
        or (one.in_german and other.in_german and _count_other_capitals(one, other) > 0)
    )


def has_other_article(one: Writing, other: Writing) -> bool:
    """Return whether "the" stands before a capitalized word in one text only: the Queen, Queen."""
    return any(other.with_article.get(word, article) != article for word, article in one.with_article.items())


def is_only_written_otherwise(one: Writing, other: Writing) -> bool:
    """Return whether two texts of the same words in the same order differ in a capital or a comma that may say
    something."""
    return _count_other_capitals(one, other) == 1 or (
        one.between_commas != other.between_commas and _NO_COMMAS not in one.between_commas | other.between_commas
    )


def _count_other_capitals(one: Writing, other: Writing) -> int:
    """Return how many words within sentences have a capital in one of two texts that both use them.

    Outside German a single one is meant: who writes Several Words so writes any.
    """
    return sum(other.capitals.get(word, form) != form for word, form in one.capitals.items())


def _has_moved_comma(one: Writing, other: Writing) -> bool:
    """Return whether both texts have a comma behind a word behind which the other has none: no mercy, kill."""
    left, right = one.before_commas - other.before_commas, other.before_commas - one.before_commas
    if not (left and right):
        return False
    return not (left.isdisjoint(other.words) or right.isdisjoint(one.words))


def _words_before_commas(text: str) -> frozenset[str]:
    if _SPACED_COMMA.search(text) is None:
        return _NO_WORDS
    return frozenset([match["word"].lower() for match in _BEFORE_COMMA.finditer(text)])


def _between_commas(text: str, language: str) -> frozenset[tuple[str, str]]:
    if not (text[:1].isupper() and text.rstrip()[-1:] in _SENTENCE_END):
        return frozenset({_NO_COMMAS})
    small = WORDS_OF.get(language, frozenset())
    pairs = [(match["before"].lower(), match["after"].lower()) for match in _COMMA.finditer(text)]
    return frozenset([pair for pair in pairs if not (pair[0] in small or pair[1] in small)])


def _has_lost_accent(one: Writing, other: Writing) -> bool:
    """Return whether *other* has the only accented word of *one* without its accent."""
    return bool(one.accented) and one.accented not in other.words and _without_accents(one.accented) in other.words


def _only_accented(text: str, words: Sequence[str]) -> str:
    """Return the only word of a text that has an accent, "" if none or several have, or it is long or says nothing.

    Who leaves accents out leaves all of them out, which says nothing; the only one may be meant.
    """
    found = [word for word in _WORD.findall(text.lower()) if _ACCENT.search(word)]
    if len(found) != 1:
        return ""
    word: str = found[0]
    return word if word in words and word not in _ASKING and len(word) <= MAX_ACCENTED_CHARS else ""


def _without_accents(word: str) -> str:
    return "".join([char for char in unicodedata.normalize("NFD", word) if unicodedata.category(char) != "Mn"])


def _compounds(text: str) -> dict[str, str]:
    small = text.lower()
    if _PARTICIPLE.search(small) is None:
        return {}
    return {match["first"] + match["second"]: match["sign"] for match in _COMPOUND.finditer(small)}


def _with_article(text: str) -> dict[str, bool]:
    if _CAPITAL_INSIDE.search(text) is None or text.isupper() or text.istitle():
        return {}
    small = WORDS_OF["en"]
    return {
        match["word"].lower(): match["before"] == "the"
        for match in _CAPITALIZED.finditer(text)
        if not match["after"] or match["after"] in small
    }


def _indentation(text: str) -> list[str]:
    found = [line[: len(line) - len(line.lstrip())] for line in text.strip().splitlines() if line.strip()]
    return found if any(found) else []


def _capitals(text: str, most: float) -> dict[str, str]:
    """Return the words within sentences that are no known names, as they are written; none where capitals say nothing.

    Who writes nothing with a capital, or more than a share of *most*, tells nothing by it.
    """
    if text.islower() or text.isupper() or not has_alphabet(text):
        return {}
    found: dict[str, str] = {}
    capitalized = total = 0
    for match in _WORD.finditer(text):
        word, start = match[0], match.start()
        before = text[max(0, start - 3) : start].rstrip()
        if len(word) < 2 or not before or before[-1] in _SENTENCE_END:
            continue
        total += 1
        lower = word.lower()
        capitalized += word[0].isupper()
        if lower not in _NAMES and (word == lower or word.istitle() or lower in _IN_CAPITALS):
            found[lower] = word
    if capitalized <= most * total:
        return found
    return {word: form for word, form in found.items() if word in _CAPITONYMS} if capitalized < total else {}


def _german_capitals(text: str) -> dict[str, str]:
    """Return the words within sentences as they are written; none where none or most of them have a capital."""
    if text.islower() or text.isupper():
        return {}
    found: dict[str, str] = {}
    capitalized = 0
    for match in _WORD.finditer(text):
        word, start = match[0], match.start()
        before = text[max(0, start - 3) : start].rstrip()
        if len(word) > 1 and before and before[-1] not in _SENTENCE_END:
            found[word.lower()] = word
            capitalized += word[0].isupper()
    if capitalized == 0 and text[0].isupper():
        return {word: form for word, form in found.items() if word in _GERMAN_PRONOUNS}
    return found if 0 < capitalized <= MAX_CAPITALIZED_SHARE * len(found) else {}
