"""Whether a Thai text asks how something is done, or to do it: ยกเลิกอย่างไร, ยกเลิก. Pure."""

from __future__ import annotations

from aicache.guards.patterns import compile_later

_THAI = compile_later("[\u0e01-\u0e3a]")
_WAY = compile_later("อย่างไร|ยังไง|วิธี|ขั้นตอน")
_ASKING = compile_later("ไหม|มั้ย|หรือ|อะไร|ไหน|เมื่อ|ทำไม|ใคร|กี่|เท่าไ|บอก|สอน|แนะนำ|อธิบาย|อยาก")
"""What asks or wants to know anything."""


def asks_way_or_for(one: str, other: str) -> bool:
    """Return whether one of two normalized Thai texts asks how something is done, and the other asks for nothing but
    what is to be done."""
    if one.isascii() or other.isascii() or _THAI.search(one) is None or _THAI.search(other) is None:
        return False
    is_way, is_others = _WAY.search(one) is not None, _WAY.search(other) is not None
    return is_way != is_others and _ASKING.search(other if is_way else one) is None
