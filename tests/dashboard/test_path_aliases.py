"""Which paths somebody may take for the dashboard's."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.dashboard.path_aliases import MAX_DECODE_ROUNDS, is_alias, is_canonical

DEEP = b"/" + b"%25" + b"25" * (MAX_DECODE_ROUNDS + 4) + b"5fai_cache"


@pytest.mark.parametrize(
    "target",
    [
        *(
            b"//_ai_cache/?token=x",
            b"/%5fai_cache/",
            b"/./_ai_cache/",
            b"/x/../_ai_cache/",
            b"/_AI_CACHE/",
            b"/_ai_cache%2f",
        ),
        *(
            b"/_ai_cache;x",
            b"\\_ai_cache",
            b"/x\\..\\_ai_cache",
            b"/%255fai_cache",
            b"/_ai_cache%3ftoken=1",
            b"/_ai_cache#x",
        ),
        *(
            b"/%3f/../_ai_cache",
            b"/_ai_cache.",
            b"/_ai_cache%00",
            b"/_ai_cache%20/",
            b"/%09_ai_cache",
            b"/..;/_ai_cache",
        ),
        *(b"/a;/../_ai_cache/x", b"/..%2f_ai_cache", b"/%u005fai_cache/", b"/%uff3fai_cache", b"/%c1%9fai_cache"),
        *(b"/%e0%81%9fai_cache", "/＿ai_cache/".encode(), "/_ai\u200b_cache".encode(), b"_ai_cache/", DEEP),
        *(
            b"http://up.test/_ai_cache/metrics",
            b"https://a/%5fai_cache/api/overview",
            b"http:/_ai_cache/",
            b"x:/_ai_cache/",
        ),
        *(b"*/_ai_cache/", b"rev.test/_ai_cache/"),
        *(b"/...//_ai_cache", b"/%252e%252e/_ai_cache", b"/_ai%C2%AD_cache", b"/_aI_cAcHe/"),
    ],
)
def test_another_spelling_is_an_alias(target: bytes) -> None:
    assert is_alias(target)
    assert not is_canonical(target)


@pytest.mark.parametrize(
    "target", [b"/_ai_cache", b"/_ai_cache/", b"/_ai_cache?x", b"/_ai_cache/api/x", b"/_ai_cache/../x"]
)
def test_the_one_spelling_is_none(target: bytes) -> None:
    assert is_canonical(target)
    assert not is_alias(target)


@pytest.mark.parametrize(
    "target",
    [
        *(
            b"/",
            b"*",
            b"",
            b"/v1/chat/completions",
            b"/_ai_cachex",
            b"/v1/_ai_cache",
            b"/v1/%5fai_cache/",
            b"/models/a%2Fb",
        ),
        *(
            b"/a?/../_ai_cache",
            b"/x?next=/_ai_cache/",
            b"/x/_ai_cache/..",
            b"/%ud800",
            b"/v1/models/%E4%BD%A0",
            b"/%zz%",
        ),
    ],
)
def test_other_paths_are_their_own(target: bytes) -> None:
    assert not is_alias(target)


@given(st.text(max_size=20), st.integers(0, 3))
def test_however_often_it_is_escaped(after: str, more: int) -> None:
    escaped = "".join(f"%{byte:02x}" for byte in b"_ai_cache")
    for _ in range(more):
        escaped = quote(escaped)

    target = f"/{escaped}/{quote(after)}".encode()

    assert is_alias(target) or ".." in after  # which may lead away again
