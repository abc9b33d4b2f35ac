"""The normal form of a question: texts with the same one differ in nothing that could change the answer. Pure.

It fails closed: what is not known to say nothing stays in the form as it was written. Never raises; linear in length.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from aicache.guards.edge_courtesies import asks, is_about_words, without_courtesies
from aicache.guards.letter_case import fold_case
from aicache.guards.lexicon import spellings
from aicache.guards.patterns import compile_later
from aicache.guards.written_numbers import with_digits

VERSION = 1
"""Of the form: raise it with each change of what is equal."""
MAX_CHARS = 400
"""Longer questions have no form: they are seldom typed again, and more in them may be meant as it is written."""

_WIDTHS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x2019: 0x27, 0x02BC: 0x27}
_SPACES = re.compile(r"[ \t\u00a0\u2009\u202f]+")
_AS_WRITTEN = re.compile(
    "[\\x00-\\x1f\\x7f\u2028\u2029\u0085\ud800-\udfff"  # lines and control characters
    "\"`‘“”„‟‚‛«»‹›「」『』《》〈〉{}<>\\\\|=^~_#@]|(?<![^\\W\\d])'|'(?![^\\W\\d])|://|\\]\\(|--"
)
"""Quotation, code, markup, addresses, formulas, several lines: nothing in such a text is known to say nothing."""
_HAN = "\u3400-\u9fff"
_SPACE_BY_HAN = compile_later(rf"(?<=[{_HAN}]) (?=[A-Za-z0-9])|(?<=[A-Za-z0-9]) (?=[{_HAN}])")
_SPACE_BEFORE_END = re.compile(r" +(?=[?.!。؟]+$)")
_PERCENT = re.compile(r"(?<=\d) ?(?:percent|per cent|%)(?![\w%])")
_END = re.compile(r"[?.!。？！؟]+$")
_ABBREVIATED = re.compile(r"(?:^|[^\w])(?:\w\.)+\w?\.$|\.\w+\.$")
_EXCLAIMING = frozenset({"what", "how"})

_CONTRACTIONS = dict(line.split(":") for line in spellings.CONTRACTIONS.strip().split("\n"))
_VARIANTS = dict(pair.split("=") for pair in spellings.VARIANTS.split())
_FIRST_VARIANTS = dict(pair.split("=") for pair in spellings.FIRST_VARIANTS.split())
_YO_MATTERS = frozenset(spellings.YO_MATTERS.split())
_SPANISH_ENDING = re.compile(r"(?<=[cs])ión(?=[,;:.]?$)")


def normal_form(question: str) -> str | None:
    """Return the form that a question shares with those that only write the same differently; None if none is safe.

    Differences that vanish: the case of words where it says nothing, full width, white space, the mark at the end,
    courtesies at the edges, contractions, number words, accents that are often left out.
    """
    if len(question) > MAX_CHARS:
        return None
    text, is_ascii = question, question.isascii()
    if not is_ascii:
        text = unicodedata.normalize("NFC", text.translate(_WIDTHS))
    text = _SPACES.sub(" ", text).strip(" \r\n\t")
    if _AS_WRITTEN.search(text) is not None:
        return None
    text = _SPACE_BEFORE_END.sub("", text if is_ascii else _SPACE_BY_HAN.sub("", text))
    text, marks = _without_end(text)
    tokens = text.split(" ")
    question_tokens = without_courtesies(tokens)
    if question_tokens[-1] is not tokens[-1]:  # the marks are those of a courtesy, unless it is part of the sentence
        text, own_marks = _without_end(" ".join(question_tokens))
        marks = own_marks or marks.replace("!", "")
    elif len(question_tokens) < len(tokens):
        text = " ".join(question_tokens)
    opened = text.startswith("¿")
    tokens = fold_case(text.removeprefix("¿").split(" "))
    about_words = is_about_words(tokens)
    if not is_ascii or "'" in text or tokens[0] in _FIRST_VARIANTS:
        spelled = (_spelled(tokens, at, about_words=about_words) for at in range(len(tokens)))
        tokens = " ".join(spelled).split(" ")
    if not about_words:
        tokens = with_digits(tokens)
    text = " ".join(tokens)
    if "%" in text or "cent" in text:
        text = _PERCENT.sub("%", text)
    if not any(char.isalnum() for char in text):
        return None
    return text + _kept_marks(tokens, marks, opened=opened)


def _without_end(text: str) -> tuple[str, str]:
    """Split off the marks at the end, but no period of an abbreviation or a number, and no dots that go on."""
    match = _END.search(text)
    if match is None or match.start() == 0:
        return text, ""
    marks, before = match[0], text[: match.start()]
    last = before[-1]
    if marks.startswith("...") or not (last.isalnum() or last in ")]%,"):
        return text, ""
    if marks[0] in ".!" and (not last.isalpha() or _ABBREVIATED.search(before + ".") or _is_single_letter(before)):
        return text, ""  # 5!, a.c., vitamin C.
    return before, marks


def _is_single_letter(text: str) -> bool:
    return len(text) < 2 or (text[-1].isascii() and not text[-2].isalnum())


def _kept_marks(tokens: Sequence[str], marks: str, *, opened: bool) -> str:
    """Return the mark that says something: a question mark behind what is no question without it, an exclamation."""
    if ("!" in marks or "！" in marks) and ("?" in marks or tokens[0] in _EXCLAIMING):
        return "!?" if "?" in marks else "!"
    return "?" if ("?" in marks or "؟" in marks) and not (opened or asks(tokens)) else ""


def _spelled(tokens: Sequence[str], at: int, *, about_words: bool) -> str:
    """Return a token in the spelling that stands for all of its word."""
    token = tokens[at]
    if "'" in token and not about_words:
        return _CONTRACTIONS.get(token, token)
    if token.isascii() and at > 0:
        return token
    bare = token.rstrip(",;:.")
    end = token[len(bare) :]
    if at == 0 and (first := _FIRST_VARIANTS.get(bare)) is not None:
        return first + end
    if "ё" in bare and not about_words and (plain := bare.replace("ё", "е")) not in _YO_MATTERS:
        return plain + end
    if about_words:
        return token
    return _SPANISH_ENDING.sub("ion", _VARIANTS.get(bare, bare) + end)
