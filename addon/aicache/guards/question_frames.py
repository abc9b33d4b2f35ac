"""What an English text asks of the same thing: to do it, whether it is done, what happens if, how one knows. Pure.

These differ in a few small words, of which none is harmful by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from aicache.guards.commands import command_verb
from aicache.guards.english_words import INDEFINITE_ARTICLES, is_past
from aicache.guards.feature import feature
from aicache.guards.lexicon import question_frames as lexicon
from aicache.guards.numbers import QUANTITY_MARK
from aicache.guards.tokens import Clauses

_STATES, _VERBS = (frozenset(each.split()) for each in (lexicon.STATES, lexicon.VERBS))
_HAPPENING, _FINDING_OUT = frozenset(lexicon.HAPPENING.split()), frozenset(lexicon.FINDING_OUT.split())
_TIMES, _BEFORE_RATES = frozenset(lexicon.TIMES.split()), frozenset(lexicon.BEFORE_RATES.split())
_OBJECTS, _REFLEXIVES = frozenset(lexicon.OBJECTS.split()), frozenset(lexicon.REFLEXIVES.split())
_PERSONS = tuple(frozenset(each.split()) for each in (lexicon.FIRST_PERSONS, lexicon.SECOND_PERSONS))
_POINTING, _OF_NOW = frozenset(lexicon.POINTING.split()), frozenset(lexicon.OF_NOW.split())
_MASS_NOUNS = frozenset(lexicon.MASS_NOUNS.split())
_INSTITUTIONS = frozenset(lexicon.INSTITUTIONS.split())
_BEFORE_INSTITUTIONS, _CERTAIN = frozenset(lexicon.BEFORE_INSTITUTIONS.split()), frozenset(lexicon.CERTAIN.split())
_BE = frozenset({"is", "are", "was", "were"})
_DOERS = frozenset({("i",), ("we",), ("they",)})
_WHEN = frozenset({"when", "why", "who"})
_EACH = frozenset({"every", "each"})
_IS, _WAS = frozenset({"is", "are", "am"}), frozenset({"was", "were", "did"})
_PERFECT = frozenset({"have", "has", "had"})
_CONDITIONS = frozenset(lexicon.CONDITIONS.split())
_STILL_HAPPENING = frozenset({"happen", "happens"})
_WHETHER = frozenset({"if", "whether"})
_NO_WORDS: frozenset[str] = frozenset()
MIN_STEM_CHARS = 3
MAX_COMMAND_WORDS = 20
"""Words of a text up to which it may be a command."""


@dataclass(frozen=True)
class QuestionFrame:
    """What is asked in an English text, each part read when it is first asked for."""

    text: Clauses

    @property
    def words(self) -> Sequence[str]:
        return self.text.words_without_articles

    @feature
    def asks_what_happens(self) -> bool:
        words = self.text.words
        return words[:2] == ("what", "if") or (
            "what" in words
            and not _HAPPENING.isdisjoint(words)
            and any(word in _HAPPENING and after in _CONDITIONS for word, after in pairwise(words))
        )

    @feature
    def asks_to_do(self) -> bool:
        """Whether it asks how to do something, or whether one can, and names no condition."""
        words = self.text.words
        return bool(words) and (words[0] == "how" or words[0] in _VERBS) and _CONDITIONS.isdisjoint(words)

    @feature
    def asks_how_to_know(self) -> bool:
        words = self.text.words
        return "how" in words and any(
            verb in _FINDING_OUT and after in _WHETHER for verb, after in pairwise(words[words.index("how") :])
        )

    @feature
    def asks_way(self) -> bool:
        """Whether it asks how something is done, other than to find out something."""
        return "how" in self.text.words[:1] and _FINDING_OUT.isdisjoint(self.text.words)

    @feature
    def asks_whether(self) -> bool:
        """Whether it asks whether, when or why something is so, and is no request."""
        words = self.text.words
        if words[:1] and words[0] in _WHEN and len(words) > 1:
            return words[1] in _VERBS
        return bool(words) and words[0] in _STATES and (words[0] != "do" or words[1:2] in _DOERS)

    @feature
    def command(self) -> str:
        """The verb of which a command might be: set an alarm; "" for none."""
        if not 1 < len(self.text.words) <= MAX_COMMAND_WORDS:
            return ""
        verb = command_verb(self.text)
        return verb.word if verb is not None else ""

    def is_asked_whether_done(self, verb: str) -> bool:
        """Return whether it is asked whether what a verb says is done."""
        words, content = self.text.words, self.text.content
        return self.asks_whether and any(
            (is_past(word) and word[:MIN_STEM_CHARS] == verb[:MIN_STEM_CHARS])
            or (word == verb and (before in content or words[0] in _PERFECT))
            for before, word in zip(self.text.keys, words[1:], strict=False)
        )

    @feature
    def every(self) -> Set[str]:
        """Times at which something is done each time."""
        words = self.text.words
        if _EACH.isdisjoint(words):
            return _NO_WORDS
        times = zip(words, words[1:], self.text.keys[1:], strict=False)
        return frozenset([key for before, word, key in times if before in _EACH and _is_time(word)])

    @feature
    def once(self) -> Set[str]:
        """Times without a word that tells that they come again."""
        if "days" in self.text.plain:  # on Mondays
            return _NO_WORDS
        times = zip(("", *self.text.words), self.text.words, self.text.keys, strict=False)
        return frozenset([key for before, word, key in times if _is_time(word) and before not in _BEFORE_RATES])

    @feature
    def reflexives(self) -> Mapping[str, str]:
        """By what is done, the reflexive pronoun of whom it is done to."""
        return _objects(self.text, _REFLEXIVES)

    @feature
    def objects(self) -> Mapping[str, str]:
        """By what is done, the personal pronoun of whom it is done to."""
        return _objects(self.text, _OBJECTS)

    @feature
    def is_future(self) -> bool:
        return "will" in self.text.words

    @feature
    def is_perfect(self) -> bool:
        words = self.text.words
        return not _PERFECT.isdisjoint(words) and any(
            word in _PERFECT and any(each == "been" or is_past(each) for each in words[at + 1 : at + 4])
            for at, word in enumerate(words)
        )


def find_question_frame(text: Clauses) -> QuestionFrame | None:
    """Return what is asked in a text; None in languages other than English."""
    return QuestionFrame(text) if text.spaced_english else None


def is_something_else_asked(one: QuestionFrame | None, other: QuestionFrame | None) -> bool:
    """Return whether two English texts ask something else of the same thing."""
    if one is None or other is None or one.text.words == other.text.words:
        return False
    return _asks_something_else(one, other) or _asks_something_else(other, one)


def _asks_something_else(one: QuestionFrame, other: QuestionFrame) -> bool:
    return (
        (one.asks_what_happens and other.asks_to_do)
        or (one.asks_how_to_know and other.asks_way)
        or (one.command and other.is_asked_whether_done(one.command))
        or _is_time_left_out(one, other)
        or _names_kind(one, other)
        or _is_known(one, other)
    )


def is_at_another_time(one: QuestionFrame | None, other: QuestionFrame | None) -> bool:
    """Return whether one of two English texts asks of what comes again, and the other of once; or of what will be, goes
    on, or was."""
    if one is None or other is None:
        return False
    return _is_at_another_time(one, other) or _is_at_another_time(other, one)


def _is_at_another_time(one: QuestionFrame, other: QuestionFrame) -> bool:
    return (
        bool(one.every and (one.every & other.once) - other.every)
        or (one.is_future and not other.is_future and other.is_perfect)
        or _has_been(one.text.words, other.text.words)
        or _goes_on(one.text.words, other.text.words)
        or ("happened" in one.text.words and not _STILL_HAPPENING.isdisjoint(other.text.words))
    )


def is_done_to_another(one: QuestionFrame | None, other: QuestionFrame | None) -> bool:
    """Return whether something is done to oneself in one of two English texts, and to another in the other: lick
    itself, lick me."""
    if one is None or other is None:
        return False
    return any(
        (pronoun := others.objects.get(verb)) is not None
        and not any(pronoun in person and reflexive in person for person in _PERSONS)
        for mine, others in ((one, other), (other, one))
        for verb, reflexive in mine.reflexives.items()
    )


def _is_time(word: str) -> bool:
    return word == QUANTITY_MARK or word in _TIMES


def _is_time_left_out(one: QuestionFrame, other: QuestionFrame) -> bool:
    """Return whether *one* asks how long it takes to begin, and *other* how long it lasts: how long does it take to
    work, how long does it work."""
    words = one.words
    if words[:2] != ["how", "long"] or other.words[:2] != ["how", "long"] or len(words) != len(other.words) + 2:
        return False
    at = next((at for at, pair in enumerate(pairwise(words)) if pair in (("take", "to"), ("takes", "to"))), 0)
    return at > 0 and [*words[:at], *words[at + 2 :]] == other.words


def _names_kind(one: QuestionFrame, other: QuestionFrame) -> bool:
    """Return whether *one* asks what something is, and *other* which one it is here: what is time, what time is it."""
    words, others = one.words, other.words
    if len(words) != 3 or words[0] != "what" or words[1] not in _BE or others[:1] != ["what"]:
        return False
    noun = words[2]
    if len(others) == 4 and others[2] in _BE and others[3] in _POINTING:
        is_one = "the" in one.text.words and noun in _OF_NOW
        return not is_one and others[1].removesuffix("s") == noun.removesuffix("s")
    if others != words:
        return False
    mine, its = one.text.words, other.text.words
    return (noun in _MASS_NOUNS and INDEFINITE_ARTICLES.isdisjoint(mine) != INDEFINITE_ARTICLES.isdisjoint(its)) or (
        noun in _OF_NOW and ("the" in mine) != ("the" in its)
    )


def _is_known(one: QuestionFrame, other: QuestionFrame) -> bool:
    """Return whether *one* asks whether there is any of something, and *other* whether a known one is there, or does
    not tell what one does there: is there a doctor, is the doctor; in prison, in the prison."""
    words, others = one.text.words, other.text.words
    if words[1:2] == ("there",) and words[0] in _BE and others[:1] == words[:1] and others[1:2]:
        return others[1] in _CERTAIN and sorted(one.text.content) == sorted(other.text.content)
    if _INSTITUTIONS.isdisjoint(words) or one.words != other.words:
        return False
    bare = {noun for before, noun in pairwise(words) if before in _BEFORE_INSTITUTIONS and noun in _INSTITUTIONS}
    return any(before == "the" and noun in bare for before, noun in pairwise(others))


def _has_been(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether it is asked in *one* how long or where something has been, and in *other* how long it was, or
    where it is."""
    if "been" not in one or "been" in other or one[:1] != other[:1] or _PERFECT.isdisjoint(one):
        return False
    return (one[:2] == other[:2] == ("how", "long") and not _WAS.isdisjoint(other)) or (
        one[0] == "where" and one[-1] == "been" and not _IS.isdisjoint(other[1:2])
    )


def _goes_on(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether it is asked in *one* whether something is being done, and in *other* whether it has been."""
    return "being" in one and "been" in other and one[0] in _STATES and other[0] in _STATES


def _objects(text: Clauses, pronouns: frozenset[str]) -> dict[str, str]:
    if pronouns.isdisjoint(text.words):
        return {}
    return {
        verb: word
        for verb, word in zip(text.keys, text.words[1:], strict=False)
        if word in pronouns and verb and verb in text.content
    }
