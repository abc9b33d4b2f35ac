"""Names (by their capitals), identifiers, addresses and quotations in a text. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from aicache.guards.language import HAN
from aicache.guards.patterns import compile_later

_WORD = re.compile(r"(?:[A-Z]\.){2,}|[^\W\d_]+(?:'s\b)?")
_CAPITALIZED = re.compile(r"[A-Z](?<![^\W\d_][A-Z])(?:\.(?:[A-Z]\.)+|[a-zA-Z]*(?:'s\b)?)")
"""The words of an ASCII text that begin with a capital."""
_LATIN = re.compile("[A-Za-z]{2,}")
_CODE = compile_later(
    r"(?P<address>https?://\S+|\bwww\.\S+|(?<![\w.+-])[\w.+-]+@[\w-]+\.\w[\w.]*|(?<![\w-])[\w-]+\.(?:com|org|net|io|cn|dev|edu|gov)\b\S*)"
    r"|(?P<path>(?<!\w)(?:~|\.{1,2})?(?:/[\w.-]+){2,}|(?<![\w-])\w[\w-]*\.(?:py|js|ts|c|h|cpp|java|go|rs|sh|json|yaml|yml|txt|csv|md|exe|dll|pdf|docx?|xlsx?)\b)"
    r"|(?P<option>(?<!\S)(?:--[a-z][\w-]+|-[a-zA-Z])(?!\S))"
    r"|(?P<identifier>\b[A-Za-z]\w*_\w+\b|\b[a-z]{2,}[A-Z][a-z]\w*\b|\b[A-Za-z_][\w.]*\(\)|\b[a-z]+(?:\.[a-z_]+){2,}\b)"
)
MAX_SPACES = 16
"""Spaces before a word behind which the end of a sentence is looked for."""
_CODE_HINT = re.compile(r"[_/@().A-Z-](?:(?<=[_/@()])|(?<=[\w-]\.)(?=\w)|(?<=[a-z][A-Z])|(?<=-)(?<!\S-))")
"""In every text with one of those; much faster than the pattern."""
_ADDRESS = re.compile(r"://|^www\.|@")
_QUOTED = re.compile(r'"([^"\n]{1,200})"|(?<!\w)\'([^\'\n]{2,200})\'(?!\w)')
_CODE_IN_QUOTES = re.compile(r"[$\\{}<>=*%]")
_SENTENCE_END = frozenset(".?!:;\n\"'(-¿¡")
_COMMON = frozenset(
    "a an the i i'm i've i'd i'll is are was were do does did can could should would will what which who whom whose "
    "how why when where if in on at for to of and or but not my your his her their our we you he she it they this that "
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december english ok please hi hello hey dear thanks am pm vs tv pc id faq".split()
)
_ALIASES = {"us": "usa"}


class Names(NamedTuple):
    """The names in a text, in lower case but for *codes* (identifiers, paths, options, addresses) and *quotes*."""

    names: frozenset[str]
    codes: frozenset[str]
    quotes: frozenset[str]


def find_names(text: str) -> Names:
    """Return the names in a text whose case was kept."""
    codes = (
        frozenset(match[0].rstrip(".,;:?!)") for match in _CODE.finditer(text)) if _may_hold_code(text) else frozenset()
    )
    quotes: frozenset[str] = frozenset()
    if '"' in text or "'" in text:
        quotes = frozenset(map(_quotation, _QUOTED.finditer(text)))
    return Names(frozenset(_names(text)), codes, quotes)


def _quotation(match: re.Match[str]) -> str:
    """Return a quotation, with its marks where these may decide: 'a' is a character, "a" is a string, in C."""
    quoted = (match[1] or match[2]).strip(" .,?!")
    return match[0] if len(quoted) < 2 or _CODE_IN_QUOTES.search(quoted) else quoted


def has_unmatched_code(mine: Names, other: str) -> bool:
    """Return whether *mine* has an identifier or address that is not in the *other*, normalized text."""
    return any(code.casefold() not in other for code in mine.codes)


def has_unmatched_address(mine: Names, other: str) -> bool:
    """Return whether *mine* has the address of a page or a mailbox that is not in the *other*, normalized text."""
    return any(_ADDRESS.search(code) and code.casefold() not in other for code in mine.codes)


def have_different_quotes(one: Names, other: Names) -> bool:
    """Return whether both texts quote something, and not the same: a quotation is meant to the letter."""
    if not (one.quotes and other.quotes) or one.quotes == other.quotes:
        return False
    return {quote.lower() for quote in one.quotes} != {quote.lower() for quote in other.quotes}


def may_have_different_quotes(one: Names, other: Names, *, in_code: bool) -> bool:
    """Return whether one text quotes something that the other only says: letters in "the alphabet".

    A title, and a word whose meaning is asked, are often written without their quotation marks.
    """
    if one.quotes == other.quotes:
        return False
    if one.quotes and other.quotes:
        return True
    return any(quote[:1].islower() or len(quote) < 2 or in_code for quote in one.quotes | other.quotes)


def _may_hold_code(text: str) -> bool:
    return _CODE_HINT.search(text) is not None


def _names(text: str) -> list[str]:
    """Return the capitalized words that do not begin a sentence, or the Latin words in a Chinese text.

    A text in which most words are capitalized is a heading: its capitals mean nothing.
    """
    if text.islower() or (text.isascii() and text[1:].islower()):
        return []
    if not text.isascii() and HAN.search(text) is not None:
        return [_ALIASES.get(word, word) for word in map(str.casefold, _LATIN.findall(text)) if word not in _COMMON]
    if text.isascii():
        capitalized = list(_CAPITALIZED.finditer(text))
    else:
        capitalized = [match for match in _WORD.finditer(text) if match[0][0].isupper()]
    if all(match[0].casefold() in _COMMON for match in capitalized):
        return []
    shouted = text.isupper()
    found = []
    for match in capitalized:
        word = match[0].replace(".", "")
        before = text[max(0, match.start() - MAX_SPACES) : match.start()].rstrip()
        follows = text[match.end() : match.end() + 2]
        inside = bool(before) and before[-1] not in _SENTENCE_END
        if (
            inside
            or (follows[:1] == " " and follows[1:].isupper())
            or (len(word) > 1 and word.isupper() and not shouted)
        ):
            found.append(word.casefold().removesuffix("'s"))
    if not found or shouted:
        return []
    count = len(_WORD.findall(text))
    if count >= 4 and len(capitalized) > 0.85 * count:
        return []
    return [_ALIASES.get(name, name) for name in found if name not in _COMMON]
