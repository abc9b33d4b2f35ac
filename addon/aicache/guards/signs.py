"""The signs in a text: operators, brackets, emoji and all that is not ordinary punctuation, in their order. Pure.

Embedders hardly see them, and they decide: 7 / 5, 7 * 5; ``x[1:]``, ``x[:1]``; a smile, a tear.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from aicache.guards.english_words import ARTICLES
from aicache.guards.patterns import compile_later

_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_RUN = re.compile(rf"(?:[^\w\s]|_|{_INVISIBLE.pattern})+")
_VISIBLE_RUN = re.compile(r"[^\w\s]+")
"""The same for a text without underscores and invisible characters."""
_DIGIT = re.compile(r"\d")
_COUNTED = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Me", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sk", "Sm", "So"})
_ALWAYS = frozenset("#*_<>@[]\\{}|=+")
"""Signs wherever they stand."""
_ORDINARY = frozenset(
    "°~^¿¡·•、。〃〈〉《》「」『』【】〔〕〜・，．：；！？（）［］％＆。｡｢｣､･،؛؟٪‥…‘’‚‛“”„‟‹›«»′″‐‑‒–—―−¨´ˆ˜$€£¥₹\"'`.,;:?!()-&%/"
)
"""Ordinary in questions: punctuation, currencies and the degree sign (part of a quantity), what ends chat messages."""
_ENDS = frozenset(".,;:?!。，、；：？！…")
_OPERATORS = frozenset("-/%&^~:;.,!$?()")
"""Operators in code and arithmetic, ordinary elsewhere."""
_SILENT = _ORDINARY - _OPERATORS
"""Says nothing where it stands alone."""
_SPEAKING = re.compile(
    r"[^\w\s](?:(?<![.,;:?!。、…'\"])|(?=[^\w\s])|(?<=\s[.,;:?!。、…])|(?<=^[.,;:?!。、…]))",
)
"""In every text with a sign, but for `_` and what is invisible: an ordinary mark alone behind a word says nothing."""
_CASED_UNIT = re.compile(r"\d\s?(m(?:W|V|A|J|Hz|Pa)|[MGT]b(?:ps|it)?)\b")
"""Units that are others in other letters, where those are not the usual ones: 10 mW, 10 Mb."""
_EMOTICON = compile_later(
    r"(?:(?<=\s)|^)[:;=]['-]?[()DPpOo/|](?=\s+\S)|(?<!\S)[:;=]['-]?[(/|](?=\s*$)"
    r'|(?:^|(?<=[\s"\u3400-\u9fff\u3040-\u30ff]))[:;=][\'-]?[()DPpOo/|](?=["\u3400-\u9fff\u3040-\u30ff])'
)
"""A face of punctuation; a friendly one at the end says nothing."""
_INNER = re.compile(r"[-.,;:/&](?<=[^\W\d].)(?=[^\W\d])")
_TIED = frozenset({"++", "--"})
_DOUBLED = frozenset({"//", "%%", "&&", "^^", "~~", "::", "$$", "??", "!!"})
"""Operators of their own where they stand alone."""
_PREFIXES = frozenset("-\\$@")
"""Signs with which a single letter makes a name, whose case matters."""
_OPERANDS = frozenset("([)]")
MAX_SIGNS = 200
"""Signs that are compared by value; of more, only the count."""


def find_signs(text: str) -> tuple[str, ...]:
    """Return the signs of a text whose case was kept, in order; brackets only if there are others than those."""
    has_invisible = not text.isascii() and _INVISIBLE.search(text) is not None
    may_speak = has_invisible or "_" in text or _SPEAKING.search(text) is not None
    found = _signs_in(text, has_invisible) if may_speak else []
    if ":" in text or ";" in text or "=" in text:
        found += [match[0].strip() for match in _EMOTICON.finditer(text)]
    if _DIGIT.search(text) is not None:
        found += _CASED_UNIT.findall(text)
    return tuple(found) if len(found) <= MAX_SIGNS else (str(len(found)),)


def _signs_in(text: str, has_invisible: bool) -> list[str]:
    found: list[str] = []
    brackets = True
    end = len(text)
    run_of_signs = _RUN if "_" in text or has_invisible else _VISIBLE_RUN
    for match in run_of_signs.finditer(text):
        run, start, stop = match[0], match.start(), match.end()
        before, after = text[start - 1] if start else " ", text[stop] if stop < end else " "
        if len(run) == 1 and run in _ENDS and after.isspace() and not _is_named(text, start):
            continue
        if len(run) == 1 and (run in _SILENT or (run in ",;" and not (before.isspace() and after.isspace()))):
            continue
        earlier, later = text[start - 2] if start > 1 else " ", text[stop + 1] if stop + 1 < end else " "
        if kept := _signs_of_run(run, before, after, earlier, later):
            brackets = brackets and not kept.strip("()") and not (run[0] == "(" and before.isalnum())
            named = kept[-1] in _PREFIXES and after.isalpha() and after.isascii() and not later.isalpha()
            found.append(kept + after if named else kept)  # -r is not -R, nor \\d \\D
    if brackets:
        found = []
    return _among_numbers(text, found) if found and any(char.isdigit() for char in text) else found


def _among_numbers(text: str, signs: list[str]) -> list[str]:
    """Return the signs with the numbers of the text where these stand among them: 0 5 * * 1 is not 0 5 1 * *."""
    ordered, at = [], 0
    for sign in signs:
        place = text.find(sign[0], at)
        if place < 0:
            return signs
        ordered += re.findall(r"\d+", text[at:place])
        ordered.append(sign)
        at = place + 1
    return ordered


def find_inner_marks(text: str) -> tuple[str, ...]:
    """Return the ordinary marks within words, in order: a.b, and/or."""
    return tuple(_INNER.findall(text))


def _is_named(text: str, at: int) -> bool:
    """Return whether a full stop or comma stands alone behind an article: a word like any other."""
    return at > 2 and text[at - 1] == " " and text[max(0, at - 4) : at - 1].split(" ")[-1] in ARTICLES


def _signs_of_run(run: str, before: str, after: str, earlier: str, later: str) -> str:
    """Return those of adjacent signs that mean something; *earlier* and *later* are one character further away."""
    if run in _DOUBLED and not before.isalnum() and not after.isalnum():
        return run
    if run in _TIED:  # x++ is not ++x
        return f"{'x' * before.isalnum()}{run}{'x' * after.isalnum()}"
    if run[0] == "." and "/" in run:
        return run
    if len(run) > 1 and not run.strip("."):
        return run if after.isalnum() or (before.isspace() and after.isspace()) else ""
    spaced = before.isspace() and after.isspace()
    kept = ""
    for at, char in enumerate(run):
        left, right = run[at - 1] if at else before, run[at + 1] if at + 1 < len(run) else after
        if (
            char in _ALWAYS
            or (char not in _ORDINARY and _counts(char))
            or (char in _OPERATORS and _operates(char, left, right, earlier, later, spaced=spaced))
        ):
            kept += char
    if len(run) > 2 and any(char not in _ORDINARY or char == "^" for char in kept):  # a face: (^^;) is not (^^)
        return run.rstrip(".,;:?!")
    return kept


def _operates(char: str, left: str, right: str, earlier: str, later: str, *, spaced: bool) -> bool:
    """Return whether an ordinary sign is an operator by what stands beside it."""
    match char:
        case "-" if spaced:
            return _is_operand(earlier) and (_is_operand(later) or later == "-")
        case "-":
            return ((left.isspace() or left in "([=,:*/+-<>") and right.isalnum()) or (
                left.isascii() and left.isupper() and not earlier.isalnum() and not right.isalnum()
            )  # blood group A-
        case "/" if spaced:
            return not (earlier.isalpha() and later.isalpha())
        case "/" if left.isalpha() and right.isalpha() and not (earlier.isalpha() or later.isalpha()):
            return earlier == "/" or later == "/"  # s/a/b/
        case "/":
            return not (left.isalpha() and right.isalpha()) and not (left.isalnum() and right.isspace())
        case "%":
            return later.isdigit() if spaced else right.isalnum() and not left.isdigit()
        case "&":
            return "&" in (left, right) or not (spaced or (left.isalpha() and right.isalpha()))
        case "^":
            return right.isalnum() or right == "(" or left in "[(" or (spaced and later.isalnum())
        case "~":
            return right == "/" or (left.isspace() and right.isalpha())
        case ":":
            return left in "[:" or right in "]:"
        case ".":
            return right == "/" or spaced or (left in "/[(" and right.isspace())
        case "," | ";":
            return spaced
        case "!":
            return (
                right == "="
                or (left.isspace() and right.isalnum())
                or (left.isdigit() and right in "?)")
                or left == "$"
            )
        case "$":
            return not right.isdigit() and not left.isdigit()
        case "?":
            return left in "$[({\\" or right in ":=.["
        case "(" if right + later in ("s)", "e)", "n)"):  # line(s)
            return False
        case "(":
            return not left.isspace() or right.isdigit() or left in _OPERANDS
        case ")":
            return left.isdigit() or left in "(" or right in "*/+^(-" or earlier.isspace()
    return False


def _is_operand(char: str) -> bool:
    return char.isdigit() or char in _OPERANDS


@lru_cache(maxsize=4096)
def _counts(char: str) -> bool:
    if _INVISIBLE.match(char):
        return True
    return unicodedata.category(char) in _COUNTED or "\u0300" <= char <= "\u036f" or "\u1ab0" <= char <= "\u20ff"
