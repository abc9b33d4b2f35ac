"""Japanese endings and particles: those of politeness say nothing, those of place, time and "only" do. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aicache.guards.patterns import compile_later

_HARMLESS = compile_later(
    "(?:なぜ|なんで|どうして|に?どの|どれ|くらい|ぐらい|です|ます|でしょう|ください|とは|って|いう|[かのはがをよねんだる])+"
)
"""Japanese runs of kana that say nothing, or the same."""
_SAYING = compile_later("[でにをがはへと]?(?:だけ|ばかり|しか|さえ)[でにをがはへと]?|までに|まで")


def are_harmless(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether Japanese endings and particles are those of politeness, and of the same question word."""
    objects = ["を" in "".join(words) for words in (one, other)]
    return objects[0] == objects[1] and all(_HARMLESS.fullmatch(word) for word in (*one, *other))


def find_kana_particles(plain: str) -> Sequence[str] | None:
    """Return what tells until or by when, or what "only" is said of, in a Japanese text; None where all is ASCII."""
    return None if plain.isascii() else _SAYING.findall(plain)
