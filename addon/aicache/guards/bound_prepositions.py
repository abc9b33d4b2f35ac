"""The preposition before each word: from Rome to Turin, to Rome from Turin; in Japanese, to Japanese people. Pure.

They say so little, and there are so many of them, that they are counted nowhere: the same ones before other words are
another question, and so is another one before the same word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aicache.guards.feature import feature
from aicache.guards.lexicon.function_words import ARTICLES, BARE_ARTICLES
from aicache.guards.lexicon.persons import PERSONS
from aicache.guards.lexicon.prepositions import BEFORE_NOUNS
from aicache.guards.tokens import Clauses

_NO_WORDS: frozenset[str] = frozenset()
_SKIPPED = {
    language: frozenset(ARTICLES.get(language, ()))
    | BARE_ARTICLES.get(language, _NO_WORDS)
    | frozenset([word for word, form in PERSONS.get(language, {}).items() if form[1] == "p"])
    for language in BEFORE_NOUNS
}
_SKIPPED["en"] |= {"a", "an", "the", "this", "that", "these", "those"}

_SAYING_LITTLE = frozenset({"it", "people", "person"})
_CONTRARY = tuple(map(frozenset, (("from", "for"), ("from", "to"), ("by", "about"))))
"""English prepositions of which one never stands for the other, however a question is built."""
_ENGLISH, _LANGUAGES = frozenset({"en"}), frozenset(BEFORE_NOUNS)
_TABLES: dict[frozenset[str], tuple[Mapping[str, str], frozenset[str]]] = {}
"""By the languages that a text may be in, the groups of their prepositions, and the words that may stand behind one."""


@dataclass(frozen=True)
class BoundPrepositions:
    """The prepositions of a text."""

    text: Clauses
    languages: frozenset[str]

    @feature
    def groups(self) -> Mapping[str, str]:
        """The preposition directly before each word with a meaning, by its group; "" for words that have several."""
        groups, skipped = _TABLES.get(self.languages) or _table(self.languages)
        if groups.keys().isdisjoint(self.text.words):
            return {}
        found: dict[str, str] = {}
        group = ""
        for word, key in zip(self.text.words, self.text.keys, strict=True):
            if word in groups:
                group = groups[word]
            elif group and word not in skipped:
                if key and key in self.text.content and not (self.text.english and word.endswith("ing")):
                    found[key] = group if found.get(key, group) == group else ""
                group = ""
        return found

    @feature
    def others(self) -> Sequence[str]:
        """The other words in the compared form, without articles and owners."""
        groups, skipped = _TABLES.get(self.languages) or _table(self.languages)
        return [
            key or word
            for word, key in zip(self.text.words, self.text.keys, strict=True)
            if word not in groups and word not in skipped and word not in _SAYING_LITTLE
        ]


def find_bound_prepositions(text: Clauses) -> BoundPrepositions | None:
    """Return the preposition before each word with a meaning; None in languages without any."""
    languages = _ENGLISH if text.english else (text.languages or frozenset({text.language})) & _LANGUAGES
    return None if not languages or text.unspaced else BoundPrepositions(text, languages)


def _table(languages: frozenset[str]) -> tuple[Mapping[str, str], frozenset[str]]:
    """Return the table of some languages; where there are several, each preposition is a group of its own, since the
    groups of the languages disagree ("a" is "to" in Italian, and no preposition in Polish)."""
    groups = {word: group for language in languages for word, group in BEFORE_NOUNS[language].items()}
    if len(languages) > 1:
        groups = {word: word for word in groups}
    skipped = frozenset().union(*(_SKIPPED[language] for language in languages)) - groups.keys()
    _TABLES[languages] = groups, skipped
    return _TABLES[languages]


def have_other_prepositions(
    one: BoundPrepositions | None, other: BoundPrepositions | None, twins: Mapping[str, str]
) -> bool:
    """Return whether a word that both texts have stands behind another preposition in each; in English, whose
    prepositions have many likes (a fee on, for, with a withdrawal), only among the same other words.

    *twins* are words of the first text, in the compared form, that are another form of one of the second.
    """
    if one is None or other is None or one.languages != other.languages or one.groups == other.groups:
        return False
    for word, group in one.groups.items():
        others = other.groups.get(twins.get(word, word), group)
        if group and others and group != others:
            return (
                one.languages != _ENGLISH
                or {group, others} in _CONTRARY
                or [twins.get(each, each) for each in one.others] == other.others
            )
    return False
