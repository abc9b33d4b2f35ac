"""What a judge model is asked about neighbors while a request waits, and what came of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aicache import guards
from aicache.domain.end_user import may_be_personal
from aicache.domain.model import Turn
from aicache.guards.caller_dependent import depends_on_caller
from aicache.guards.time_sensitive import depends_on_now

MAX_ANSWER_CHARS = 600
"""Characters of the longest stored answer that a judge model is shown."""


@dataclass(frozen=True, slots=True)
class JudgeQuestion:
    """Whether the answer to one question may answer another. Never logged."""

    asked: str
    stored: str
    """The neighbor's question."""
    answer: str | None = None
    """The neighbor's answer; None if it is long, or more than text."""


@dataclass(frozen=True, slots=True)
class JudgeReply:
    """A model's reply. *may_answer* is None where it was neither yes nor no."""

    may_answer: bool | None
    prompt_tokens: int = 0
    completion_tokens: int = 0


class JudgeOutcome(StrEnum):
    """What came of a question to the judge model. Anything but a yes is a no to the request."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"
    """It said something else."""
    LATE = "late"
    ERROR = "error"
    FAILING = "failing"
    """It was not asked, since it has failed several times."""
    UNLIKELY = "unlikely"
    """It was not asked, since it hardly ever says yes to such neighbors."""
    OVER_BUDGET = "over-budget"
    """It was not asked, since it has been asked often enough in this minute."""
    BUSY = "busy"
    """It was not asked, since too many questions are under way, of all callers or of this one."""


@dataclass(frozen=True, slots=True)
class JudgeOpinion:
    """The outcome for one neighbor. *remembered*: the same was asked before."""

    outcome: JudgeOutcome
    remembered: bool = False

    @property
    def allows(self) -> bool:
        return self.outcome is JudgeOutcome.YES


def select_judged(
    turns: Sequence[Turn],
    question: str,
    neighbors: Sequence[str | None],
    limit: int,
    partition: str = "",
    *,
    personal: bool = False,
) -> list[int]:
    """Return the places of the neighbors' questions that may be put to a judge model, *limit* at most.

    Never one that is known to differ. Nothing about the moment leaves and, unless *personal* is set, nothing personal:
    no such question, none in such a conversation, and no such neighbor. *partition* is that of
    `guards.compare_questions`.
    """
    is_private = depends_on_now if personal else depends_on_caller
    selected: list[int] = []
    if is_private(question) or not _is_encodable(question) or (not personal and may_be_personal(turns)):
        return selected
    for place, neighbor in enumerate(neighbors):
        if len(selected) == limit:
            break
        if neighbor is None or is_private(neighbor) or not _is_encodable(neighbor):
            continue
        if guards.compare_questions(question, neighbor, partition).may_be_judged:
            selected.append(place)
    return selected


def _is_encodable(text: str) -> bool:
    """Return whether UTF-8 can encode a text: a lone surrogate, which JSON lets callers write, cannot be sent."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
