"""The letters and digits of a text alone: 什么是GPS is 什么是 GPS 呢. Pure."""

from __future__ import annotations

import re

from aicache.guards.patterns import compile_later

_WORD = re.compile(r"[\w\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]+")
_ASCII_WORD = re.compile("[a-z0-9_]+")
_PARTICLES = compile_later("请问|谢谢|[请吗呢吧啊呀哦嘛啦的一]")
_ARTICLES = frozenset("a an the please thanks bitte danke per favore aub graag".split())


def bare_text(digits: str) -> str:
    """Return all letters and digits of a normalized text whose numerals are digits, without particles and articles."""
    words = _ASCII_WORD.findall(digits) if digits.isascii() else _WORD.findall(_PARTICLES.sub(" ", digits))
    return "".join([word for word in words if word not in _ARTICLES])
