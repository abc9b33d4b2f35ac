"""Reads the words of a text's clauses: how much each of them means; courtesies mean nothing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import accumulate, chain, compress, filterfalse, pairwise
from operator import not_

from aicache.guards.known_languages import FUNCTION_WORDS, KnownLanguages, language_by_script
from aicache.guards.language import KANA
from aicache.guards.lexicon import courtesies
from aicache.guards.numbers import QUANTITY_MARK, Quantity
from aicache.guards.patterns import WordTable
from aicache.guards.splitting import IS_UNSPACED, QUESTION_WORDS_UNSPACED, count_unspaced, in_words
from aicache.guards.tokens import GRAM, Clause, Clauses, Meaning, Script, Token, runs_of
from aicache.guards.words import count_words, stem

MAX_CACHED_WORDS = 4096
"""Words of a language that are kept in memory, each as a token."""
_TOKENS: dict[tuple[str, bool], WordTable[Token]] = {}
"""By language, and whether the text has kana."""
_IS_WORD = bytes(number < Script.KANA for number in range(256))
"""Turns the numbers of scripts into whether they are compared word by word."""
_NOT_COUNTED = frozenset({QUANTITY_MARK, "?"})
"""What the keys of quantities and of lone question words begin with, which are compared in other ways."""
_NO_WORDS: frozenset[str] = frozenset()
_HIRAGANA = frozenset(map(chr, range(0x3041, 0x30A0)))
_IGNORED_TOKENS = frozenset(courtesies.SILENT)
_LIGHT_HAN = frozenset(courtesies.LIGHT_HAN)


def read_clauses(
    split: Sequence[Sequence[str]],
    plain: str,
    known: KnownLanguages,
    quantities: Sequence[Quantity],
    names: frozenset[str],
    *,
    is_alphabetic: bool,
) -> Clauses:
    """Return the clauses of a normalized text from their words.

    *names* are words that are names by their capitals; *is_alphabetic*: the text has a letter of an alphabet.
    """
    language = known.most or (language_by_script(split[0][0]) if split else "en")
    is_ascii = plain.isascii()
    if language != "en" and not is_ascii and 3 * count_unspaced(plain) > len(plain):
        language = "en"  # one Latin word in a Chinese text
    kana = not is_ascii and KANA.search(plain) is not None
    clauses = tuple([_alone(_tokens(words, language, kana, is_alphabetic=is_alphabetic)) for words in split])
    columns = zip(*chain.from_iterable(clauses), strict=True) if clauses else ((), (), (), ())
    words, keys, meanings, scripts = columns
    kinds = bytes(scripts)
    ends = [*accumulate(map(len, clauses), initial=0)]
    clause_keys = [keys[start:end] for start, end in pairwise(ends)]
    unspaced = len(kinds) - kinds.count(Script.WORD) - kinds.count(Script.QUANTITY)
    by_runs = [script for script in GRAM if script in kinds]
    runs = []
    grams = _NO_WORDS
    if by_runs:
        clause_kinds = [kinds[start:end] for start, end in pairwise(ends)]
        runs = [runs_of(clause_keys, clause_kinds, script) for script in by_runs]
        grams = frozenset(chain.from_iterable(each.find_compared() for each in runs))
    if quantities:
        keys = _with_values(words, keys, quantities)
    content = tuple(compress(keys, meanings))
    courtesies = frozenset(compress(words, map(not_, keys))) if "" in keys else _NO_WORDS
    if by_runs:
        content = tuple(filterfalse(_HIRAGANA.__contains__, content))
        compared = kinds.translate(_IS_WORD)
        words, keys, meanings = (tuple(compress(each, compared)) for each in (words, keys, meanings))
        kinds = bytes(compress(kinds, compared))
    counts = count_words(compress(keys, meanings))
    for key in [key for key in counts if key < "@" and key[0] in _NOT_COUNTED]:
        del counts[key]
    if is_alphabetic and not _QUESTION_WORDS.isdisjoint(words):
        for word, kind in zip(words, kinds, strict=True):
            if word in _QUESTION_WORDS and kind == Script.WORD:
                counts[f"?{word}"] = counts.get(f"?{word}", 0) + 1
    if not is_ascii and (asked := QUESTION_WORDS_UNSPACED.findall(plain)):
        for word in asked:
            counts[f"?{word}"] = counts.get(f"?{word}", 0) + 1
    return Clauses(
        clauses=clauses,
        clause_keys=clause_keys,
        counts=counts,
        grams=grams,
        runs=runs,
        courtesies=courtesies,
        language=language,
        languages=known.common,
        capitalized=names,
        words=words,
        keys=keys,
        content=content,
        plain=plain,
        is_alphabetic=is_alphabetic,
        unspaced=2 * unspaced > len(words),
        has_kana=kana,
        is_phonetic=kana or bool(grams),
    )


def _with_values(words: Sequence[str], keys: Sequence[str], quantities: Iterable[Quantity]) -> tuple[str, ...]:
    """Return the keys of words, those of quantities with their values."""
    values = iter([f"{QUANTITY_MARK}{each.base or each.value}" for each in quantities])
    found, at = [*keys], -1
    for value in [next(values, QUANTITY_MARK) for _ in range(words.count(QUANTITY_MARK))]:
        at = words.index(QUANTITY_MARK, at + 1)
        found[at] = value
    return tuple(found)


def _alone(clause: Clause) -> Clause:
    """Return a clause; in a question of nothing but a question word (why?), that word is given a meaning."""
    for token in clause:
        if token.meaning:
            return clause
    return tuple(
        Token(token.word, f"?{token.word}", Meaning.SOMETHING, token.script)
        if token.key and token.word in _QUESTION_WORDS
        else token
        for token in clause
    )


def _tokens(words: Sequence[str], language: str, kana: bool, *, is_alphabetic: bool) -> Clause:
    known = _TOKENS.get((language, kana))
    if known is None:
        known = _TOKENS[language, kana] = WordTable(partial(_token, language=language, kana=kana), MAX_CACHED_WORDS)
    if not is_alphabetic or _FIRST_OF_PHRASES.isdisjoint(words):
        return tuple([known[word] for word in words])
    tokens = []
    at = 0
    while at < len(words):
        if words[at] in _PHRASES and (length := _phrase(words, at)):
            tokens += [Token(word, "", Meaning.NOTHING, Script.WORD) for word in words[at : at + length]]
            at += length
        else:
            tokens.append(known[words[at]])
            at += 1
    return tuple(tokens)


def _token(word: str, language: str, kana: bool) -> Token:
    if word[0] == "?":
        return Token(word[1:], word, Meaning.SOMETHING, Script.WORD)
    if word == QUANTITY_MARK:
        return Token(word, word, Meaning.LITTLE, Script.QUANTITY)
    if "㐀" <= word <= "鿿":
        return Token(word, word, _meaning_of_han(word, kana), Script.KANJI if kana else Script.HAN)
    if len(word) == 1 and IS_UNSPACED.match(word):
        return Token(word, word, Meaning.SOMETHING, Script.THAI if "\u0e00" <= word <= "\u0e7f" else Script.KANA)
    if word in FUNCTION_WORDS[language] and not (language == "en" and word in _LETTERS):
        return Token(word, word, Meaning.NOTHING, Script.WORD)
    if len(word) == 1 and word.isascii():
        return Token(word, f"{word}letter", Meaning.LITTLE, Script.WORD)
    if language == "en":
        meaning = Meaning.LITTLE if word in _LIGHT_WORDS or word.endswith("letter") else Meaning.SOMETHING
        return Token(word, stem(word), meaning, Script.WORD)
    return Token(word, word, Meaning.SOMETHING, Script.WORD)


def _meaning_of_han(char: str, kana: bool) -> Meaning:
    if char in _IGNORED_TOKENS:
        return Meaning.NOTHING
    return Meaning.LITTLE if char in _LIGHT_HAN and not kana else Meaning.SOMETHING


def _phrase(words: Sequence[str], at: int) -> int:
    """Return how many words from *at* on are a courtesy."""
    by_second = _PHRASES[words[at]]
    for phrase in by_second.get(words[at + 1], ()) if at + 1 < len(words) else ():
        if tuple(words[at : at + len(phrase)]) == phrase:
            return len(phrase)
    return 1 if "" in by_second else 0


def _by_first_words(text: str) -> dict[str, dict[str, list[tuple[str, ...]]]]:
    """Return the phrases by their first and second word, "" for those of one, the longest first."""
    found: dict[str, dict[str, list[tuple[str, ...]]]] = {}
    phrases = {words for words in map(in_words, re.split(r"[/\n]", text)) if words}
    for words in sorted(phrases, key=lambda words: (-len(words), words)):
        found.setdefault(words[0], {}).setdefault(words[1] if len(words) > 1 else "", []).append(words)
    return found


_PHRASES = _by_first_words(courtesies.PHRASES)
_FIRST_OF_PHRASES = frozenset(_PHRASES)
_QUESTION_WORDS = frozenset(in_words(courtesies.ASKING))
_LETTERS = frozenset("dmt")
"""Single letters that stand for a word in few languages only: what is left of contractions is spelled out before."""
_LIGHT_WORDS = frozenset(courtesies.LIGHT.split())
