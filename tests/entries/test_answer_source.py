"""The name of the answer that a hit was recorded from: its id in any API, or a digest."""

from __future__ import annotations

import pytest

from aicache.entries.answer_source import source_of
from telemetry.reports import NOW, an_entry


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"id":"chatcmpl-1","choices":[{"id":"other"}]}', "chatcmpl-1"),
        (b'data: {"id":""}\n\ndata: {"id":"chatcmpl-2"}\n\ndata: [DONE]\n\n', "chatcmpl-2"),
        (b'event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1"}}\n\n', "resp_1"),
        (b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1"}}\n\n', "msg_1"),
        (b'[{"responseId":"in an array"}]', None),
        (b'{"responseId":"r1"}', "r1"),
        (b'{"request_id":"r2","output":{}}', "r2"),
        (b'{"model":"m","done":true}', None),
        (b'{"id":7}', None),
        (b'{"id":"two words"}', None),
        (b'{"id":"quo\\"te"}', None),
        (b'{"id":"line\\r\\nend"}', None),
        (b'{"id":"' + b"x" * 200 + b'"}', None),
        (b'{"model":"m"}\n{"model":"m"}\n', None),
        (b"data: [DONE]\n\n", None),
        (b"\xff", None),
    ],
)
def test_an_answer_is_named_by_its_id_or_a_digest(body: bytes, name: str | None) -> None:
    source = source_of(an_entry(body=body, stored_at=NOW))

    named, _, at = source.partition("; ")
    assert at == f"at={NOW:.0f}"
    if name is not None:
        assert named == f'"{name}"'
    else:
        assert named.startswith('"sha256:')
        assert len(named) == len('"sha256:') + 17


def test_two_answers_without_ids_have_two_names() -> None:
    one, other = (source_of(an_entry(body=body)) for body in (b'{"done":true}', b'{"done":true }'))

    assert one != other
