"""Japanese endings and particles: those of politeness say nothing, those of place, time and "only" do. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aicache.guards.patterns import compile_later

_HARMLESS = compile_later(
    "(?:なぜ|なんで|どうして|に?どの|どれ|くらい|ぐらい|です|ます|でしょう|ください|とは|って|いう|[かのはがをよねんだる])+"
)
"""Japanese runs of kana that say nothing, or the same."""
_SAYING = compile_later("[でにをがはへと]?(?:だけ|ばかり|しか|さえ)[でにをがはへと]?|までに|まで")

_ANY = compile_later("([誰谁]|だれ|何|なに|どこ|いつ)か(?!ら)")
_WHO = compile_later("([誰谁]|だれ|何|なに|どこ|いつ)(?!か(?!ら))")
_CHANGED = compile_later(
    r"(?<!\d)\d++(?:\.\d++)?(?:度|%|パーセント|円|段階|キロ|センチ)?(に|まで)?(?=[上下増減高低あさ][げやらくめ])"
)
"""An amount by which, or to which, something changes."""


def are_harmless(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether Japanese endings and particles are those of politeness, and of the same question word."""
    objects = ["を" in "".join(words) for words in (one, other)]
    return objects[0] == objects[1] and all(_HARMLESS.fullmatch(word) for word in (*one, *other))


def find_kana_particles(plain: str) -> Sequence[str] | None:
    """Return what tells until or by when, or what "only" is said of, in a Japanese text; None where all is ASCII."""
    return None if plain.isascii() else _SAYING.findall(plain)


def is_asked_or_any(one: str, other: str) -> bool:
    """Return whether one of two normalized Japanese texts asks who or what, and the other whether anyone or anything:
    誰が来ますか, 誰か来ますか; or by how much and to how much something changes: 5度上げて, 5度に上げて."""
    if one.isascii() or other.isascii() or one == other:
        return False
    any_one, any_other = {*_ANY.findall(one)}, {*_ANY.findall(other)}
    asked_one, asked_other = {*_WHO.findall(one)}, {*_WHO.findall(other)}
    if (any_one - asked_one) & (asked_other - any_other) or (any_other - asked_other) & (asked_one - any_one):
        return True
    return [bool(to) for to in _CHANGED.findall(one)] != [bool(to) for to in _CHANGED.findall(other)]
