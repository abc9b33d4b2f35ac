"""Fields that several of OpenAI's APIs have, with the same meaning."""

from __future__ import annotations

import json
from typing import Any

import pytest

import samples
from aicache.domain.model import Mode
from aicache.formats import Format
from aicache.formats.openai.chat import CHAT
from aicache.formats.openai.completions import COMPLETIONS
from aicache.formats.openai.responses import RESPONSES


@pytest.mark.parametrize("format", [CHAT, COMPLETIONS], ids=lambda format: format.api)
@pytest.mark.parametrize(
    ("fields", "mode", "wants_usage"),
    [
        ({}, Mode.WHOLE, False),
        ({"stream": None, "stream_options": None}, Mode.WHOLE, False),
        ({"stream": False, "stream_options": {"include_usage": True}}, Mode.WHOLE, False),
        ({"stream": True, "stream_options": None}, Mode.STREAM, False),
        ({"stream": True, "stream_options": {"include_usage": False}}, Mode.STREAM, False),
        ({"stream": True, "stream_options": {"include_usage": 1}}, Mode.STREAM, False),
        ({"stream": True, "stream_options": {"include_usage": True}}, Mode.STREAM, True),
    ],
)
def test_the_mode_and_the_usage_are_as_requested(
    format: Format, fields: dict[str, Any], mode: Mode, wants_usage: bool
) -> None:
    request = json.loads(samples.request(format.api, "Hi")) | fields

    call = format.parse_request(samples.PATHS[format.api], json.dumps(request).encode())

    assert (call.mode, call.wants_usage) == (mode, wants_usage)


@pytest.mark.parametrize("format", [CHAT, COMPLETIONS, RESPONSES], ids=lambda format: format.api)
def test_a_request_may_leave_the_model_to_the_upstream(format: Format) -> None:
    """OpenRouter takes several to choose from; servers of one model none."""
    request = json.loads(samples.request(format.api, "Hi"))
    del request["model"]

    one, several = (
        format.parse_request(samples.PATHS[format.api], json.dumps(request | more).encode())
        for more in ({}, {"models": ["a/b", "c/d"]})
    )

    assert one.model == several.model == ""
    assert several.params["models"] == ["a/b", "c/d"]
    assert several.common is None
