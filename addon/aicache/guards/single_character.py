"""Finds a Chinese character that a question is about: 毫不气馁的馁是什么意思, 皖是哪个省的简称, 彬字怎么写. Pure."""

from __future__ import annotations

from aicache.guards.patterns import compile_later

_OF_A_WORD = compile_later(
    r"(?P<whole>[㐀-鿿]{2,12}?)[中里]?的(?P<part>[㐀-鿿])字?[是有指]?(?:什么|啥|何)(?:意思|含义|意)"
)
_ASKS_MEANING = compile_later("什么[意含]|啥[意含]|何[意含]")
_ALONE = compile_later(
    r"^(?P<first>[㐀-鿿])[是的字]|(?P<glyph>[㐀-鿿])字(?=的|[行草楷隶]书|笔|部首|偏旁|怎|如何|是|念|读|加|去|拼音|组词|有几)"
)
_NO_SUBJECTS = frozenset("我你您他她它这那谁哪什啥有为怎没不也又都就和跟与把被从在对给请问想要会能可以的了但总老")


def find_character_of_word(plain: str) -> str:
    """Return the character that a normalized text asks about within a word, "" if it asks about whole words."""
    if plain.isascii() or _ASKS_MEANING.search(plain) is None:
        return ""
    match = _OF_A_WORD.search(plain)
    return match["part"] if match and match["part"] in match["whole"] else ""


def find_subject_character(plain: str) -> str:
    """Return the character that is the subject of a text, "" if there is none."""
    match = None if plain.isascii() else _ALONE.search(plain)
    found = (match["first"] or match["glyph"]) if match else ""
    return "" if found in _NO_SUBJECTS else found
