"""Words that turn a question into another one, by language: before and after, on and off. Data only.

Own knowledge of each language's vocabulary, with the forms common in questions: infinitive, imperative, participle, and
the nouns made of them. A line is a group, its sides stand between slashes, _ is a space within a word. English and
Chinese have more in `english` and `chinese`, which the guards knew first.
"""

from __future__ import annotations

from typing import Final

from aicache.guards.lexicon.opposites import asian, germanic, romance, slavic_turkish_arabic
from aicache.guards.lexicon.tables import groups

OPPOSITES: Final = groups(germanic.OPPOSITES | romance.OPPOSITES | slavic_turkish_arabic.OPPOSITES | asian.OPPOSITES)
"""Groups of sides that exclude each other. A word may stand in several groups."""
