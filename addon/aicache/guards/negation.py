"""Whether a text is negated: in English and Chinese by an odd number of negations, not by an even one. Pure.

In the other languages two negations mostly are one: ne … pas, nie … nigdy, никто не.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from aicache.guards.lexicon.logic_words import NEGATIONS
from aicache.guards.patterns import compile_later

_NOT = frozenset(
    "not never no without nor none nobody nothing nowhere unable hardly neither fail failed fails failing "
    "nicht kein keine ohne ne pas jamais "
    "sans nunca sin não sem mai senza niet geen не нет без".split()
)
_NEUTRAL = compile_later(
    r"\bnot only\b|\b(?:or|if) (?:why |do |does |is )?not\b|\bwhy not\b|\b(?:did|do) not mean to\b"
    r"|\bdo not (?:know|understand|see|get) (?:how|why|what|where|if|which|who|my)\b"
    r"|\bno (?:matter|problem|doubt|reason|one else)\b|\bno\.\s?\d"
    r"|,\s*(?:is|are|do|does|did|was|can|will) not (?:it|you|they|he|she|i|we)\b\s*\?*$"
    r"|\bnothing but\b|\bno[,!.]"
)
_CHINESE = compile_later(
    r"(?=[不没冇无未别勿非莫差对了感要是除特分区级性类个识告辨送]|.[不没])(?:(?P<neutral>不[错过仅但断管论久少止然]|不同(?!意)|不知道?|差不多|对不起|不好意思|了不起|不得不|不锈钢|不要紧|不客气|感激不尽|要不(?!要)"
    r"|非[常洲]|是否|未[来婚]|无[线论锡聊锁]|别[人的墅]|[特分区级性类个识告辨送]别|没事|除非|(?P<verb>[一-鿿])[不没](?P=verb)"
    r"|(?P<last>[不没](?=[啊呀呢]?(?:[,，?？。!！~…\s]|$))))"
    r"|[不没冇无未别勿非莫])"
)
_NEGATING_HAN = compile_later("[不没冇无未别勿非莫]")
_UNSPACED = compile_later(
    "(?P<neutral>หรือไม่|ไม่(?:ใช่หรือ|เป็นไร)|すみません|ませんか|ないですか|もしれ(?:ない|ません)|少ない|危ない|足りない|切ない|もったいない)"
    "|ไม่|ない|ません"
)
"""Negations in Thai and Japanese."""
_NO_WORDS: frozenset[str] = frozenset()
_WORD = re.compile(r"[^\W\d_]+")
_COUNTED = frozenset({"", "en", "zh", "ja", "th"})
"""Languages, and texts of an unknown one, whose negations are counted."""
_NEUTRAL_ELSEWHERE = compile_later(
    r"\b(?:oder|of|o|ou|или|lub|czy) (?:nicht|niet|no|non|não|pas|нет|nie)\b|\bn'est[- ]ce pas\b|\bpourquoi pas\b"
    r"|,\s*(?:no|não|non|нет|nie)\s?\?|\bnão é\s?\?|\b(?:nicht|niet) (?:nur|alleen)\b|\bnon seulement\b|\bno s[oó]lo\b"
    r"|\bnon solo\b|\bnão só\b|\bnie tylko\b|\bне только\b|\bне (?:могли бы|подскаж|знаете|знаешь)\w*|\bczy nie\b"
    r"|\b(?:sin|sem|sans) (?:embargo|dúvida|duda|doute)\b|أم لا"
)
_ENDINGS = {
    "tr": compile_later(
        r"(?<=\w\w)(?:m[ıiuü]yor|mad[ıi]|med[ıi]|mam[ıi]ş|memiş|mayan|meyen|mayaca|meyece|(?<!na)maz\b|mez\b)"
    ),
    "ko": compile_later(r"(?:^|\s)(?:안|못)\s|지\s?(?:않|못|말)|없(?!이\s?도)|아니[라야]|아닌"),
}
"""Negations within words."""
_ASKS = compile_later("为什么|怎么|什么|何时|谁|哪|吗")  # then 不 and 没 at the end are no question


def is_negated(plain: str, words: Sequence[str], language: str) -> bool:
    """Return whether a normalized text with these words, in a language ("" if unknown), is negated."""
    if language not in _COUNTED:
        negations = NEGATIONS.get(language, _NO_WORDS)
        if language not in _ENDINGS and "أم لا" not in plain and negations.isdisjoint(_WORD.findall(plain)):
            return False
        known = _NEUTRAL_ELSEWHERE.sub(" ", plain)
        endings = _ENDINGS.get(language)
        if endings is not None and endings.search(known) is not None:
            return True
        return not negations.isdisjoint(_WORD.findall(known))
    count = 0 if _NOT.isdisjoint(words) else sum([word in _NOT for word in words])
    if count and plain.isascii():
        count -= len(_NEUTRAL.findall(plain))
    if not plain.isascii() and _NEGATING_HAN.search(plain) is not None:
        asks = _ASKS.search(plain) is not None
        count += sum(match["neutral"] is None or (asks and bool(match["last"])) for match in _CHINESE.finditer(plain))
    if "ไม่" in plain or "ない" in plain or "ません" in plain:
        count += sum(match["neutral"] is None for match in _UNSPACED.finditer(plain))
    return count % 2 == 1
