"""Single capitals and Roman numerals, which lower case would make an article or a pronoun of. Pure."""

from __future__ import annotations

import re

from aicache.guards.patterns import compile_later

_ROMAN = {
    numeral: str(value)
    for value, numeral in enumerate(
        "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII XVIII XIX XX XXI XXII XXIII XXIV".split(), 1
    )
}
_AMBIGUOUS = frozenset("IVX")
"""Also a pronoun, or a letter that is not a number (Model X)."""
_NUMBERED = frozenset(
    "type war phase part chapter class stage title volume act level grade section category division group "
    "factor king queen pope emperor tsar saint angiotensin element cranial nerve bipolar article annex "
    "appendix book season episode generation mark rocky typ phase teil kapitel klasse weltkrieg guerre "
    "guerra partie parte capítulo capitolo chapitre classe clase tipo fase wojna savaşı".split()
)
_CAPITALS = re.compile(r"[AISVX](?<![\w'’.&/+].)(?:(?<=[IVX])[IVX]{1,5})?(?![\w'’&/+*]|\.\w|-\w)")
_COUNTRY = re.compile(r"(?<![\w.])US(?![\w.])")
_WORD_BEFORE = re.compile(r"([^\W\d_]+) $")
_LOWER_NUMERAL = compile_later(rf"\b(?P<noun>{'|'.join(sorted(_NUMBERED))}) (?P<numeral>[ivx]+)\b")
_MAY_BE_NUMERAL = re.compile(r" [ivx]+\b")
MAX_CHARS_BEFORE = 40
"""Characters before a letter in which its word, and the beginning of its sentence, is looked for."""
_LETTER_A = re.compile(r"a(?<=[^\W\d_] a)(?=\s*(?:[?.,!;:)]|$| (?:and|or|vs|is|are)\b))")
"""No article stands before these."""
_SIGNED_LETTER = re.compile(r"(?<![^\s(])[A-Z](?=[+-](?![^\s?.,!;:)]))")
"""Blood groups, marks, models: A+, O-."""
_PRONOUN = compile_later(
    r" (?:am|was|have|had|has|do|did|can|could|will|would|should|must|may|might|want|need|think|know|saw|see|went|go"
    r"|get|got|found|find|like|love|use|used|bought|wonder|always|never|just|also|really|still|keep|feel|live|work|make)\b"
)
"""What follows the pronoun rather than a numeral."""
_SENTENCE_END = frozenset(".?!:;\n\"'(¿¡…。？！-")
LETTER = "letter"
"""Ends the word that stands for a single letter."""


def spell_out_letters(text: str) -> str:
    """Return a text whose case was kept with Roman numerals as digits, and a capital A that is no article as a word."""
    if _CAPITALS.search(text) is not None and not text.isupper():
        text = _CAPITALS.sub(lambda match: _spelled_out(match, text), text)
    if "US" in text and not text.isupper():
        text = _COUNTRY.sub("USA", text)
    if "+" in text or "-" in text:
        text = _SIGNED_LETTER.sub(lambda match: match[0].lower() + LETTER, text)
    if " a" in text:
        text = _LETTER_A.sub("a" + LETTER, text)
    if _MAY_BE_NUMERAL.search(text) is not None:
        text = _LOWER_NUMERAL.sub(
            lambda match: f"{match['noun']} {_ROMAN.get(match['numeral'].upper(), match['numeral'])}", text
        )
    return text


def _spelled_out(match: re.Match[str], text: str) -> str:
    letters = match[0]
    start = max(0, match.start() - MAX_CHARS_BEFORE)
    before = text[start : match.start()].rstrip()
    starts = not before or before[-1] in _SENTENCE_END
    if letters == "S":
        return "s" + LETTER
    if letters == "A":
        return letters if starts and _is_article(text[match.end() : match.end() + 2]) else "a" + LETTER
    if letters not in _ROMAN:
        return letters
    if letters not in _AMBIGUOUS:
        return _ROMAN[letters]
    word = _WORD_BEFORE.search(text[start + before.rfind(" ") + 1 : match.start()])
    if word is None:
        return letters
    if word[1].casefold() in _NUMBERED:
        return _ROMAN[letters]
    if not word[1][0].isupper() or word[1].isupper() or len(word[1]) <= 3 or letters == "X":
        return letters  # no name
    earlier = before[: -len(word[1])].rstrip()
    first = not earlier or earlier[-1] in _SENTENCE_END
    return letters if first or _PRONOUN.match(text, match.end()) else _ROMAN[letters]


def _is_article(following: str) -> bool:
    """Return whether an A at the beginning of a sentence is followed by a word it may be the article of."""
    return following[:2].strip().isalpha() and following[:1] == " "
