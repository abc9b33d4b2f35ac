"""Parameters that name an end user: they are part of the key only where the answer may be personal. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any

from aicache.domain.conversation import SYSTEM_ROLES, is_textual, text_in
from aicache.domain.model import Turn
from aicache.guards.caller_dependent import MAX_SCANNED_CHARS, depends_on_caller

DEFAULT_IGNORED = frozenset(
    {"stream", "stream_options", "user", "metadata", "safety_identifier", "prompt_cache_key", "service_tier", "store"}
)
"""Parameters that are not part of the key by default, and never part of `Common`: they cannot change the answer."""

TRANSPORT_PARAMETERS = frozenset({"stream", "stream_options", "prompt_cache_key", "service_tier", "store"})
"""Parameters that cannot change any answer: how it is sent, at which priority, and where it is kept."""

END_USER_PARAMETERS = DEFAULT_IGNORED - TRANSPORT_PARAMETERS
"""Parameters that name an end user, who is not part of the conversation: ``user``, ``safety_identifier`` and
``metadata`` of chat completions and Responses, ``metadata.user_id`` of Messages. A personal question is another one for
each."""

_MAX_SCANNED_CHARS = 32_000
"""Characters of a conversation that are scanned for words about the caller; a longer one is taken to have some."""
_MIN_TURN_CHARS = 400
"""Characters that every turn counts for, however short: each takes time."""
_MAX_USER_ID_CHARS = 1_000
_NAMES_A_USER = re.compile("user|customer|account|tenant|member|person|identity|profile|uid", re.I)
_CLAUDE_CODE_USER_ID = re.compile(  # where the id of the installation may be masked
    r'(?P<device>\{"device_id": ?"(?:\w+|\x00)", ?"account_uuid": ?"[\w-]*", ?)"session_id": ?"[\w-]+"\}'
    r"|(?P<user>user_(?:[0-9a-f]{64}|\x00)_account_[\w-]*?)_session_[\w-]+"
)
_ANSWER_ROLES = frozenset({"assistant", "model", "tool", "function"})


def end_user_parameters(params: Mapping[str, Any], turns: Sequence[Turn], ignored: Set[str]) -> dict[str, Any]:
    """Return the *ignored* parameters that name an end user, if the answer may depend on who that is; else nothing.

    Parameters that an operator has added to the ignored ones stay ignored, unless their name speaks of a person.
    """
    end_users = {
        name: _without_session(value) if name == "metadata" else value
        for name, value in params.items()
        if name in ignored and value not in (None, "", {}, []) and _names_a_user(name)
    }
    return end_users if end_users and may_be_personal(turns) else {}


def _without_session(metadata: Any) -> Any:
    """Drop the session that Claude Code appends to the user's id: it is new at each start."""
    user = metadata.get("user_id") if isinstance(metadata, Mapping) else None
    if not isinstance(user, str) or len(user) > _MAX_USER_ID_CHARS:
        return metadata
    if not (match := _CLAUDE_CODE_USER_ID.fullmatch(user)):
        return metadata
    return {**metadata, "user_id": match["device"] or match["user"]}


def _names_a_user(name: str) -> bool:
    return name in END_USER_PARAMETERS or (name not in TRANSPORT_PARAMETERS and _NAMES_A_USER.search(name) is not None)


def may_be_personal(turns: Sequence[Turn]) -> bool:
    """Return whether the answer may depend on the caller or the time, judging by all user turns so far.

    Earlier turns count: "and the one before?" is about what an earlier turn was about. A picture or a sound cannot be
    read, so it may say anything.
    """
    left = _MAX_SCANNED_CHARS
    for turn in reversed(turns):
        if turn.role in SYSTEM_ROLES or turn.role in _ANSWER_ROLES:
            continue
        text = text_in(turn.content)
        left -= min(max(len(text), _MIN_TURN_CHARS), MAX_SCANNED_CHARS)
        if left < 0 or not is_textual(turn) or depends_on_caller(text):
            return True
    return False
