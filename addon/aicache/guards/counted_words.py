"""The words of a text that count where it differs from another in one place only. Pure."""

from __future__ import annotations

from aicache.guards.edge_courtesies import is_about_words
from aicache.guards.lexicon import function_words
from aicache.guards.lexicon import only_difference as lexicon
from aicache.guards.tokens import Clauses, Script, Token

_NO_WORDS: frozenset[str] = frozenset()
_SILENT = {language: frozenset(words.split()) for language, words in lexicon.SILENT.items()}
_DEGREES = frozenset(lexicon.DEGREES.split())
_POLITE = {
    language: words - _SILENT.get(language, _NO_WORDS) - _DEGREES for language, words in function_words.LEFT_OUT.items()
}
ALSO = frozenset(lexicon.ALSO.split())
"""Words that say nothing as the first or last word."""
_ASKING = frozenset(lexicon.ASKING.split())
_BEFORE_SUBJECT = frozenset("the a an this these that those his her its their".split())
_OTHERS = frozenset("he she they".split())


def only_states(text: Clauses) -> bool:
    """Return whether a text is an English sentence about others, which asks for nothing by itself."""
    if text.language != "en" or not text.plain.endswith(".") or "?" in text.plain or not text.words:
        return False
    if not _ASKING.isdisjoint(text.words):
        return False
    return text.words[0] in _BEFORE_SUBJECT or not _OTHERS.isdisjoint(text.words)


def closes_otherwise(one: Clauses, other: Clauses) -> bool:
    """Return whether two texts about words end with another courtesy each: how do I say hello."""
    left, right = _closing(one), _closing(other)
    return bool(left) and bool(right) and left != right and is_about_words(one.words) and is_about_words(other.words)


def _closing(text: Clauses) -> list[str]:
    """Return the words behind the last one with a meaning, if all of them are courtesies."""
    polite = function_words.LEFT_OUT.get(text.language, _NO_WORDS) | _SILENT.get(text.language, _NO_WORDS)
    found: list[str] = []
    for token in reversed([token for clause in text.clauses for token in clause]):
        if is_content(token):
            break
        found.append(token.word)
    return found if all(word in polite or word in ("you", "i", "am") for word in found) else []


def has_payload(text: Clauses) -> bool:
    """Return whether something follows a colon: a text that is to be translated, corrected or answered."""
    before, colon, after = text.plain.partition(": ")
    return bool(colon) and bool(after.strip()) and len(before.split()) > 1


def is_content(token: Token) -> bool:
    """Return whether a token has a meaning: no function word, courtesy, question word or quantity."""
    _, key, meaning, script = token
    return meaning > 0 and script is not Script.QUANTITY and key != "" and key[0] != "?"


def _edges(content: list[bool], start: int) -> tuple[int, int]:
    """Return the places of the first and the last word with a meaning, counted from *start*."""
    return start + content.index(True), start + len(content) - 1 - content[::-1].index(True)


def find_counted_words(text: Clauses) -> list[Token]:
    """Return the words without articles, without those that say nothing anywhere, and without courtesies at the edges
    of a clause; of what follows a colon all words."""
    silent = _SILENT.get(text.language, _NO_WORDS)
    polite = _POLITE.get(text.language, _NO_WORDS)
    content = [is_content(token) for clause in text.clauses for token in clause]
    if True not in content:
        return []
    begin, end = _edges(content, 0)
    quotes = has_payload(text)
    found: list[Token] = []
    start = 0
    for clause in text.clauses:
        inner = content[start : start + len(clause)]
        first, last = _edges(inner, start) if True in inner and not quotes else (begin, end)
        for at, token in enumerate(clause, start):
            word = token.word
            if (quotes and at > begin) or (
                token.key and word not in silent and (first < at < last or word not in polite)
            ):
                found.append(token)
        start += len(clause)
    while found and found[0].word in ALSO:
        del found[0]
    while found and found[-1].word in ALSO:
        del found[-1]
    return found
