"""Texts as embedders take them. Pure."""

from __future__ import annotations


def truncate(text: str, max_chars: int) -> str:
    """Cut *text* to *max_chars*. Lone surrogates, which UTF-8 cannot encode, become question marks."""
    text = text[:max_chars]
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
