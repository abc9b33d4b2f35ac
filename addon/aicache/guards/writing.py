"""How a text is written, where that is meant to the letter: code, indentation, vowel marks, German capitals. Pure.

Words are compared without any of it, so that what is written otherwise is the same; where a difference in writing may
say something, it counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from aicache.guards.language import MARKS

_CODE = re.compile(r"[!-~]*[#*_<>@\[\]\\{}|=+][!-~]*")
"""Characters without a space, one of which is a sign of code or arithmetic."""
_SPACED_OPERATOR = re.compile(r"(?<=\w) (?P<sign>[-+*/=<>|]{1,3}) (?=\w)")
_MARKS = re.compile(f"[{MARKS}]+")
_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE_END = frozenset(".?!:;\n\"'(-¿¡„“”«»‚‘")
MAX_CAPITALIZED_SHARE = 0.8
"""Share of words with a capital from which a text is a heading, whose capitals say nothing."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What is meant to the letter in a text."""

    code: tuple[str, ...]
    """Words with signs of code in them, in order."""
    indentation: tuple[str, ...]
    """White space at the beginning of each line, if there is any."""
    marks: tuple[str, ...]
    """Marks at letters: Arabic, Hebrew and Indic vowels."""
    capitals: Mapping[str, str]
    """German words within sentences as they are written, by their small letters; empty where capitals say nothing."""


def find_writing(text: str, language: str) -> Writing:
    """Return what is meant to the letter in a text whose case was kept. Never raises; linear in its length."""
    code = tuple([match[0].strip(".,;:?!\"'") for match in _CODE.finditer(_SPACED_OPERATOR.sub(r"\g<sign>", text))])
    indentation = tuple(_indentation(text)) if "\n" in text else ()
    marks = () if text.isascii() else tuple(_MARKS.findall(text))
    return Writing(code, indentation, marks, _capitals(text) if language == "de" else {})


def is_written_otherwise(one: Writing, other: Writing) -> bool:
    """Return whether two texts with the same words are written in ways that may not say the same."""
    return (
        one.code != other.code
        or one.indentation != other.indentation
        or one.marks != other.marks
        or has_other_capitals(one, other)
    )


def has_other_capitals(one: Writing, other: Writing) -> bool:
    """Return whether a word within a sentence has capitals in one of two texts that both use them."""
    if not (one.capitals and other.capitals):
        return False
    return any(other.capitals.get(word, form) != form for word, form in one.capitals.items())


def _indentation(text: str) -> list[str]:
    found = [line[: len(line) - len(line.lstrip())] for line in text.strip().splitlines() if line.strip()]
    return found if any(found) else []


def _capitals(text: str) -> dict[str, str]:
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
    return found if 0 < capitalized <= MAX_CAPITALIZED_SHARE * len(found) else {}
