"""A recorded response for a request in another mode, API or directory than it was recorded with. Pure."""

from __future__ import annotations

from dataclasses import replace

from aicache.cassette.interaction import RecordedResponse
from aicache.cassette.matching import MatchedRequest
from aicache.domain.directories import relocate
from aicache.domain.keys import Identity
from aicache.entries import recording
from aicache.entries.recording import Recording

MAX_BYTES = 1 << 40


def is_as_asked(recorded: MatchedRequest, asked: MatchedRequest) -> bool:
    """Tell whether a recording is in the mode and API of a request, so that it answers as it is."""
    was, call = recorded.call, asked.call
    if was is None or call is None:
        return True
    return (was.api, was.mode, was.variant, was.wants_usage) == (call.api, call.mode, call.variant, call.wants_usage)


def respond(recorded: MatchedRequest, response: RecordedResponse, asked: MatchedRequest) -> RecordedResponse:
    """Return the response to *asked*, in which its directories have the places of the recorded ones.

    Raises ValueError if what was recorded cannot be said in its mode or API.
    """
    was, call = recorded.call, asked.call
    if was is None or call is None or recorded.format is None or asked.format is None:
        return response
    relocation = relocate(recorded.directories, asked.directories)
    same = is_as_asked(recorded, asked)
    if same and relocation is None:
        return response
    if was.api == call.api and response.status != 200:
        return response
    try:
        entry = recording.record(
            was,
            Identity(recorded.key, recorded.key),
            Recording(response.status, response.content_type, "", response.body),
            recorded.format,
            now=0.0,
            until=1.0,
            max_bytes=MAX_BYTES,
        )
        body, content_type = recording.replay(entry, call, asked.format, relocation=relocation)
    except ValueError:
        if same:  # what cannot be read names no directory that could be replaced
            return response
        raise
    headers = dict(response.headers) | {"content-type": content_type}
    return replace(response, headers=tuple(sorted(headers.items())), body=body)
