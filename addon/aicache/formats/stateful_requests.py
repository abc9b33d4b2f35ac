"""The checks for state and private data at the upstream that the APIs of OpenAI and Anthropic have in common. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicache.formats import documented_fields, hosted_tools, stateful_parameters
from aicache.formats.stateful_parameters import Allow


def reject_stateful_request(
    path: str, request: Mapping[str, Any], documented: frozenset[str], *, allow: Allow, path_segments: int = 1
) -> None:
    """Raise Stateful, or its subclass Private, for a path, a parameter, a plugin or a model that refers to such data.

    *documented* are the API's own parameters, and *path_segments* the length of its endpoint. Tools and messages, which
    each API has in other places, are left to `hosted_tools.reject_tools` and `stateful_messages`.
    """
    stateful_parameters.reject_stateful_path(path, tail=path_segments)
    harmless = documented_fields.for_path(path, documented)
    stateful_parameters.reject_stateful_fields(request, harmless, documented_fields.CHECKED_ELSEWHERE, allow=allow)
    hosted_tools.reject_plugins(request, allow=allow)
    stateful_parameters.reject_preset(request, allow=allow)
