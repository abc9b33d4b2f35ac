"""Messages whose heads hold control characters, which mitmproxy before 12.2.2 passes on."""

from __future__ import annotations

import pytest
from mitmproxy.test import tflow

from aicache.proxy.malformed_fields import is_safe, refuse_request, refuse_response


@pytest.mark.parametrize(
    ("version", "safe"),
    [("11.0.2", False), ("12.2.1", False), ("12.2.2", True), ("12.10.0", True), ("13.0.0.dev", True)],
)
def test_versions(version: str, safe: bool) -> None:
    assert is_safe(version) is safe


@pytest.mark.parametrize("place", ["method", "path", "authority", "name", "value"])
def test_a_request_with_a_control_character_anywhere_in_its_head_is_refused(place: str) -> None:
    for byte in (*range(0x09), *range(0x0A, 0x20), 0x7F):
        flow = tflow.tflow()
        data = flow.request.data
        bad = b"a" + bytes([byte]) + b"b"
        if place in ("name", "value"):
            data.headers.fields = (*data.headers.fields, (bad, b"x") if place == "name" else (b"x-a", bad))
        else:
            setattr(data, place, bad)

        assert refuse_request(flow), byte
        assert flow.response is not None
        assert flow.response.status_code == 400


def test_tabs_and_other_bytes_are_let_through() -> None:
    flow = tflow.tflow(resp=True)
    flow.request.headers["x-a"] = "a\tb \xff"

    assert not refuse_request(flow)
    assert not refuse_response(flow)


def test_a_response_with_a_line_end_in_a_header_is_not_passed_on() -> None:
    flow = tflow.tflow(resp=True)
    assert flow.response is not None
    flow.response.headers.fields = ((b"x-a", b"1\r\nset-cookie: pwn=1"),)

    assert refuse_response(flow)
    assert flow.error is not None
