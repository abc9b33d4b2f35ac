"""Detects questions whose answer depends on the time or the caller, so that it cannot be reused. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from aicache.guards.lexicon import time_words
from aicache.guards.normalize import normalize

_NOW = re.compile(
    r"\b(?:today|todays|tonight|tomorrow|yesterday|nowadays|currently|latest|newest|recently|(?:right|just|as of) now"
    r"|at (?:the|this) moment|up to date|so far|(?:this|next|last) (?:week|month|year|weekend|morning|evening|night)"
    r"|current (?!affairs\b|density\b|mirror\b|carrying\b)\w+|(?:live|breaking) (?:score|scores|news|price|prices)"
    r"|(?:weather|forecast) (?:in|for|like|at|of)|what (?:is the weather|time is it|day is it|is the time|is the date)"
    r"|(?:stock|share|gold|oil|bitcoin|btc) price|exchange rate)\b"
    r"|今天|今日|今晚|今早|明天|昨天|后天|前天|现在|目前|当前|眼下|最新|最近|近期|实时|刚刚|刚才|这周|本周|上周|下周|这个月"
    r"|本月|上个月|下个月|今年|明年|去年|几点了|股价|汇率|金价|油价|天气|行情"
)
_THINGS = (
    r"orders?|balances?|account balance|statements?|packages?|parcels?|delivery|shipments?|refunds?|transactions?"
    r"|tickets?|bookings?|reservations?|appointments?|flights?|bills?|invoices?|subscriptions?|calendar|schedule"
    r"|meetings?|alarms?|reminders?|inbox|emails?|messages|location|name|birthday|points|quota|usage"
    r"|to-?do list|shopping list"
)
_CALLER = re.compile(
    rf"\bmy (?:(?:last|next|latest|recent|current|own) )?(?:{_THINGS})\b|\b(?:where|who) am i\b|\bdo i have any\b"
    r"|\bdid i\b"
    r"|我的?(?:订单|快递|包裹|余额|账单|额度|积分|预约|机票|车票|退款|物流|发票|位置|名字|工单|日程|闹钟)"
    r"|我的?(?:会议|邮件|欠款|流量|话费)"
    r"|我(?:是谁|在哪儿|叫什么名字|欠多少|还欠|还剩|什么时候还款)"
)
_WORD = re.compile(r"[^\W\d_]+")
_ARABIC_VOWELS = re.compile("[\u0640\u064b-\u0652]")  # Arabic vowels, which are mostly left out
MAX_SCANNED_CHARS = 8_000
"""Characters that are scanned, half of them at either end."""
_MAX_DISTANCE_WORDS = 3
"""Words up to the thing that a possessive refers to: mon dernier colis, le solde de mon compte."""


def depends_on_now(question: str) -> bool:
    """Return whether the answer will soon change, or differs between callers. Never raises.

    Of a long text both ends are scanned: the question comes before or after the text that it is about.
    """
    if len(question) > MAX_SCANNED_CHARS:
        question = question[: MAX_SCANNED_CHARS // 2] + "\n" + question[-MAX_SCANNED_CHARS // 2 :]
    if not question.isascii() and len(unicodedata.normalize("NFKC", question)) > 2 * MAX_SCANNED_CHARS:
        return True  # NFKC expands a character to up to eighteen: too much to scan
    plain = normalize(question)
    return asks_about_now(plain) or asks_about_caller(plain)


def asks_about_now(plain: str) -> bool:
    """Return whether a normalized text asks for something that will be different tomorrow."""
    if _NOW.search(plain) is not None:
        return True
    if not plain.isascii() and _NOW_UNSPACED.search(plain) is not None:
        return True
    words = words_of(plain)
    return _contain_phrase(words, _NOW_WORDS) or any(_is_now(words, at) for at in range(len(words)))


def asks_about_caller(plain: str) -> bool:
    """Return whether a normalized text asks for something of the caller's: my order, my balance."""
    if _CALLER.search(plain) is not None:
        return True
    if not plain.isascii() and _OWN_UNSPACED.search(plain) is not None:
        return True
    words = words_of(plain)
    return _contain_phrase(words, _OWN_WORDS, as_prefix=True) or _have_possession(words)


def words_of(plain: str) -> list[str]:
    """Return the words of a normalized text, Arabic ones without vowel signs."""
    return _WORD.findall(plain if plain.isascii() else _ARABIC_VOWELS.sub("", plain))


def _is_now(words: Sequence[str], at: int) -> bool:
    word = words[at]
    if (others := _NOW_UNLESS_AFTER.get(word)) is not None:
        return at > 0 and words[at - 1] not in others
    return len(word) > 5 and word.startswith(_NOW_BEGINNINGS)


def _contain_phrase(
    words: Sequence[str], phrases: dict[str, list[tuple[str, ...]]], *, as_prefix: bool = False
) -> bool:
    """Return whether the words contain one of *phrases* (by first word); *as_prefix*: also with a suffix."""
    for at, word in enumerate(words):
        for phrase in phrases.get(word, ()):
            if tuple(words[at : at + len(phrase)]) == phrase:
                return True
            if as_prefix and len(phrase) > 1 and _matches_as_prefix(words[at : at + len(phrase)], phrase):
                return True
        if as_prefix and len(word) > 5 and any(word.startswith(each) for each in _SUFFIXED):
            return True
    return False


def _matches_as_prefix(words: Sequence[str], phrase: tuple[str, ...]) -> bool:
    return tuple(words[:-1]) == phrase[:-1] and len(words) == len(phrase) and words[-1].startswith(phrase[-1])


def _have_possession(words: Sequence[str]) -> bool:
    """Return whether a personal thing follows a possessive: meine letzte Bestellung."""
    for at, word in enumerate(words):
        if word in _POSSESSIVES and any(
            _is_personal_thing(each) for each in words[at + 1 : at + 1 + _MAX_DISTANCE_WORDS]
        ):
            return True
    return False


def _is_personal_thing(word: str) -> bool:
    return any(word[:length] in _OWN_BEGINNINGS for length in range(2, min(len(word), _MAX_BEGINNING_CHARS) + 1))


def phrases_in(text: str) -> dict[str, list[tuple[str, ...]]]:
    """Return the phrases of a lexicon's text, split into words, by their first word."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in re.split(r"[/\n]", text):
        if words := tuple(words_of(normalize(phrase))):
            found.setdefault(words[0], []).append(words)
    return found


_NOW_WORDS = phrases_in(time_words.NOW)
_NOW_BEGINNINGS = tuple(words_of(normalize(time_words.NOW_BEGINNINGS)))
_NOW_UNLESS_AFTER = {
    words_of(normalize(line))[0]: frozenset(words_of(normalize(line))[1:])
    for line in time_words.NOW_UNLESS_AFTER.splitlines()
    if line
}
_NOW_UNSPACED = re.compile("|".join(map(normalize, time_words.NOW_UNSPACED.split())))
_OWN_WORDS = phrases_in(time_words.OWN_PHRASES)
_OWN_UNSPACED = re.compile(
    normalize(
        r"(?:私|わたし|僕|ぼく|俺|自分)の(?:最新の|最後の|次の|口座の?)?"
        rf"(?:{'|'.join(time_words.OWN_JAPANESE.split())})|(?:私|わたし|僕|俺)は(?:誰|だれ|どこ)|口座残高"
        rf"|(?:{'|'.join(time_words.OWN_THAI.split())})(?:ในบัญชี|ล่าสุด|ทั้งหมด)?(?:ของ)?(?:ฉัน|ผม|ดิฉัน|หนู|เรา)"
        r"|(?:ฉัน|ผม|ดิฉัน)(?:คือใคร|เป็นใคร|อยู่ที่ไหน|ชื่ออะไร)|ยอด(?:เงิน)?ในบัญชี"
    )
)
_SUFFIXED = tuple(word for word, phrases in _OWN_WORDS.items() if (word,) in phrases and len(word) > 4)
_POSSESSIVES = frozenset(words_of(normalize(time_words.MINE)))
_OWN_BEGINNINGS = frozenset(words_of(normalize(time_words.OWN)))
_MAX_BEGINNING_CHARS = max(map(len, _OWN_BEGINNINGS))
