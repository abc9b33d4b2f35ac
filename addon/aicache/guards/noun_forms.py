"""What an English noun names by what stands before it: roast chicken, roast a chicken; all of one, one of all. Pure.

Articles and plurals are compared nowhere else, since whoever leaves them out mostly says nothing by it. Where nothing
else differs, and the noun stands bare behind a verb, they do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from aicache.guards.english_words import ARTICLES, INDEFINITE_ARTICLES, are_exchanged
from aicache.guards.feature import feature
from aicache.guards.lexicon import noun_forms as lexicon
from aicache.guards.lexicon import only_difference
from aicache.guards.tokens import Clauses
from aicache.guards.words import spelled_stem

_BEFORE_NOUNS = frozenset(lexicon.BEFORE_NOUNS.split()) | ARTICLES
_BEFORE_VERBS = frozenset("to i you we they".split())
_QUANTIFIERS = frozenset(lexicon.QUANTIFIERS.split())
_AFTER_ASKED = frozenset(lexicon.AFTER_ASKED.split())
_PROGRESSIVE, _PERFECT = frozenset(lexicon.PROGRESSIVE.split()), frozenset(lexicon.PERFECT.split())
_PASTS = frozenset(only_difference.PASTS.split())
_HAVING = frozenset(lexicon.HAVING.split())
_AUXILIARIES = _AFTER_ASKED | {"does"}
_WHAT_IS = frozenset({("what", "is"), ("what", "was")})
_AFTER_WHAT_IS = frozenset(lexicon.AFTER_WHAT_IS.split())
_OWNERS = frozenset({"my", "your", "our"})
_IDIOMS = frozenset([(verb, noun) for verb, _, noun in (each.partition("/") for each in lexicon.IDIOMS.split())])
_IDIOM_NOUNS = frozenset([noun for _, noun in _IDIOMS])
_MEANING = frozenset(lexicon.MEANING.split())


@dataclass(frozen=True)
class NounForms:
    """What stands before the nouns of an English text, each list read when it is first asked for."""

    text: Clauses

    @feature
    def quantifiers(self) -> Sequence[str]:
        return [word for word in self.text.words if word in _QUANTIFIERS]

    @feature
    def without_articles(self) -> Sequence[str]:
        return _without(self.text.words, ARTICLES)

    @feature
    def without_owners(self) -> Sequence[str]:
        """The words without articles and owners."""
        return _without(self.text.words, ARTICLES | _OWNERS)

    @feature
    def with_article(self) -> frozenset[str]:
        """Words behind "a" or "an"."""
        return frozenset([word for article, word in pairwise(self.text.words) if article in INDEFINITE_ARTICLES])

    @feature
    def without_article(self) -> frozenset[str]:
        """Words that stand bare behind a verb."""
        words, keys, content = self.text.words, self.text.keys, self.text.content
        places = zip(words, words[1:], words[2:], (*keys[3:], ""), strict=False)
        return frozenset(
            [
                word
                for subject, verb, word, after in places
                if subject in _BEFORE_VERBS
                and verb not in _BEFORE_NOUNS
                and after not in content
                and words.count(word) == 1
            ]
        )

    @feature
    def idioms(self) -> frozenset[tuple[str, str]]:
        """Verbs with a plural with which they say something else: have words."""
        words = self.text.words
        return frozenset() if _IDIOM_NOUNS.isdisjoint(words) else _IDIOMS.intersection(pairwise(words))

    @feature
    def tenses(self) -> tuple[frozenset[str], frozenset[str]]:
        """What goes on, and what is over, in the compared form."""
        return _tenses(self.text)


def find_noun_forms(text: Clauses) -> NounForms | None:
    """Return what stands before the nouns of a text; None in languages other than English."""
    return NounForms(text) if text.english else None


def have_other_noun_forms(one: NounForms | None, other: NounForms | None) -> bool:
    """Return whether two English texts name a thing and its substance, ask for one and for several, differ in how many
    something is said of, or tell whether one does something or has it done."""
    if one is None or other is None or one.text.unspaced or other.text.unspaced or one.text.words == other.text.words:
        return False
    mine, others = one.quantifiers, other.quantifiers
    if mine != others and len(mine) > 1 and sorted(mine) == sorted(others):
        return True
    if one.without_articles == other.without_articles:
        return not (
            one.with_article.isdisjoint(other.without_article) and other.with_article.isdisjoint(one.without_article)
        ) or _asks_what_one_is(one.text.words) != _asks_what_one_is(other.text.words)
    if one.idioms != other.idioms or _names_several(one.text, other.text):
        return True
    return _asks_for_several(one.text.words, other.text.words) or _is_had_done(one.without_owners, other.without_owners)


def is_over_in_one(one: NounForms | None, other: NounForms | None) -> bool:
    """Return whether what goes on in one of two English texts is over in the other: is choking, choked."""
    if one is None or other is None:
        return False
    return are_exchanged(one.tenses, other.tenses)


def _asks_what_one_is(words: Sequence[str]) -> bool:
    """Return whether it is asked for what one thing of a kind is: what is an iron used for."""
    return (
        tuple(words[:2]) in _WHAT_IS
        and len(words) > 4
        and words[2] in INDEFINITE_ARTICLES
        and words[4] in _AFTER_WHAT_IS
    )


def _names_several(one: Clauses, other: Clauses) -> bool:
    """Return whether the only difference is that a bare noun behind a verb is in the plural: keep chicken, chickens."""
    mine, others = one.words, other.words
    if len(mine) != len(others) or len(mine) < 4:
        return False
    places = [at for at, (word, twin) in enumerate(zip(mine, others, strict=True)) if word != twin]
    if len(places) != 1 or places[0] < 2:
        return False
    at = places[0]
    short, long = sorted((mine[at], others[at]), key=len)
    return (
        long in (f"{short}s", f"{short}es")
        and (mine[at - 2] in _BEFORE_VERBS or (at == 3 and mine[0] in _AUXILIARIES))
        and mine[at - 1] not in _BEFORE_NOUNS
        and (*one.keys[at + 1 :], "")[0] not in one.content
    )


def _asks_for_several(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether the only difference is that several things are asked for: what paper, what papers should I use."""
    if len(one) != len(other) or len(one) < 3 or one[0] not in ("what", "which") or one[2] not in _AFTER_ASKED:
        return False
    short, long = sorted((one[1], other[1]), key=len)
    return one[2:] == other[2:] and long == f"{short}s"


def _is_had_done(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether the only difference of words without articles and owners is that one has it done: cut my hair,
    get my hair cut."""
    had, done = sorted((one, other), key=len, reverse=True)
    if len(had) != len(done) + 1:
        return False
    return any(
        word in _HAVING and sorted([*had[:at], *had[at + 1 :]]) == sorted(done) and [*had[:at], *had[at + 1 :]] != done
        for at, word in enumerate(had)
    )


def _tenses(text: Clauses) -> tuple[frozenset[str], frozenset[str]]:
    """Return what goes on, and what is over, in the compared form."""
    goes_on, past = set(), set()
    for before, word, key in zip(("", *text.words), text.words, text.keys, strict=False):
        if word.endswith("ing") and before in _PROGRESSIVE:
            goes_on.add(key)
        elif (word.endswith("ed") or word in _PASTS) and before not in _PROGRESSIVE and before not in _PERFECT:
            past.add(key)
    return frozenset(goes_on - {""}), frozenset(past - {""})


def are_synonyms_asked(one: Clauses, other: Clauses, twins: Mapping[str, str]) -> bool:
    """Return whether English words that mean the same elsewhere differ, which they do where it is asked what they mean.

    *twins* are words of the first text, in the compared form, that are another form of one of the second.
    """
    if not (one.english and other.english):
        return False
    others = dict(zip(other.keys, other.words, strict=True))
    for key, word in zip(one.keys, one.words, strict=True):
        twin = others.get(twins.get(key, key), word)
        if key and twin != word and not {word, twin} & _MEANING and spelled_stem(word) != spelled_stem(twin):
            return True
    return False


def _without(words: Sequence[str], some: frozenset[str]) -> list[str]:
    return [word for word in words if word not in some]
