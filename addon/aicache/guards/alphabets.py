"""Tells texts that have a letter of an alphabet from those that are written in Chinese or Japanese alone. Pure.

The tables of words of languages with an alphabet have nothing of the others, which are half of all words of a text.
"""

from __future__ import annotations

import re

_LETTER = re.compile("[A-Za-z\u00c0-\u2fff\uac00-\ud7af]")
"""The letters of English, and all characters of scripts but Chinese and Japanese."""


def has_alphabet(text: str) -> bool:
    """Return whether a text of normal width may have a word of a language with an alphabet: Latin, Arabic, Thai."""
    return text.isascii() or _LETTER.search(text) is not None
