"""Digests: different parts never share one."""

from __future__ import annotations

from aicache.domain.digests import vector_namespace


def test_vectors_of_two_models_never_share_a_namespace() -> None:
    assert len({vector_namespace("n", "a", 512), vector_namespace("n", "b", 512), vector_namespace("n", "a", 256)}) == 3
