"""Finds the words of one text in another: in another form or spelling, joined, or as initials. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aicache.guards.lexicon.synonyms import OTHER_JOINED, SYNONYMS
from aicache.guards.lexicon.word_forms import DISTINCT_ENDINGS, ENDINGS, TURNING_ENDINGS, TURNING_ENDINGS_OF
from aicache.guards.tokens import Clauses, Meaning, Script, Token
from aicache.guards.unshared import Unshared

_PARTICLES = frozenset("は が を の とは って".split())
"""Japanese particles that a text may have more."""
MIN_MISSPELLED_CHARS = 8
"""Letters of the longer of two words from which one of them may be misspelled."""
_SUBSTANCE = re.compile("(?:i[nd]e?|[aeoiy]ne?|ate|ite|ide|ol|ose|ase|yl|ium)$")
MAX_MATCHED_WORDS = 16
"""Differing words up to which forms of the same word are looked for; of more, some are other words anyway."""


@dataclass(frozen=True, slots=True)
class Matching:
    """What two texts do not have in common. *left* and *right* are tokens that only one of them has."""

    left: list[Token]
    right: list[Token]
    twins: Mapping[str, str] = field(default_factory=dict)
    """Keys of the second text, by those of the first that are the same word."""
    ways: frozenset[str] = frozenset()
    """How words were found to be the same: ``form``, ``spelling``, ``typo``, ``joined``, ``hyphen``, ``initials`` or
    ``synonym``."""


def match_words(one: Clauses, other: Clauses, mine: Unshared, others: Unshared) -> Matching:
    """Return what is left over of two texts after equal words, and forms of the same word, are removed.

    *mine* and *others* are what each of the texts has and the other lacks.
    """
    alike = one.counts == other.counts and one.grams == other.grams
    left, right = ([], []) if alike else (_unshared(one, mine), _unshared(other, others))
    if not left or not right:
        left, right = _without_particles(left), _without_particles(right)
    if not left or not right or len(left) + len(right) > MAX_MATCHED_WORDS:
        return Matching(left, right)
    twins: dict[str, str] = {}
    ways: set[str] = set()
    names = one.capitalized | other.capitalized
    language = _language(one, other)
    plain = one.ascii_only or other.ascii_only
    for token in left[:]:
        for twin in right:
            if token.script is not Script.WORD or twin.script is not Script.WORD:
                continue
            if way := same_word(token.word, twin.word, language, names, plain=plain):
                left.remove(token)
                right.remove(twin)
                twins[token.key] = twin.key
                ways.add(way)
                break
    ways |= _match_parts(left, right, one, other, separable=language in ("de", "nl"))
    return Matching(left, right, twins, frozenset(ways))


def _language(one: Clauses, other: Clauses) -> str:
    """Return the language of two texts; where only one of them tells it, that one's."""
    if one.language == other.language or (other.language == "en" and not other.languages):
        return one.language
    return other.language if one.language == "en" and not one.languages else "en"


def same_word(one: str, other: str, language: str, names: frozenset[str], *, plain: bool) -> str:
    """Return why two words are one, "" if they are not. *plain*: one of the texts is written without accents."""
    if _meaning(one, -1) == _meaning(other, -2):
        return "synonym"
    mine, others = _spelling(one, fold=plain), _spelling(other, fold=plain)
    if mine == others:
        return "" if language == "de" and one != other and _folds_umlauts(one, other) else "spelling"
    if is_form(mine, others, language):
        return "form"
    misspelled = is_misspelled(mine, others) or (len(one) == len(other) and is_misspelled(one, other))
    if misspelled and not ({one, other} & names and min(len(one), len(other)) < 7):
        return "typo"
    return ""


def _meaning(word: str, default: int) -> int:
    """Return the number of a word's group of synonyms."""
    return SYNONYMS.get(word, SYNONYMS.get(word.removesuffix("s"), default))


def is_form(one: str, other: str, language: str) -> bool:
    """Return whether two words differ in their endings only, by endings of the language that turn no word round."""
    short, long = sorted((len(one), len(other)))
    syllables = language == "ko"
    if short < 2 or one[:2] != other[:2]:
        return False
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), short)
    if not syllables and (same < 4 or same < 0.6 * long):
        return False
    ends = frozenset((one[same:], other[same:]))
    if ends in TURNING_ENDINGS or ends in TURNING_ENDINGS_OF.get(language, ()):
        return False
    if language == "en" and "al" in ends and one[same - 2 : same] == "ic":  # historic, historical
        return False
    distinct = DISTINCT_ENDINGS.get(language)
    if distinct is not None and _has_ending(one, distinct) != _has_ending(other, distinct):
        return False
    return ends <= ENDINGS.get(language, ENDINGS["en"])


def _has_ending(word: str, endings: frozenset[str]) -> bool:
    return any(word.endswith(ending) for ending in endings)


def is_misspelled(one: str, other: str) -> bool:
    """Return whether two letters have changed places, or one was doubled or not, after the first two.

    Another letter in the place of one, or one more, makes too many other words: nitrate, nitrite; Adressat, Adressant.
    So does any change of a short word (trail, trial), of a double consonant before an ending (planing), and of a
    substance (cystine, cysteine).
    """
    if max(len(one), len(other)) < MIN_MISSPELLED_CHARS or one[:2] != other[:2] or not (one + other).isalpha():
        return False
    if _SUBSTANCE.search(one) and _SUBSTANCE.search(other):
        return False
    if len(one) == len(other):
        at = next(i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
        return one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1 or len(long) < 6:
        return False
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return at < len(short) and short[at:] == long[at + 1 :] and long[at] == long[at - 1]


_SPELLINGS = str.maketrans("ёأإآى", "еاااي")
"""Letters that are often written without their dots and marks."""


def _spelling(word: str, *, fold: bool) -> str:
    """Return one spelling for British and American English; with *fold* without accents."""
    if not word.isascii():
        if not fold or word > "\u0590":
            return word.translate(_SPELLINGS)
        return "".join(char for char in unicodedata.normalize("NFD", word) if unicodedata.category(char) != "Mn")
    if len(word) <= 4:
        return word
    for british, american in (("our", "or"), ("is", "iz"), ("yse", "yze"), ("ogue", "og"), ("tre", "ter"), ("ll", "l")):
        at = word.find(british, 2)
        if at > 0:
            word = word[:at] + american + word[at + len(british) :]
    return word


def _folds_umlauts(one: str, other: str) -> bool:
    """Return whether two words differ by the dots on letters, which make other words in German."""
    return any(char in "äöü" for char in one + other)


def _unshared(text: Clauses, unshared: Unshared) -> list[Token]:
    """Return the tokens of a text that the other lacks, or has less often."""
    surplus = {**unshared.counts}
    found: list[Token] = []
    for clause, keys, lost in zip(text.clauses, text.clause_keys, unshared.lost_of_short, strict=True):
        run = ""
        if 1 not in lost and surplus.keys().isdisjoint(keys):
            continue
        for at, token in enumerate(clause):
            if token.script >= Script.KANA:
                if lost[at]:
                    run += token.word
                    continue
            elif token.key in surplus and token.meaning and surplus[token.key] > 0:
                surplus[token.key] -= 1
                found.append(token)
            if run:
                found.append(_of_run(run))
                run = ""
        if run:
            found.append(_of_run(run))
    return found


def _without_particles(tokens: list[Token]) -> list[Token]:
    return [token for token in tokens if token.word not in _PARTICLES]


def _of_run(run: str) -> Token:
    hiragana = all("\u3041" <= char <= "\u309f" for char in run)
    meaning = (
        Meaning.LITTLE if hiragana or (run >= "\u0e00" and run <= "\u0e7f" and len(run) < 2) else Meaning.SOMETHING
    )
    return Token(run, run, meaning, Script.KANA if run[0] > "\u3000" else Script.THAI)


def _match_parts(left: list[Token], right: list[Token], one: Clauses, other: Clauses, *, separable: bool) -> set[str]:
    """Remove words that are written in two in the other text, or as initials. Returns how they were found."""
    ways: set[str] = set()
    for mine, others, whole in ((left, right, other), (right, left, one)):
        for token in [each for each in mine if each.script is Script.WORD]:
            if separable and (halves := _separated(token, others)) and token in mine:
                mine.remove(token)
                for half in halves:
                    others.remove(half)
                ways.add("form")
            elif len(token.word) > 4 and token.key in whole.joins and token.word not in OTHER_JOINED:
                parts = [each for each in others if each.key and each.key in token.key]
                mine.remove(token)
                for part in parts[:2]:
                    others.remove(part)
                ways.add("hyphen" if _is_hyphenated(parts, whole) else "joined")
            elif 2 <= len(token.word) <= 5 and token.word in whole.initials and token.word.isalpha():
                at = whole.initials.index(token.word)
                spelled = whole.words[at : at + len(token.word)]
                if min(map(len, spelled)) > 1 and any(each.word in spelled for each in others):
                    mine.remove(token)
                    others[:] = [each for each in others if each.word not in spelled]
                    ways.add("initials")
    return ways


def _is_hyphenated(parts: Sequence[Token], text: Clauses) -> bool:
    """Return whether a text has one of the parts before or behind a hyphen: rag-picker."""
    return any(f"{part.word}-" in text.plain or f"-{part.word}" in text.plain for part in parts)


def _separated(token: Token, others: Sequence[Token]) -> list[Token]:
    """Return the halves of a separable verb: zurücksetzen, setze … zurück."""
    for first in others:
        rest = token.word[len(first.word) :]
        if len(first.word) > 1 and len(rest) >= 4 and token.word.startswith(first.word):
            for second in others:
                if second is not first and second.word[:4] == rest[:4] and is_form(second.word, rest, "de"):
                    return [first, second]
    return []
