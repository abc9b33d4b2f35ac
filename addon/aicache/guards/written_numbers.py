"""Writes number words in digits where they can be nothing else: "three rivers", 三个. Pure.

Stricter than `numerals`, which only compares: an ordinal, "one", "a", "half" and an irregular sequence stay words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from aicache.guards.lexicon import number_words
from aicache.guards.likely_language import likely_language
from aicache.guards.patterns import compile_later

_SMALL = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen"
)
ONES = {word: value for value, word in enumerate(_SMALL.split(), 2)}
TENS = {
    word: value * 10 for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
"""English number words, by their values; "one" is more than a number."""
_NUMBER_WORDS = frozenset({*ONES, *TENS, *SCALES, "one", "zero", "dozen", "half"})
_JOINERS = frozenset({"and", "point", "to", "or", "by", "a", "an"})
_AMBIGUOUS = frozenset("neuf sei elf acht null cent cento mille mil een een's um uma ein un une uno una".split())
"""Number words that are other words of their own language, too: neuf, new; sei, you are."""
_WORDS_OF = {
    language: {
        word: value
        for value, words in number_words.NUMBER_WORDS[language].items()
        for word in words
        if 2 <= value < 100 and word not in _AMBIGUOUS
    }
    for language in ("de", "fr", "es", "it", "pt", "nl", "ru")
}
"""By language: those of one word, below a hundred."""
_OF_ANY_LANGUAGE = frozenset().union(*_WORDS_OF.values())
_ENGLISH = frozenset(
    "the of is are was how what why when where which who do does did can could in on for with name list give there "
    "have has many much long far".split()
)
"""Words of which an English text has one; "six" and "nine" are French and German, too."""

_LETTERS = re.compile(r"[^\W\d_]+")
_ASCII_LETTERS = re.compile("[a-z]+")
_HAN_DIGITS = {char: value for value, char in enumerate("一二三四五六七八九", 1)} | {"两": 2}
_HAN_NUMBER = compile_later(
    r"(?<![一二三四五六七八九十百千万亿两零〇第几数\d])(?P<number>[二三四五六七八九]?十[一二三四五六七八九]?|[两二三四五六七八九])"
    r"(?=(?:个(?!性)|小时|分钟|天|年(?!级)|个月|岁|公斤|公里|元钱|次(?!元)|斤|米|人份|章|节课|本书|条|张))"
)


def with_digits(tokens: Sequence[str]) -> list[str]:
    """Return the tokens with plain cardinals in digits."""
    words = [token.rstrip(",;:.!?") for token in tokens]
    if not _OF_ANY_LANGUAGE.isdisjoint(words) and (named := _WORDS_OF.get(likely_language(set(words)))) is not None:
        return [_in_digits(token, word, named) for token, word in zip(tokens, words, strict=True)]
    if _NUMBER_WORDS.isdisjoint(words) and not any("-" in word for word in words):
        return [token if token.isascii() else _HAN_NUMBER.sub(_han_digits, token) for token in tokens]
    if not any(word in _ENGLISH for word in words):
        return list(tokens)
    digits: list[str] = []
    at = 0
    while at < len(tokens):
        end = at
        while end < len(tokens) and _is_number_word(words[end]) and (end == at or tokens[end - 1] == words[end - 1]):
            end += 1
        if end == at:
            digits.append(tokens[at])
            at += 1
            continue
        beside = {words[at - 1] if at else "", words[end] if end < len(words) else ""}
        value = None if beside & _JOINERS and end - at > 1 else _value(words[at:end])
        digits += tokens[at:end] if value is None else [str(value) + tokens[end - 1][len(words[end - 1]) :]]
        at = end
    return digits


def with_digits_of_others(plain: str, words: Sequence[str]) -> str:
    """Return a normalized text, of which these are all words, with the plain cardinals of other languages than English
    and Chinese in digits."""
    if _OF_ANY_LANGUAGE.isdisjoint(words):
        return plain
    words = (_ASCII_LETTERS if plain.isascii() else _LETTERS).findall(plain)
    if _OF_ANY_LANGUAGE.isdisjoint(words) or (named := _named(words)) is None:
        return plain
    return _LETTERS.sub(lambda match: str(named.get(match[0], match[0])), plain)


def _named(words: Sequence[str]) -> Mapping[str, int] | None:
    """Return the number words of the language of a text, if need be of the only one that has all of those in it."""
    if (named := _WORDS_OF.get(likely_language(set(words)))) is not None:
        return named
    found = _OF_ANY_LANGUAGE.intersection(words)
    fitting = [named for named in _WORDS_OF.values() if found <= named.keys()]
    return fitting[0] if len(fitting) == 1 else None


def _in_digits(token: str, word: str, named: Mapping[str, int]) -> str:
    return token if word not in named else str(named[word]) + token[len(word) :]


def _is_number_word(word: str) -> bool:
    return word in _NUMBER_WORDS or all(part in _NUMBER_WORDS for part in word.split("-"))


def _value(words: Sequence[str]) -> int | None:
    """Return the value of one regular cardinal; None for anything else: twenty twenty, nine eleven, one."""
    match [part for word in words for part in word.split("-")]:
        case [word] if word in ONES:
            return ONES[word]
        case [word] if word in TENS:
            return TENS[word]
        case [tens, "one"] if tens in TENS:
            return TENS[tens] + 1
        case [tens, ones] if tens in TENS and ONES.get(ones, 10) < 10:
            return TENS[tens] + ONES[ones]
        case ["one", scale] if scale in SCALES:
            return SCALES[scale]
        case [*before, scale] if scale in SCALES and before and before[-1] not in SCALES:
            value = _value(before)
            return None if value is None or value >= 1000 else value * SCALES[scale]
    return None


def _han_digits(match: re.Match[str]) -> str:
    text = match["number"]
    if "十" not in text:
        return str(_HAN_DIGITS[text])
    tens, _, ones = text.partition("十")
    return str((_HAN_DIGITS[tens] if tens else 1) * 10 + (_HAN_DIGITS[ones] if ones else 0))
