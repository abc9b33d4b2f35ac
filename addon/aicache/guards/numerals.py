"""Converts numerals to digits: English and Chinese ones, and plain ones of the languages in `written_numbers`. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aicache.guards.patterns import compile_later
from aicache.guards.written_numbers import ONES, SCALES, TENS, with_digits_of_others

_ORDINALS = {word: i for i, word in enumerate("third fourth fifth sixth seventh eighth ninth tenth".split(), 3)}
_SINGLE = {"second": "2", "first": "1", "a": "1", "an": "1", "one": "1"}
_OTHERS = {"dozen": 12, "twice": 2, "thrice": 3}
_VALUES = {"one": 1, **ONES, **TENS, **_ORDINALS, **_OTHERS}
_ANY = "|".join(sorted({*_VALUES, *SCALES}, key=len, reverse=True))
_STARTS = "|".join(sorted({*_VALUES, *SCALES} - {"one"}, key=len, reverse=True))
_ENGLISH = compile_later(
    rf"\b(?:(?:(?:one|a)(?=[ -](?:{'|'.join(SCALES)}|dozen)\b)|{_STARTS})(?:[ -](?:and )?(?:{_ANY})\b)*\b"
    r"|(?:an?|one)(?= (?:hour|minute|day|week|month|year|mile|km|kilometer|kilometre|kg|pound|dollar|percent)\b)"
    r"|first\b|half (?:an? )?(?=hour|day|year|month|mile|pound|dozen|million)"
    r"|(?<=\bthe )second(?= [a-z])|(?<=\bmy )second(?= [a-z])|second(?= (?:time|card|one|account|attempt|level)\b))"
)

_TRIGGERS = frozenset(
    {*_VALUES, *SCALES, *_SINGLE, "half"}
    | {*"hour minute day week month year mile km kilometer kilometre kg pound dollar percent".split()}
) - {"a", "an"}
"""Words of which every text has one in which an English numeral is found."""
_DIGITS = {char: i for i, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}
_COUNTED = "个次天年月号日点元块岁斤米周分秒克吨公千百万亿倍人台部只张条件位名级层楼本页期折杯瓶种章节集季度遍口户款"
_N = "零一二两三四五六七八九十百千万亿"
_HAN_NUMERAL = compile_later("[百一二三四五六日两七八九十半]")
"""What each of these begins with."""
_CHINESE = compile_later(
    rf"(?=[百一二三四五六日两七八九十半])(?:百分之(?P<percent>[{_N}]+|\d+(?:\.\d+)?)"
    r"|(?<=[第周高初大])[一二三四五六日](?![点些下])|(?<=星期)[一二三四五六]|(?<=礼拜)[一二三四五六]"
    rf"|[一二两三四五六七八九十][{_N}]+"
    rf"|[一两](?=(?!点)[{_COUNTED}]|小时|毛|角|寸|升|英|厘|毫|平|星期|礼拜|钟头)|[二三四五六七八九](?![星川方百千])"
    rf"|十(?=(?!分(?!钟))[{_COUNTED}]|小时|星期|礼拜|钟头)"
    r"|(?<=[午晚晨])一(?=点)|一(?=点半)"  # elsewhere 一点 is "a bit"
    r"|(?<![\d一-鿿])半(?=天|年|个月|小时|斤)|半(?=个?月|个?小时|年|斤))"
)
_TWO = compile_later(r"[百千万亿](?=[一两二三四五六七八九](?:个|天|年|次|期))")  # 一万一个月 holds two numbers
_HALF = compile_later("个半|半个|(?<!点)半(?=小时|天|年|月|斤|价|数)")


def numerals_to_digits(plain: str, words: Sequence[str]) -> str:
    """Return a normalized text with these words with all numerals written in digits."""
    if "#" in plain or "+" in plain:
        words = [word.rstrip("#+") for word in words]  # c++
    text = plain if _TRIGGERS.isdisjoint(words) else _ENGLISH.sub(_english, plain)
    if not text.isascii() and _HAN_NUMERAL.search(text) is not None:
        text = _CHINESE.sub(_chinese, _TWO.sub(r"\g<0> ", text))
    return with_digits_of_others(text, words)


def _english(match: re.Match[str]) -> str:
    """Return the digits for a match: ``twenty five`` is 25, ``five thirty`` is two numbers."""
    if match[0].startswith("half"):
        return "0.5 "
    if match[0] in _SINGLE:
        return _SINGLE[match[0]]
    numbers: list[int] = []
    total, current = 0, 0
    for word in re.findall(r"[a-z]+", match[0]):
        if word in ("and", "a"):
            current += word == "a"
        elif scale := SCALES.get(word):
            if scale == 100:
                current = (current or 1) * 100
            else:
                total, current = total + (current or 1) * scale, 0
        elif word == "dozen":
            current = (current or 1) * 12
        else:
            value = _VALUES[word]
            if current and (current % 10 or value >= 10) and current % 100:
                numbers.append(total + current)
                total = current = 0
            current += value
    numbers.append(total + current)
    return " ".join(map(str, numbers))


def _chinese(match: re.Match[str]) -> str:
    text = match[0]
    if percent := match["percent"]:
        return f"{percent if percent[0].isdigit() else _value(percent)}%"
    if text == "半":
        return "0.5"
    return "7" if text == "日" else _value(text)


def _value(text: str) -> str:
    """Return a Chinese numeral in digits; one without powers is read digit by digit: 二零一九."""
    if not any(char in _POWERS or char in _MYRIADS for char in text):
        return "".join(str(_DIGITS[char]) for char in text)
    total = section = digit = 0
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif power := _POWERS.get(char):
            section, digit = section + (digit or 1) * power, 0
        else:
            total, section, digit = (total + section + digit or 1) * _MYRIADS[char], 0, 0
    return str(total + section + digit)


def find_halves(plain: str) -> tuple[str, ...]:
    """Return the Chinese halves of a normalized text as they are written, in order: 一个半小时, 半个小时."""
    return () if plain.isascii() or "半" not in plain else tuple(_HALF.findall(plain))
