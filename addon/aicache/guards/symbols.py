"""Symbols in a text: anything but letters, digits and ordinary punctuation, invisible characters included. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

_COUNTED = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Me", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sk", "Sm", "So"})
_ASCII = re.compile(r"%(?=[^\W\d])|[#*_<>@\[\\\]{|}=+\x00-\x08\x0e-\x1b\x7f]")
_OTHER = re.compile(r"[^\x00-\x7f\s]")
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_ORDINARY = frozenset(
    "°~^¿¡·•、。〃〈〉《》「」『』【】〔〕〜・，．：；！？（）［］％＆。｡｢｣､･،؛؟٪‥…‘’‚‛“”„‟‹›«»′″‐‑‒–—―−¨´ˆ˜"
)
"""Ordinary in questions: punctuation, the degree sign (part of a quantity), and what ends chat messages."""


def count_symbols(text: str) -> Mapping[str, int]:
    """Return the symbols of a text (see `normalize_keeping_case`), each with its count."""
    found: dict[str, int] = {}
    for char in _ASCII.findall(text):
        found[char] = found.get(char, 0) + 1
    if not text.isascii():
        for char in _OTHER.findall(text):
            if _counts(char):
                found[char] = found.get(char, 0) + 1
    return found


@lru_cache(maxsize=4096)
def _counts(char: str) -> bool:
    if char in _ORDINARY:
        return False
    return unicodedata.category(char) in _COUNTED or _INVISIBLE.match(char) is not None or _is_stacked(char)


def _is_stacked(char: str) -> bool:
    """Return whether a character is a combining mark that did not form one letter with the character before it."""
    return "\u0300" <= char <= "\u036f" or "\u1ab0" <= char <= "\u1aff" or "\u1dc0" <= char <= "\u20ff"
