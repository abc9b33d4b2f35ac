"""A chat request, and its key and namespace."""

from __future__ import annotations

import json
from typing import Any

from aicache.domain.conversation import Context
from aicache.domain.keys import KeyRules, Origin, identify
from aicache.formats.openai.chat import CHAT

RULES = KeyRules("", Context.FULL, frozenset({"stream", "stream_options", "user"}), ())
ORIGIN = Origin("https://api.example.com:443", "/v1/chat/completions", "alice")
BODY = {
    "model": "m",
    "temperature": 0,
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
}


def identity(body: dict[str, Any], rules: KeyRules = RULES, origin: Origin = ORIGIN) -> tuple[str, str]:
    found = identify(CHAT.parse_request("/v1/chat/completions", json.dumps(body).encode()), origin, rules)
    return found.key, found.namespace
