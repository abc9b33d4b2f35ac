"""The steps of a request in the DEBUG log, numbered in the order in which a request takes them."""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    EXACT = "1 exact look-up"
    SAME_WORDS = "2 the same words"
    EMPTINESS = "2 neighbors at all"
    EMBEDDING = "2 embedding"
    SEARCH = "3 search"
    THRESHOLD = "4 threshold"
    ENTRIES = "5 neighbors' entries"
    PASSED_OVER = "5 passed over"
    LEASE = "6 lease"
    STORED_BEFORE = "6 what is stored"
    STORING = "6 storing the answer"
    EMBEDDING_STORED = "7 embedding"
    STORING_VECTOR = "7 storing the vector"
