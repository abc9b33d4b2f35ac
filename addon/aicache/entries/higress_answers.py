"""Answers that Higress's ``ai-cache`` left: which calls they may serve, and their entries. Pure.

Higress kept an answer's bare text under the bare question, whoever asked which model, and with what else. So a call is
served only where the question is all there is to it; that its caller may be answered at all is for the engine to see.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from aicache.domain.conversation import SYSTEM_ROLES, Context
from aicache.domain.keys import Identity, KeyRules
from aicache.domain.model import Answer, Call, Choice, Entry, Finish, Text
from aicache.domain.task_prompts import is_task_prompt
from aicache.formats import Format

SAMPLING = frozenset(
    {"temperature", "top_p", "top_k", "min_p", "seed", "max_tokens", "max_completion_tokens", "n", "reasoning_effort"}
    | {"presence_penalty", "frequency_penalty", "repetition_penalty", "stream", "stream_options"}
)
"""Fields that ask for nothing which the question does not. An allow-list: vendors keep inventing what asks for more."""
_NOTHING: tuple[Any, ...] = (None, False, "", [], {})


def question(call: Call, rules: KeyRules) -> str | None:
    """Return the key, less its prefix, that Higress had for this call; None for a call that its answers cannot serve.

    That is the last message, or all of the user's, a line each (``cacheKeyStrategy``). Where the whole conversation
    counts, which Higress could not do, there may be none before the question but system prompts; and it counts where
    the question is about the conversation.
    """
    *before, last = call.turns
    if call.api != "chat" or call.question is None or call.n != 1 or last.role != "user":
        return None
    if not _only_samples(call.params, rules.ignore):
        return None
    counted = [last]
    match Context.FULL if is_task_prompt(call.question) else rules.context:
        case Context.FULL:
            if any(turn.role not in SYSTEM_ROLES for turn in before):
                return None
        case Context.ALL_QUESTIONS:
            counted = [turn for turn in call.turns if turn.role == "user"]
        case Context.LAST_QUESTION:
            pass
    if any(turn.rest or not isinstance(turn.content, str) for turn in counted):
        return None
    return "\n".join(turn.content for turn in counted)


def build_entry(text: str, call: Call, identity: Identity, format: Format, now: float) -> Entry:
    """Return an entry of *text* in the caller's mode. It is older than any ``max-age``: its age is not known."""
    said = Choice((Text(text),), Finish.STOP)
    document = format.from_answer(Answer(identity.key[:24], call.model, int(now), (said,), usage=None), call)
    return Entry(
        key=identity.key,
        namespace=identity.namespace,
        api=call.api,
        model=call.model,
        asked=call.mode,
        asked_usage=False,
        mode=call.mode,
        content_type=format.content_type(call.mode, call.variant),
        body=format.render(document, call.mode, variant=call.variant, include_usage=False),
        question=call.question,
        prompt_tokens=0,
        completion_tokens=0,
        stored_at=-math.inf,
        expires_at=math.inf,
        asked_variant=call.variant,
    )


def _only_samples(params: Mapping[str, Any], ignored: frozenset[str]) -> bool:
    return all(name in SAMPLING or name in ignored or value in _NOTHING for name, value in params.items())
