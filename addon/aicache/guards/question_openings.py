"""How an English question or command begins: what steps, when; has it been, should it be; remind me what, to. Pure.

Nearly all of these are small words, and only where the words with a meaning are the same do they tell what is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicache.guards.commands import command_verb
from aicache.guards.feature import feature
from aicache.guards.lexicon import question_openings as lexicon
from aicache.guards.tokens import Clauses
from aicache.guards.words import stem

_STEPS, _OTHERS = frozenset(lexicon.WAYS.split()), frozenset(lexicon.OTHER_QUESTIONS.split())
_AMOUNTS, _VERBS = frozenset(lexicon.AMOUNTS.split()), frozenset(lexicon.VERBS.split())
_PAST, _ABLE, _DUTY = (frozenset(each.split()) for each in (lexicon.PAST, lexicon.ABLE, lexicon.DUTY))
_AFTER_WHAT_IS, _TELLING = frozenset(lexicon.AFTER_WHAT_IS.split()), frozenset(lexicon.TELLING.split())
_HAVING = tuple(tuple(each.split()) for each in lexicon.HAVING.split("/"))
_BE = frozenset({"is", "are", "am", "was", "were"})
_SUPPORT = frozenset("do does did can could should would will".split())
_ASKING = frozenset("what which who whose when where why how".split())
_WOULD = frozenset({"would"})
_UNLIKE = ({"past", "duty"}, {"past", "able"})
_UNLIKE_IF_NOT_ASKED = (
    {"other", "duty"},
    {"be", "duty"},
    {"past", "would"},
    {"past", "able to be"},
    {"be", "able to be"},
)
"""Kinds of verbs that ask for something else, and those that do so where neither why nor how is asked."""
_OKAY = frozenset({"ok", "okay"})
_SUPPOSED = stem("supposed")
_WAYS = frozenset({("how", verb) for verb in ("can", "could", "should", "would", "will", "to")})
MAX_ASKING_WORDS = 3
"""Words with which a question begins before the verb: how many of."""
MAX_OPENING_WORDS = 4
"""Words within which the verb of a question stands."""


@dataclass(frozen=True)
class QuestionOpening:
    """How an English text begins, each part read when it is first asked for."""

    text: Clauses

    @property
    def words(self) -> Sequence[str]:
        return self.text.words_without_articles

    @feature
    def asks_steps(self) -> bool:
        """Whether it is asked what one does to reach something."""
        words = self.text.words
        return (
            words[:1] == ("what",)
            and "to" in words
            and not _STEPS.isdisjoint(words[1 : words.index("to")])
            and words[1:2] != ("time",)
        )

    @feature
    def asks_other(self) -> bool:
        """Whether it is asked when, why, who, or how much; where one goes may be a step."""
        words = self.text.words
        return bool(words) and (words[0] in _OTHERS or (words[0] == "how" and not _AMOUNTS.isdisjoint(words[1:2])))

    @feature
    def verb(self) -> str:
        """The kind of the verb of a question; "" for others, and for what is asked of the one who answers."""
        words = self.text.words
        if not words or not (words[0] in _ASKING or words[0] in _VERBS):
            return ""
        at = next((at for at, word in enumerate(words[:MAX_OPENING_WORDS]) if word in _VERBS), None)
        if at is None or words[at + 1 : at + 2] == ("you",):
            return ""
        verb = "should" if "supposed" in words else words[at]
        kinds = (("past", _PAST), ("able", _ABLE), ("duty", _DUTY), ("would", _WOULD))
        if verb in ("is", "are", "am") and words[0] == verb:
            return "be"
        kind = next((kind for kind, verbs in kinds if verb in verbs), "other")
        return "able to be" if kind == "able" and "be" in words and words[0] == verb else kind

    @feature
    def asked(self) -> str:
        """The question word that it begins with; "" for none."""
        return self.text.words[0] if not _ASKING.isdisjoint(self.text.words[:1]) else ""

    @feature
    def command(self) -> str:
        """The verb of which a command might be, in the compared form; "" for none, and where one only wants to know."""
        verb = command_verb(self.text)
        return verb.key if verb is not None and verb.word not in _TELLING else ""

    @feature
    def going_to(self) -> Sequence[str]:
        """The verbs behind "going to", in the compared form."""
        words = self.text.words
        return [
            key
            for verb, to, key in zip(words, words[1:], self.text.keys[2:], strict=False)
            if verb == "going" and to == "to"
        ]

    @feature
    def reminder(self) -> str:
        """The word behind "remind me"; "" for none."""
        words = self.text.words
        if "remind" not in words:
            return ""
        return (*words, "", "")[words.index("remind") + 2]


def find_question_opening(text: Clauses) -> QuestionOpening | None:
    """Return how a text begins; None in languages other than English."""
    return QuestionOpening(text) if text.spaced_english else None


def opens_otherwise(one: QuestionOpening | None, other: QuestionOpening | None) -> bool:
    """Return whether two English texts with the same words ask something else by how they begin."""
    if one is None or other is None or one.text.words == other.text.words:
        return False
    return _have_other_verbs(one, other) or _opens_otherwise(one, other) or _opens_otherwise(other, one)


def _opens_otherwise(one: QuestionOpening, other: QuestionOpening) -> bool:
    return (
        (one.asks_steps and other.asks_other)
        or (one.reminder == "to" and other.reminder in _ASKING)
        or _asks_for_part(one, other)
        or _asks_what_then(one, other)
        or _asks_what_or_how(one, other)
        or _says_only_what(one.words, other.words)
        or _asks_what_about(one.words, other.words)
        or _asks_price(one.words, other.words)
        or _is_going_on(one, other)
        or _asks_whether_there_is(one, other)
    )


def _have_other_verbs(one: QuestionOpening, other: QuestionOpening) -> bool:
    """Return whether one asks for what was, and the other for what may or has to be, or one for what may be, and the
    other for what has to be: has it been watered, should it be watered. How one can and should is asked alike."""
    kinds = {one.verb, other.verb}
    return (
        one.asked == other.asked
        and "" not in kinds
        and (kinds in _UNLIKE or (not one.asked and kinds in _UNLIKE_IF_NOT_ASKED))
        and _without_supposed(one.text.content) == _without_supposed(other.text.content)
        and _OKAY.isdisjoint((*one.text.words, *other.text.words))
    )


def _without_supposed(content: Sequence[str]) -> list[str]:
    return sorted([key for key in content if key != _SUPPOSED])


def _asks_for_part(one: QuestionOpening, other: QuestionOpening) -> bool:
    """Return whether *one* asks what, when or how much, and *other* with the same verb and subject for yes or no: how
    long can I stay, can I stay. Whether one can, and how, is asked alike."""
    words, others = one.text.words, other.text.words
    if not words or words[0] not in _ASKING or len(others) < 2 or others[0] not in _VERBS:
        return False
    return (
        words[:2] not in _WAYS
        and words[0] not in others
        and (words[0] != "how" or words[1] not in others)
        and any(words[at : at + 3] == others[:3] for at in range(1, MAX_ASKING_WORDS + 1))
    )


def _asks_what_then(one: QuestionOpening, other: QuestionOpening) -> bool:
    """Return whether *one* asks what one does when or why *other* asks when or why one does it: what do I say when I
    answer the phone, when do I answer the phone."""
    return (
        one.asked == "what"
        and other.asked in _OTHERS
        and other.asked in one.words[2:]
        and not _SUPPORT.isdisjoint(one.words[1:2])
    )


def _asks_what_or_how(one: QuestionOpening, other: QuestionOpening) -> bool:
    """Return whether *one* asks what, and *other* how: what do you call this, how do you call this; what does it do,
    how does it work."""
    words, others = one.words, other.words
    if words[:1] != ["what"] or others[:1] != ["how"] or words[1:2] != others[1:2] or _SUPPORT.isdisjoint(words[1:2]):
        return False
    return words[1:] == others[1:] or (words[1:-1] == others[1:-1] and (words[-1], others[-1]) == ("do", "work"))


def _says_only_what(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether *one* asks what something is, and *other* more of it: what is X, what is X good for."""
    return (
        len(other) > len(one) > 2
        and one[0] == "what"
        and one[1] in _BE
        and other[: len(one)] == one
        and _AFTER_WHAT_IS.issuperset(other[len(one) :])
    )


def _asks_what_about(one: Sequence[str], other: Sequence[str]) -> bool:
    return len(one) > 1 and one[0] in ("what", "how") and one[1] == "about" and "about" not in other[1:2]


def _asks_price(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether *one* asks what something costs, and *other* how much there is of it: how much is the room, how
    much room is there."""
    return (
        one[:2] == other[:2] == ["how", "much"]
        and not _BE.isdisjoint(one[2:3])
        and not _BE.isdisjoint(other[3:4])
        and other[2] in one[3:]
    )


def _is_going_on(one: QuestionOpening, other: QuestionOpening) -> bool:
    """Return whether something will be in *one* that is going on in *other*: is it going to rain, is it raining."""
    if not one.going_to or one.asked or "going" in other.text.words:
        return False
    return any(
        word.endswith("ing") and key in one.going_to
        for word, key in zip(other.text.words, other.text.keys, strict=True)
    )


def _asks_whether_there_is(one: QuestionOpening, other: QuestionOpening) -> bool:
    """Return whether *one* is a command, and *other* asks whether there is what it makes: schedule a meeting, do I have
    a meeting."""
    verb, words = one.command, other.text.words
    return (
        bool(verb) and verb not in other.text.content and any(words[: len(opening)] == opening for opening in _HAVING)
    )
