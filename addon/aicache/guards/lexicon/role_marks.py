"""What marks the part of a noun in languages that tell it by particles, articles or endings. Data only.

Standard grammar, written for this project. ``marks = role``: those of one role stand for each other.
"""

from __future__ import annotations


def _by_mark(text: str) -> dict[str, str]:
    return {
        mark: role.strip()
        for marks, _, role in (each.partition("=") for each in text.replace("\n", ";").split(";") if each.strip())
        for mark in marks.split()
    }


JAPANESE = _by_mark("は が = subject; を = object; に へ まで = to; から = from; より = than; で = at")
KOREAN = _by_mark("""
은 는 이 가 께서 = subject; 을 를 = object; 에게 한테 께 에 로 으로 까지 = to; 에서 에게서 부터 한테서 = from
보다 = than
""")
GERMAN_ARTICLES = _by_mark("der ein = subject; den einen = object; dem einem = to")
"""Before masculine nouns, whose articles tell who does it."""
SLAVIC_ENDINGS = {
    "ru": {
        "feminine": _by_mark("а я = subject; у ю = object; ой ей = with"),
        "masculine": _by_mark("а я = object; у ю = to; ом ем = with"),
    },
    "pl": {
        "feminine": _by_mark("a = subject; ę = object; ą = with"),
        "masculine": _by_mark("a = object; owi = to; em = with"),
    },
}
"""Masculine nouns have none as a subject."""
