"""Splits a text into clauses: its words in order, each with how much it means; courtesies mean nothing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from aicache.guards.language import KANA
from aicache.guards.lexicon import courtesies
from aicache.guards.normalize import normalize
from aicache.guards.numbers import QUANTITY_MARK, Quantity, mask_quantities
from aicache.guards.numerals import numerals_to_digits
from aicache.guards.patterns import compile_later
from aicache.guards.tokens import GRAM, Clause, Clauses, Meaning, Script, Token
from aicache.guards.words import stem

_UNSPACED = "㐀-鿿぀-ヿ\u0e00-\u0e7f"
_IS_UNSPACED = compile_later(f"[{_UNSPACED}]")
_TOKEN = compile_later(rf"[{_UNSPACED}{QUANTITY_MARK}]|[^\W_{_UNSPACED}]+")
_ASCII_TOKEN = re.compile(rf"{QUANTITY_MARK}|[a-zA-Z0-9]+")
_BREAK = re.compile(
    r"[!?;。！？；،؛؟,，、…()\[\]{}<>|]+|\.\.+|[.:]+(?=\s|$|[^\x00-\x7f])|(?<=\w\w)\.(?=[^\W\d]{2})|(?<=\s)-+(?=\s)|--+"
)
_DASH = re.compile("[–—―]")
_ARABIC_VOWELS = compile_later("[\u0640\u064b-\u0652]")  # mostly omitted in writing
_IGNORED_TOKENS = frozenset(courtesies.SILENT)
_LIGHT_HAN = frozenset(courtesies.LIGHT_HAN)


def split_clauses(
    text: str, plain: str, digits: str, quantities: Sequence[Quantity] = (), capitalized: frozenset[str] = frozenset()
) -> Clauses:
    """Split a text, whose normalized form is *plain*, with its numerals as *digits*.

    Never raises; the time is linear in its length.
    """
    lines = _DASH.sub(" - ", text).splitlines() if _DASH.search(text) else text.splitlines()
    several = len(lines) > 1 or _DASH.search(text) is not None
    split = list(_clauses([numerals_to_digits(normalize(line)) for line in lines] if several else [digits]))
    language = _language(split)
    if language != "en" and not plain.isascii() and 3 * len(_IS_UNSPACED.findall(plain)) > len(plain):
        language = "en"  # one Latin word in a Chinese text
    kana = not plain.isascii() and KANA.search(plain) is not None
    clauses = tuple(_alone(tuple(_tokens(words, language, kana))) for words in split)
    counts: dict[str, int] = {}
    if not plain.isascii():
        for asking in _QUESTION_WORDS_UNSPACED.findall(plain):
            counts[f"?{asking}"] = counts.get(f"?{asking}", 0) + 1
    joins, grams = set(), set()
    words, keys, content, polite = [], [], [], []
    values = iter([f"{QUANTITY_MARK}{each.base or each.value}" for each in quantities])
    unspaced = 0
    for clause in clauses:
        for i, token in enumerate(clause):
            word, key, meaning, script = token
            if not key:
                polite.append(word)
            if script in GRAM:
                grams.add("".join([each.key for each in clause[i : i + GRAM[script]]]))
                unspaced += 1
                if not "\u3041" <= word <= "\u309f":
                    content.append(key)
                continue
            if script is Script.QUANTITY:
                key = next(values, word)
                content.append(key)
            elif meaning:
                content.append(key)
                if word != key[1:]:
                    counts[key] = counts.get(key, 0) + 1
            if script is Script.WORD:
                if word in _QUESTION_WORDS:
                    counts[f"?{word}"] = counts.get(f"?{word}", 0) + 1
                if i:
                    joins.add(clause[i - 1].key + key)
            elif script is not Script.QUANTITY:
                unspaced += 1
            words.append(word)
            keys.append(key)
    return Clauses(
        clauses=clauses,
        counts=counts,
        joins=frozenset(joins),
        grams=frozenset(grams),
        courtesies=frozenset(polite),
        language=language,
        languages=_languages(split),
        capitalized=capitalized,
        words=tuple(words),
        initials="".join([word[0] for word in words]),
        keys=tuple(keys),
        content=tuple(content),
        plain=plain,
        unspaced=2 * unspaced > len(words),
        is_phonetic=kana or bool(grams),
    )


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
    for line in map(mask_quantities, lines):
        if not line.isascii():
            line = _ARABIC_VOWELS.sub("", line)
        token = _ASCII_TOKEN if line.isascii() else _TOKEN
        unspaced = not line.isascii() and _IS_UNSPACED.search(line) is not None
        for piece in _BREAK.split(line):
            if words := token.findall(_UNSPACED_PHRASES.sub(" ", piece) if unspaced else piece):
                yield words
            elif unspaced and (asking := _QUESTION_WORDS_UNSPACED.search(piece)):
                yield [f"?{asking[0]}"]


def _language(split: Sequence[Sequence[str]]) -> str:
    """Return the language that most function words belong to; English if there are none, or in a tie with it."""
    votes: dict[str, int] = {"en": 0}
    for words in split:
        for word in words:
            for language in _LANGUAGES.get(word, ()):
                votes[language] = votes.get(language, 0) + 1
    found = max(votes, key=lambda language: (votes[language], language == "en"))
    if votes[found] or not split:
        return found
    first = split[0][0]
    return next((language for language, script in _SCRIPTS.items() if script[0] <= first <= script[1]), found)


def _languages(split: Sequence[Sequence[str]]) -> frozenset[str]:
    """Return the languages to which all function words belong."""
    common: frozenset[str] | None = None
    for words in split:
        for word in words:
            if (found := _LANGUAGES.get(word)) is not None:
                common = frozenset(found) if common is None else common.intersection(found)
    return common or frozenset()


def _tokens(words: Sequence[str], language: str, kana: bool) -> Iterator[Token]:
    silent = _WORDS[language]
    at = 0
    while at < len(words):
        word = words[at]
        if word in _PHRASES and (length := _phrase(words, at)):
            for each in words[at : at + length]:
                yield Token(each, "", Meaning.NOTHING, Script.WORD)
            at += length
            continue
        at += 1
        if word[0] == "?":
            yield Token(word[1:], word, Meaning.SOMETHING, Script.WORD)
        elif word == QUANTITY_MARK:
            yield Token(word, word, Meaning.LITTLE, Script.QUANTITY)
        elif "㐀" <= word <= "鿿":
            meaning = (
                Meaning.NOTHING
                if word in _IGNORED_TOKENS
                else Meaning.LITTLE
                if word in _LIGHT_HAN and not kana
                else Meaning.SOMETHING
            )
            yield Token(word, word, meaning, Script.KANJI if kana else Script.HAN)
        elif len(word) == 1 and _IS_UNSPACED.match(word):
            yield Token(word, word, Meaning.SOMETHING, Script.THAI if "\u0e00" <= word <= "\u0e7f" else Script.KANA)
        elif word in silent and not (language == "en" and word in _LETTERS):
            yield Token(word, word, Meaning.NOTHING, Script.WORD)
        elif len(word) == 1 and word.isascii():
            yield Token(word, f"{word}letter", Meaning.LITTLE, Script.WORD)
        elif language == "en":
            meaning = Meaning.LITTLE if word in _LIGHT_WORDS or word.endswith("letter") else Meaning.SOMETHING
            yield Token(word, stem(word), meaning, Script.WORD)
        else:
            yield Token(word, word, Meaning.SOMETHING, Script.WORD)


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
_LANGUAGES: dict[str, list[str]] = {}
for _language_of, _words_of in _WORDS.items():
    for _word in _words_of:
        _LANGUAGES.setdefault(_word, []).append(_language_of)
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
