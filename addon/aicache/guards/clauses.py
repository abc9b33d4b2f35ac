"""Splits a text into clauses: its words in order, each with how much it means; courtesies mean nothing. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, compress
from operator import not_

from aicache.guards.language import KANA
from aicache.guards.lexicon import courtesies
from aicache.guards.normalize import normalize
from aicache.guards.numbers import QUANTITY_MARK, Quantity, read_quantities
from aicache.guards.numerals import numerals_to_digits
from aicache.guards.patterns import compile_later
from aicache.guards.tokens import GRAM, Clause, Clauses, Meaning, Script, Token
from aicache.guards.words import stem

_UNSPACED = "㐀-鿿぀-ヿ\u0e00-\u0e7f"
_IS_UNSPACED = compile_later(f"[{_UNSPACED}]")
_TOKEN = compile_later(rf"[{_UNSPACED}{QUANTITY_MARK}]|[^\W_{_UNSPACED}]+")
_ASCII_TOKEN = re.compile(rf"{QUANTITY_MARK}|[a-zA-Z0-9]+")
_BREAK = re.compile(
    r"(?=[!?;。！？；،؛؟,，、…()\[\]{}<>|.:-])(?:[!?;。！？；،؛؟,，、…()\[\]{}<>|]+"
    r"|\.\.+|[.:]+(?=\s|$|[^\x00-\x7f])|(?<=\w\w)\.(?=[^\W\d]{2})|(?<=\s)-+(?=\s)|--+)"
)
_MARK = re.compile(r"[!?;。！？；،؛؟,，、…()\[\]{}<>|.:-]")
"""What each break begins with."""
_ENDS = "!?;。！？；،؛؟,，、….: "
"""Marks at the end of a text, behind which there is no clause."""
_DASH = re.compile("[–—―]")
_LINE_END = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029–—―]")
_ARABIC_VOWELS = compile_later("[\u0640\u064b-\u0652]")  # mostly omitted in writing
MAX_CACHED_WORDS = 8192
"""Words that are kept in memory, whoever used them: the first use of one tells nothing, as it takes a microsecond."""
_NOT_COUNTED = frozenset({QUANTITY_MARK, "?"})
"""What the keys of quantities and of lone question words begin with, which are compared in other ways."""
_IGNORED_TOKENS = frozenset(courtesies.SILENT)
_LIGHT_HAN = frozenset(courtesies.LIGHT_HAN)


def split_words(text: str, masked: str) -> list[list[str]]:
    """Return the words of each clause of a text whose case was kept; *masked* is its normal form without quantities.

    Never raises; the time is linear in its length.
    """
    if _LINE_END.search(text) is not None:
        lines = _DASH.sub(" - ", text).splitlines()
        if len(lines) > 1 or _DASH.search(text) is not None:
            return list(_clauses([read_quantities(numerals_to_digits(normalize(line)))[1] for line in lines]))
    return list(_clauses([masked]))


def read_clauses(
    split: Sequence[Sequence[str]],
    plain: str,
    known: Mapping[tuple[str, ...], int],
    quantities: Sequence[Quantity],
    names: frozenset[str],
) -> Clauses:
    """Return the clauses of a normalized text from their words.

    *known* are the languages of each function word, with their counts; *names* are words that are names by their
    capitals.
    """
    language = _language(known, split)
    is_ascii = plain.isascii()
    if language != "en" and not is_ascii and 3 * _count_unspaced(plain) > len(plain):
        language = "en"  # one Latin word in a Chinese text
    kana = not is_ascii and KANA.search(plain) is not None
    clauses = tuple([_alone(_tokens(words, language, kana)) for words in split])
    tokens = list(chain.from_iterable(clauses))
    if quantities:
        values = iter([f"{QUANTITY_MARK}{each.base or each.value}" for each in quantities])
        tokens = [
            token._replace(key=next(values, token.word)) if token.word == QUANTITY_MARK else token for token in tokens
        ]
    words, keys, meanings, scripts = zip(*tokens, strict=True) if tokens else ((), (), (), ())
    content = tuple(compress(keys, meanings))
    courtesies = frozenset(compress(words, map(not_, keys)))
    unspaced = 0 if is_ascii else sum([script >= Script.HAN for script in scripts])
    grams: frozenset[str] = frozenset()
    counts = Counter(content)
    if not is_ascii and max(scripts, default=Script.WORD) >= Script.KANA:
        grams = frozenset(_grams(clauses))
        content = tuple([key for word, key, meaning, _ in tokens if meaning and not "\u3041" <= word <= "\u309f"])
        compared = [token for token in tokens if token.script < Script.KANA]
        words, keys, meanings, scripts = zip(*compared, strict=True) if compared else ((), (), (), ())
        counts = Counter(compress(keys, meanings))
    for key in [key for key in counts if key[0] in _NOT_COUNTED]:
        del counts[key]
    if not _QUESTION_WORDS.isdisjoint(words):
        asking = zip(words, scripts, strict=True)
        counts.update([f"?{word}" for word, script in asking if word in _QUESTION_WORDS and script is Script.WORD])
    if not is_ascii:
        counts.update([f"?{asking}" for asking in _QUESTION_WORDS_UNSPACED.findall(plain)])
    return Clauses(
        clauses=clauses,
        counts=counts,
        grams=grams,
        courtesies=courtesies,
        language=language,
        languages=common_languages(known),
        capitalized=names,
        words=words,
        keys=keys,
        content=content,
        plain=plain,
        unspaced=2 * unspaced > len(words),
        is_phonetic=kana or bool(grams),
    )


def find_languages(split: Iterable[Iterable[str]]) -> Mapping[tuple[str, ...], int]:
    """Return the languages of each function word, with their counts."""
    return Counter([_LANGUAGES[word] for words in split for word in words if word in _LANGUAGES])


def common_languages(known: Iterable[tuple[str, ...]]) -> frozenset[str]:
    """Return the languages that have all function words of a text; none if it has none."""
    first, *others = [*known] or [()]
    return frozenset(first).intersection(*others)


def _count_unspaced(plain: str) -> int:
    return len(_IS_UNSPACED.findall(plain)) if _IS_UNSPACED.search(plain) is not None else 0


def _grams(clauses: Iterable[Clause]) -> Iterator[str]:
    for clause in clauses:
        for at, token in enumerate(clause):
            if token.script >= Script.KANA:
                yield "".join([each.key for each in clause[at : at + GRAM[token.script]]])


def _alone(clause: Clause) -> Clause:
    """Return a clause; in a question of nothing but a question word (why?), that word is given a meaning."""
    if any(token.meaning for token in clause):
        return clause
    return tuple(
        Token(token.word, f"?{token.word}", Meaning.SOMETHING, token.script)
        if token.key and token.word in _QUESTION_WORDS
        else token
        for token in clause
    )


def _clauses(lines: Iterable[str]) -> Iterator[list[str]]:
    for each in lines:
        line = each.rstrip(_ENDS)
        if line.isascii():
            pieces = [line] if _MARK.search(line) is None else _BREAK.split(line)
            yield from filter(None, map(_ASCII_TOKEN.findall, pieces))
            continue
        line = _ARABIC_VOWELS.sub("", line)
        unspaced = _IS_UNSPACED.search(line) is not None
        for piece in [line] if _MARK.search(line) is None else _BREAK.split(line):
            if words := _TOKEN.findall(_UNSPACED_PHRASES.sub(" ", piece) if unspaced else piece):
                yield words
            elif unspaced and (asking := _QUESTION_WORDS_UNSPACED.search(piece)):
                yield [f"?{asking[0]}"]


def _language(known: Mapping[tuple[str, ...], int], split: Sequence[Sequence[str]]) -> str:
    """Return the language that most function words belong to; English if there are none, or in a tie with it."""
    votes = {"en": 0}
    for languages, count in known.items():
        for language in languages:
            votes[language] = votes.get(language, 0) + count
    found = max(votes, key=lambda language: (votes[language], language == "en"))
    if votes[found] or not split:
        return found
    first = split[0][0]
    return next((language for language, script in _SCRIPTS.items() if script[0] <= first <= script[1]), found)


def _tokens(words: Sequence[str], language: str, kana: bool) -> Clause:
    if _PHRASES.keys().isdisjoint(words):
        return tuple([_token(word, language, kana) for word in words])
    tokens = []
    at = 0
    while at < len(words):
        if words[at] in _PHRASES and (length := _phrase(words, at)):
            tokens += [Token(word, "", Meaning.NOTHING, Script.WORD) for word in words[at : at + length]]
            at += length
        else:
            tokens.append(_token(words[at], language, kana))
            at += 1
    return tuple(tokens)


@lru_cache(maxsize=MAX_CACHED_WORDS)
def _token(word: str, language: str, kana: bool) -> Token:
    if word[0] == "?":
        return Token(word[1:], word, Meaning.SOMETHING, Script.WORD)
    if word == QUANTITY_MARK:
        return Token(word, word, Meaning.LITTLE, Script.QUANTITY)
    if "㐀" <= word <= "鿿":
        return Token(word, word, _meaning_of_han(word, kana), Script.KANJI if kana else Script.HAN)
    if len(word) == 1 and _IS_UNSPACED.match(word):
        return Token(word, word, Meaning.SOMETHING, Script.THAI if "\u0e00" <= word <= "\u0e7f" else Script.KANA)
    if word in _WORDS[language] and not (language == "en" and word in _LETTERS):
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


def _in_words(text: str) -> tuple[str, ...]:
    plain = normalize(text)
    return tuple(_ASCII_TOKEN.findall(plain) if plain.isascii() else _TOKEN.findall(_ARABIC_VOWELS.sub("", plain)))


def _by_first_words(text: str) -> dict[str, dict[str, list[tuple[str, ...]]]]:
    """Return the phrases by their first and second word, "" for those of one, the longest first."""
    found: dict[str, dict[str, list[tuple[str, ...]]]] = {}
    phrases = {words for words in map(_in_words, re.split(r"[/\n]", text)) if words}
    for words in sorted(phrases, key=lambda words: (-len(words), words)):
        found.setdefault(words[0], {}).setdefault(words[1] if len(words) > 1 else "", []).append(words)
    return found


_PHRASES = _by_first_words(courtesies.PHRASES)
_WORDS = {language: frozenset(_in_words(words)) for language, words in courtesies.WORDS.items()}
_SCRIPTS = {"ru": ("\u0400", "\u0500"), "ar": ("\u0600", "\u0700"), "ko": ("\uac00", "\ud7b0")}
"""Letters by which the language of a text without function words is told."""
_LANGUAGES: dict[str, tuple[str, ...]] = {}
for _language_of, _words_of in _WORDS.items():
    for _word in _words_of:
        _LANGUAGES[_word] = (*_LANGUAGES.get(_word, ()), _language_of)
_QUESTION_WORDS = frozenset(_in_words(courtesies.ASKING))
_QUESTION_WORDS_UNSPACED = compile_later("|".join(courtesies.ASKING_UNSPACED.split()))
_LETTERS = frozenset("dmt")
"""Single letters that stand for a word in few languages only: what is left of contractions is spelled out before."""
_LIGHT_WORDS = frozenset(courtesies.LIGHT.split())
_UNSPACED_PHRASES = compile_later(
    "|".join(
        sorted({each for each in map(normalize, courtesies.UNSPACED.split()) if len(each) > 1}, key=len, reverse=True)
    )
)
