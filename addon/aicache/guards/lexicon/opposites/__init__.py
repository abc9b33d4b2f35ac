"""Words that turn a question into another one, by language: before and after, on and off. Data only.

Own knowledge of each language's vocabulary, with the forms common in questions: infinitive, imperative, participle, and
the nouns made of them. A line is a group, its sides stand between slashes, _ is a space within a word. English and
Chinese have more in `english` and `chinese`, which the guards knew first.
"""

from __future__ import annotations

from typing import Final

from aicache.guards.lexicon.opposites import ar, de, en, es, fr, it, ja, ko, nl, pl, pt, ru, th, tr, zh, zh_tw
from aicache.guards.lexicon.tables import groups

OPPOSITES: Final = groups(
    {
        "ar": ar.OPPOSITES,
        "de": de.OPPOSITES,
        "en": en.OPPOSITES,
        "es": es.OPPOSITES,
        "fr": fr.OPPOSITES,
        "it": it.OPPOSITES,
        "ja": ja.OPPOSITES,
        "ko": ko.OPPOSITES,
        "nl": nl.OPPOSITES,
        "pl": pl.OPPOSITES,
        "pt": pt.OPPOSITES,
        "ru": ru.OPPOSITES,
        "th": th.OPPOSITES,
        "tr": tr.OPPOSITES,
        "zh": zh.OPPOSITES,
        "zh-tw": zh_tw.OPPOSITES,
    }
)
"""Groups of sides that exclude each other. A word may stand in several groups."""

FINAL_PARTICLES: Final = groups(
    {"de": "ein an / aus\nauf / zu\nhoch / runter\nrein / raus", "nl": "aan in / uit\nopen / dicht\nop / neer"}
)
"""Particles of separable verbs, which turn the verb when they are the last word: schalte ich das Licht ein, aus."""
