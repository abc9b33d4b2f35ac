"""What is left over of two texts that are not known to differ, and what that costs. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from aicache.guards import (
    exclusive_words,
    function_words,
    han_replacements,
    kana_particles,
    names,
    persons,
    question_type,
    small_words,
    substitution,
)
from aicache.guards.cased_words import has_other_letters
from aicache.guards.comparison import Comparison, Difference, Outcome
from aicache.guards.extra_requests import Extra, find_extra_request
from aicache.guards.function_word_edits import are_accounted_for
from aicache.guards.known_differences import has_unmatched_name
from aicache.guards.letters import LETTER
from aicache.guards.lexicon.soft_words import SOFT
from aicache.guards.lexicon.synonyms import PLURALS_APART, VARIANTS
from aicache.guards.matching import Matching, match_words
from aicache.guards.moved_clauses import is_clause_moved
from aicache.guards.only_difference import find_only_difference
from aicache.guards.order import Order, find_order
from aicache.guards.structure_differences import find_other_structures, settle_order
from aicache.guards.text_features import TextFeatures
from aicache.guards.text_structure import are_others
from aicache.guards.tokens import Meaning, Script, Token
from aicache.guards.unshared import find_unshared
from aicache.guards.writing import has_other_article, is_only_written_otherwise, is_written_otherwise

EASE = -0.8
"""Share of the way from the threshold to 1 by which a neighbor may be farther of which nothing is left over ..."""
MOST_EASE = -1.5
"""... and by which it may be if the words are the same, too, or, in English, what is asked: why, or how, or what."""
MAX_WORDS, MAX_HAN = 14, 30
"""Words with a meaning (Chinese: characters) of a short text. In a longer one a word hardly moves the vector."""
MAX_ADDED_WORDS = 2
"""Words that only one text has, up to which a near enough neighbor may answer."""

# Measured on streams and pairs, with the local embedder. Chinese questions are short: the threshold that keeps English
# streams well below 1 % wrong lets 1.7 % through.
THRESHOLD_RAISES: dict[str, float] = {
    "wording": 0.4,
    "addition": 0.1,
    "modifier": 0.9,
    "name": 0.3,
    "chinese": 0.3,
    "person": 0.3,
}
"""Differences that may be harmless, with the share of the way from the threshold to 1 by which they raise it."""
UNEXPLAINED_RAISES: dict[str, float] = {
    "substitution": 0.4,
    "additions": 0.4,
    "order": 0.3,
    "roles": 0.3,
    "question": 0.3,
    "auxiliary": 0.3,
    "code": 0.4,
}
"""The same of those that refuse, for the policy that weighs them by evidence."""
_RAISES = THRESHOLD_RAISES | UNEXPLAINED_RAISES
_WIE = frozenset({"de", "nl"})
"""Languages of which one asks how with the word with which the other asks who."""
_PARTICLES = frozenset("up down off out over through away along around behind under back".split())
"""English words that change the verb before them: give, give up."""
_SAYING_NOTHING = frozenset({"moved", "filler", "typo"})
"""Differences with which the questions are as much the same as without: measured, 2 in 100 of such neighbors err."""
_HARMLESS = frozenset({*THRESHOLD_RAISES, *_SAYING_NOTHING, "inversion"})


def compare_leftovers(one: TextFeatures, other: TextFeatures, *, long: bool = False) -> Comparison:
    """Compare two texts that are not known to differ by what only one of them has; *long* ones, of which these may be
    parts, more strictly."""
    long = long or is_long(one, other)
    mine, others = find_unshared(one.clauses, other.clauses), find_unshared(other.clauses, one.clauses)
    matching = match_words(one.clauses, other.clauses, mine, others)
    turned_voice = one.is_passive != other.is_passive  # which swaps the roles back
    order = Order.SAME if turned_voice else find_order(one.clauses, other.clauses, matching.twins)
    if order in (Order.TURNED, Order.SWAPPED) and is_clause_moved(one.clauses, other.clauses):
        order = Order.MOVED
    extra = find_extra_request(one.clauses, other.clauses, mine, others)
    if (known := _known(extra, matching, order)) is not None:
        return Comparison(Outcome.DIFFERENT, (known,))
    if exclusive_words.inverts_meaning(one.word_groups, other.word_groups):  # twice, or it would be known to differ
        return Comparison(Outcome.EXPLAINED, (Difference("inversion"),))
    differences = tuple(_differences(one, other, matching, order, long=long))
    if all(each.name in _HARMLESS for each in differences):
        differences += tuple(map(Difference, find_other_structures(one, other, matching.twins)))
    if all(each.name in _HARMLESS for each in differences):
        asks_way = one.small_words.asks_way and other.small_words.asks_way
        only = find_only_difference(one, other, matching.twins, asks_way=asks_way)
        if only:
            differences += (Difference(only, _words(matching.left), _words(matching.right)),)
    if all(each.name in _SAYING_NOTHING for each in differences):
        asks_the_same = one.asked is not None and one.asked == other.asked
        return Comparison(Outcome.EXPLAINED, differences, MOST_EASE if asks_the_same else EASE)
    raised = 1 - math.prod(1 - _RAISES.get(each.name, 0.0) for each in differences)
    if all(each.name in _HARMLESS for each in differences):
        return Comparison(Outcome.EXPLAINED, differences, raised)
    asks_else = any(each.name in ("substitution", "additions") for each in differences)
    outcome = Outcome.DIFFERENT if asks_else and long else Outcome.UNEXPLAINED
    return Comparison(outcome, differences, raised)


def is_long(one: TextFeatures, other: TextFeatures) -> bool:
    """Return whether the texts are so long that their cosine says little about a part of them."""
    longest = MAX_HAN if one.clauses.unspaced else MAX_WORDS
    return min(len(one.clauses.content), len(other.clauses.content)) > longest


def _known(extra: Extra, matching: Matching, order: Order) -> Difference | None:
    """Return a difference in the leftovers that changes the answer."""
    left, right = bool(matching.left), bool(matching.right)
    if (extra is Extra.SURELY and (left or right)) or (extra is Extra.MAYBE and left != right):
        return Difference("instruction", _words(matching.left), _words(matching.right))
    if any(_is_letter(token) for token in (*matching.left, *matching.right)):
        return Difference("letter", _words(matching.left), _words(matching.right))
    return Difference("order") if order is Order.SWAPPED else None


def _differences(
    one: TextFeatures, other: TextFeatures, matching: Matching, order: Order, *, long: bool
) -> Iterator[Difference]:
    """Yield the differences that may change the answer."""
    yield from small_words.find_possible_differences(one.small_words, other.small_words)
    order = settle_order(one, other, order)
    if order is not Order.SAME:
        yield Difference("order" if order is Order.TURNED else "moved")
    left, right = _words(matching.left), _words(matching.right)
    said = [*filter(_says, matching.left), *filter(_says, matching.right)]
    if left and right:
        wording = not said and (not one.clauses.is_phonetic or kana_particles.are_harmless(left, right))
        yield Difference("wording" if wording else "substitution", left, right)
    elif said:
        many = len(said) > MAX_ADDED_WORDS or long or (len(left) + len(right) == 1 and said[0].word in _PARTICLES)
        many = many or any(token.word in one.names.names | other.names.names for token in said)
        yield Difference("additions" if many else "addition", left, right)
    elif left or right:
        yield Difference("filler", left, right)
    yield from function_words.find_differences(one.function_words, other.function_words, same_words=not (left or right))
    asks_way = one.small_words.asks_way and other.small_words.asks_way
    if not are_accounted_for(one.function_words, other.function_words, matching.twins, asks_way=asks_way) or are_others(
        one.structure.particles, other.structure.particles
    ):
        yield Difference("function-word")
    if not (left or right) and are_others(one.structure.quotation, other.structure.quotation):
        yield Difference("function-word")
    if "typo" in matching.ways:
        yield Difference("typo")
    if (
        "joined" in matching.ways
        or ("form" in matching.ways and not one.clauses.english and not asks_way)
        or ("spelling" in matching.ways and (one.asks_meaning or other.asks_meaning))
    ):
        yield Difference("substitution")
    if han_replacements.is_another(one.bare, other.bare) or _has_other_plural(one, other):
        yield Difference("substitution")
    if any(token.word in VARIANTS for token in (*matching.left, *matching.right)):
        yield Difference("additions", left, right)
    if (
        has_other_letters(one.cased_words, other.cased_words)
        or is_written_otherwise(one.writing, other.writing)
        or (one.bare == other.bare and has_other_article(one.writing, other.writing))
        or (one.clauses.words == other.clauses.words and is_only_written_otherwise(one.writing, other.writing))
    ):
        yield Difference("letter")
    if one.inner_marks != other.inner_marks and len(one.inner_marks) == len(other.inner_marks):
        yield Difference("sign")
    if one.clauses.english and other.clauses.english and _has_other_voice(one, other):
        yield Difference("voice")
    yield from map(Difference, _doubts(one, other))
    if len(left) + len(right) == 1 and substitution.is_modified(one, other):
        yield Difference("modifier")


def _doubts(one: TextFeatures, other: TextFeatures) -> Iterator[str]:
    """Yield the names of differences that matter or not, which only a nearer neighbor tells."""
    if names.has_unmatched_code(one.names, other.plain) or names.has_unmatched_code(other.names, one.plain):
        yield "code"
    in_code = bool(one.signs or other.signs)
    asks_meaning = one.asks_meaning or other.asks_meaning
    if names.may_have_different_quotes(one.names, other.names, in_code=in_code) and not (asks_meaning and not in_code):
        yield "quote"
    if has_unmatched_name(one, other) or has_unmatched_name(other, one):
        yield "name"
    if "zh" in (one.language, other.language):
        yield "chinese"
    if {one.clauses.language, other.clauses.language} != _WIE and question_type.have_different_types(
        one.question_types, other.question_types
    ):
        yield "question" if "how" in one.question_types | other.question_types else "asked"
    for difference in persons.find_differences(one.persons, other.persons):
        yield difference.name
    if bool(one.small_words.pronouns) != bool(other.small_words.pronouns) and one.clauses.language != "fr":
        yield "pronoun"


def _has_other_voice(one: TextFeatures, other: TextFeatures) -> bool:
    """Return whether who does something in one text has it done to them in the other: robbed me, was robbed."""
    mine, others = one.participles, other.participles
    return any(others.get(word, voice) != voice for word, voice in mine.items()) and not (
        "you" in one.words or "you" in other.words
    )


def _says(token: Token) -> bool:
    """Return whether a token that only one text has may ask for something."""
    return token.word not in SOFT and (token.meaning is Meaning.SOMETHING or token.script is Script.WORD)


def _has_other_plural(one: TextFeatures, other: TextFeatures) -> bool:
    """Return whether a noun is in the plural in one text only, where that is another word: glasses, a glass."""
    return any(
        (mine in a.words) and (single in b.words) and mine not in b.words and single not in a.words
        for a, b in ((one, other), (other, one))
        if not PLURALS_APART.keys().isdisjoint(a.alphabetic_words)
        for mine in a.words
        if (single := PLURALS_APART.get(mine)) is not None
    )


def _is_letter(token: Token) -> bool:
    """Return whether a token is a single letter: hepatitis A."""
    return token.key.endswith(LETTER) and len(token.key) == 1 + len(LETTER)


def _words(tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple([token.word for token in tokens])
