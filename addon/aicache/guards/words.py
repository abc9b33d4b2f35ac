"""Splits a normalized text into words and stems, without fillers and function words. Pure."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from aicache.guards.patterns import WordTable, compile_later

T = TypeVar("T", bound=Hashable)
MAX_TYPO_WORDS = 12
"""Differing words up to which typing errors are matched."""

_TOKEN = compile_later(r"[㐀-鿿]|[^\W\d_㐀-鿿]+(?:\+\+|#)?")
_ASCII_TOKEN = re.compile(r"[a-zA-Z]+(?:\+\+|#)?")

_FUNCTION_WORDS = frozenset(
    "a an the of to in on at for with by from as into onto about is are was were be been being am do does did done "
    "have has had having will would can could should may might must shall i me my mine we us our ours you your "
    "yours it its he she him her his hers they them their this that these those there here and or but if so than "
    "then what which who whom whose how why when where not no s t m re ve d ll o any some anyone someone one ones "
    "thing things someone's myself yourself itself themselves per via".split()
)
_FILLERS = frozenset(
    "please kindly really actually indeed literally somehow truly just very exactly basically simply quite also too "
    "definitely certainly hi hello hey thanks thank ok okay tell know well still even now simultaneously currently "
    "essentially genuinely honestly possibly perhaps maybe want wanna need like let's let go going get got getting "
    "able way ways best possible work works mean means".split()
)
_HAN_FILLERS = (
    "的地得了着吗呢吧啊呀哦嘛么请问你您我们是在有就都也又这那个一想要会能好它他她呵哈诶喂谢说把"
    "给让啦哪里儿才该啥嗯哎吖哟"
)
_WITHOUT_MEANING = _FUNCTION_WORDS.union(_FILLERS, _HAN_FILLERS)

_IRREGULAR = {
    form: base
    for base, forms in {
        "buy": "bought", "pay": "paid payment", "send": "sent", "go": "went gone", "make": "made", "lose": "lost",
        "find": "found", "spend": "spent", "sell": "sold", "take": "took taken", "give": "gave given",
        "know": "knew known", "think": "thought", "write": "wrote written writing", "speak": "spoke spoken",
        "break": "broke broken", "choose": "chose chosen", "steal": "stole stolen", "forget": "forgot forgotten",
        "see": "saw seen", "eat": "ate eaten", "drive": "drove driven", "fly": "flew flown", "grow": "grew grown",
        "leave": "left", "keep": "kept", "hold": "held", "meet": "met", "win": "won", "build": "built",
        "child": "children", "person": "people persons", "foot": "feet", "woman": "women", "man": "men",
        "begin": "began begun", "become": "became", "run": "ran", "withdraw": "withdrew withdrawn withdrawal",
        "die": "dying died", "lie": "lying lied", "tooth": "teeth", "life": "lives", "better": "best", "worse": "worst",
    }.items()
    for form in forms.split()
}  # fmt: skip
_SYNONYMS = {
    word: line.split()[0]
    for line in (
        "photo photos picture pictures pic pics image images",
        "film films movie movies",
        "phone phones mobile cellphone",
        "buy purchase purchasing acquire",
        "begin start starting",
        "end finish finishing",
        "big large huge",
        "quick fast rapid",
        "easy simple",
        "hard difficult tough",
        "happy glad joyful",
        "smart intelligent clever",
        "angry furious mad",
        "thank grateful thankful",
        "brave courageous",
        "religious spiritual",
        "outspoken vocal",
        "scare afraid fearful frightened",
        "sad unhappy",
        "rich wealthy",
        "money cash funds",
        "error mistake",
        "fix repair solve resolve mend",
        "delete remove erase",
        "show display",
        "cancel terminate",
        "change modify alter",
        "replace swap substitute",
        "job occupation",
        "car automobile",
        "fee charge cost price",
        "top best",
        "way method manner",
        "difference distinction",
        "increase raise",
        "decrease reduce lower",
        "stop halt quit",
        "create make build",
        "choose pick select",
        "reason cause",
        "close shut",
        "country nation",
        "doctor physician",
        "lawyer attorney",
        "kid child",
        "pc computer",
        "app application",
        "website site webpage",
        "password passcode",
        "credit-card creditcard",
        "learn study",
        "famous popular",
        "important significant",
        "answer reply respond",
        "speak talk",
        "receive obtain",
        "allow permit",
        "prevent avoid",
        "require need",
        "trip travel journey",
        "shop store",
        "usa america american",
        "uk britain british",
    )
    for word in line.split()
}


def find_words(plain: str) -> list[str]:
    """Return the words, each Chinese character as one; numbers and punctuation are left out."""
    return (_ASCII_TOKEN if plain.isascii() else _TOKEN).findall(plain)


def content_stems(words: Sequence[str], units: frozenset[str] = frozenset()) -> list[str]:
    """Return the stems of the words in order, without function words, fillers and units."""
    if not units.isdisjoint(words):
        words = [word for word in words if word not in units]
    return [*filter(None, map(_CONTENT_STEMS.__getitem__, words))]


def noun_modifiers(words: Sequence[str]) -> frozenset[str]:
    """Return the stems of the words between "a" or "an" and another word: a *bad* photographer."""
    return frozenset(
        stem(word)
        for article, word, noun in zip(words, words[1:], words[2:], strict=False)
        if article in ("a", "an") and noun not in _FUNCTION_WORDS
    )


MAX_STEMS = 16_384
"""Words of which the stem is kept in memory."""


def stem(word: str) -> str:
    """Return the approximate stem of an English word; synonyms have the same one."""
    return _STEMS[word]


def _stem(word: str) -> str:
    if not word.isascii() or len(word) < 3:
        return word
    word = _IRREGULAR.get(word, word)
    if (known := _SYNONYMS.get(word)) is not None:
        return known
    bare = _without_ending(word)
    return _SYNONYMS.get(bare, bare)


_STEMS = WordTable(_stem, MAX_STEMS)
_CONTENT_STEMS = WordTable(lambda word: "" if word in _WITHOUT_MEANING else _stem(word), MAX_STEMS)
"""The stem of each word, "" for function words and fillers."""


def spelled_stem(word: str) -> str:
    """Return the approximate stem of an English word by its spelling: synonyms have others."""
    word = _IRREGULAR.get(word, word)
    return _without_ending(word) if word.isascii() and len(word) > 2 else word


def _without_ending(word: str) -> str:
    for ending, put, least in _ENDINGS:
        if word.endswith(ending) and len(word) >= least:
            word = word[: -len(ending)] + put
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] == "e" else word


_ENDINGS = (
    ("ies", "y", 5), ("ied", "y", 5), ("sses", "ss", 5), ("xes", "x", 4), ("ches", "ch", 5), ("shes", "sh", 5),
    ("ss", "ss", 2), ("us", "us", 2), ("is", "is", 2), ("s", "", 4), ("ing", "", 6), ("ed", "", 5), ("ly", "", 6),
)  # fmt: skip


def count_words(words: Iterable[T]) -> dict[T, int]:
    """Return how often each word is among *words*, in their order: for few, faster than a `Counter`."""
    counts: dict[T, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


def surplus_of(mine: Mapping[str, int], others: Mapping[str, int]) -> dict[str, int]:
    """Return how many more of each word one of two texts has, by the counts of each, in the order of *mine*."""
    if mine == others:
        return {}
    unequal = [(word, count - others.get(word, 0)) for word, count in mine.items() if others.get(word) != count]
    return {word: more for word, more in unequal if more > 0}


def shared_words(words: Iterable[str], counts: Mapping[str, int]) -> list[str]:
    """Return the words in order, each as often as it has *counts*."""
    left = {**counts}
    found = []
    for word in words:
        if left.get(word, 0) > 0:
            left[word] -= 1
            found.append(word)
    return found


def unshared_words(mine: Mapping[str, int], others: Mapping[str, int]) -> tuple[list[str], list[str]]:
    """Return the words of each that the other lacks, with repetitions, by the counts of each; words with a typing
    error cancel out."""
    left, right = (
        [word for word, count in surplus.items() for _ in range(count)]
        for surplus in (surplus_of(mine, others), surplus_of(others, mine))
    )
    for word in left[:] if len(left) + len(right) <= MAX_TYPO_WORDS else ():
        twin = next((other for other in right if is_typo(word, other)), None)
        if twin is not None:
            left.remove(word)
            right.remove(twin)
    return left, right


def without_common_ends(one: Sequence[str], other: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return two unequal sequences of one length without their common beginning and end."""
    start, end = common_ends(one, other)
    return list(one[start : len(one) - end]), list(other[start : len(other) - end])


def common_ends(one: Sequence[object], other: Sequence[object]) -> tuple[int, int]:
    """Return the lengths of the common beginning and of the common end of two sequences; they do not overlap."""
    shorter = min(len(one), len(other))
    start, most = 0, shorter
    while start < most:
        middle = (start + most + 1) // 2
        if one[start:middle] == other[start:middle]:
            start = middle
        else:
            most = middle - 1
    end, most = 0, shorter - start
    while end < most:
        middle = (end + most + 1) // 2
        if one[len(one) - middle : len(one) - end] == other[len(other) - middle : len(other) - end]:
            end = middle
        else:
            most = middle - 1
    return start, end


def is_typo(one: str, other: str) -> bool:
    """Return whether two words may be one with a typing error (see `is_one_edit_apart`)."""
    short = min(len(one), len(other))
    return short >= 5 and one[0] == other[0] and is_one_edit_apart(one, other)


def is_one_edit_apart(one: str, other: str) -> bool:
    """Return whether one insertion, deletion, substitution or transposition at most turns one word into the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    if one == other:
        return True
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (len(a) > 1 and a[:2] == b[1::-1] and a[2:] == b[2:])
