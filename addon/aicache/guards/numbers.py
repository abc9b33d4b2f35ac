"""Quantities in any notation: numbers with units, dates, times of day. 5 miles are not 50 miles, nor 5 km. Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from aicache.guards.patterns import any_of, compile_later

QUANTITY_MARK = "#"
"""Stands for a quantity where its value does not matter."""
MAX_MATCHED_QUANTITIES = 12
"""Quantities in which two texts differ; further ones are not compared by value."""


class Quantity(NamedTuple):
    """One number of a text. Two with dimensions are equal when *base* is, otherwise when *value* is."""

    value: float | str
    """As written; text if it has several dots, as versions have."""
    dimension: str = ""
    base: float = 0.0
    """*value* in the dimension's smallest unit."""


_UNITS: dict[str, tuple[str, float, str]] = {  # name: dimension, factor, spellings
    "mm": ("metric", 1, "mm millimeter millimetre 毫米"),
    "cm": ("metric", 10, "cm centimeter centimetre 厘米 公分"),
    "m": ("metric", 1000, "meter metre 米 公尺"),
    "km": ("metric", 1e6, "km kilometer kilometre 公里 千米"),
    "mile": ("mile", 1, "mile mi 英里"),
    "foot": ("foot", 12, "foot feet ft 英尺"),
    "inch": ("foot", 1, "inch inches 英寸 寸"),
    "g": ("mass", 1, "gram g 克"),
    "kg": ("mass", 1000, "kg kilogram kilo 公斤 千克"),
    "jin": ("mass", 500, "斤"),
    "ton": ("mass", 1e6, "ton tonne 吨"),
    "pound": ("pound", 1, "pound lb lbs £ 英镑 磅"),
    "ounce": ("ounce", 1, "ounce oz 盎司"),
    "ml": ("volume", 1, "ml milliliter millilitre 毫升"),
    "l": ("volume", 1000, "liter litre 升"),
    "second": ("time", 1, "second sec secs seconds 秒 秒钟"),
    "minute": ("time", 60, "minute min mins 分钟"),
    "hour": ("time", 3600, "hour hr hrs 小时 钟头 个小时 个钟头"),
    "day": ("time", 86400, "day 天"),
    "week": ("time", 604800, "week 周 星期 个星期 礼拜 个礼拜"),
    "month": ("months", 1, "month 个月"),
    "year": ("months", 12, "year yr yrs yo 年 岁 周岁"),
    "percent": ("percent", 1, "percent % pct"),
    "dollar": ("dollar", 1, "dollar usd $ buck 美元 美金 美刀"),
    "yuan": ("yuan", 1, "yuan rmb cny ¥ 元 块 块钱 人民币 元钱 圆"),
    "mao": ("yuan", 0.1, "毛 毛钱 角"),
    "euro": ("euro", 1, "euro eur €"),
    "rupee": ("rupee", 1, "rupee inr ₹ rs 卢比"),
    "kb": ("bytes", 1024, "kb"),
    "mb": ("bytes", 1024**2, "mb"),
    "gb": ("bytes", 1024**3, "gb gig"),
    "tb": ("bytes", 1024**4, "tb"),
    "celsius": ("celsius", 1, "celsius ℃ 摄氏度 °c"),
    "fahrenheit": ("fahrenheit", 1, "fahrenheit 华氏度 °f"),
    "times": ("times", 1, "time times x 次 遍 回 倍"),
}
_BY_SPELLING = {
    spelling: (dimension, factor) for dimension, factor, words in _UNITS.values() for spelling in words.split()
}
_LATIN = sorted((s for s in _BY_SPELLING if s.isascii() and s.isalpha()), key=len, reverse=True)
_OTHER = sorted((s for s in _BY_SPELLING if not (s.isascii() and s.isalpha())), key=len, reverse=True)
_UNIT = rf"(?:{any_of(_LATIN)})s?(?![^\W\d_])|{any_of(_OTHER)}"
UNIT_WORDS = frozenset(form for spelling in _LATIN for form in (spelling, f"{spelling}s"))
"""Words that add nothing next to a number: its quantity includes them."""
_MAGNITUDES = {"k": 1e3, "thousand": 1e3, "million": 1e6, "mn": 1e6, "billion": 1e9, "lakh": 1e5, "crore": 1e7}
_MAGNITUDES |= {"千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "百": 1e2}
_MAGNITUDE = r"(?:k|thousand|million|mn|billion|lakh|crore)(?![a-z])|百万|千万|[百千万亿]"

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
_SURE = r"january|february|april|june|july|august|september|october|november|december"  # "may" and "march" are words
_ABBREVIATED = r"jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec"
_MONTH = rf"(?:{_SURE}|march|may|{_ABBREVIATED})"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PM = frozenset({"pm", "p.m.", "p.m", "下午", "晚上", "傍晚", "晚"})
_CALENDAR = frozenset({"year", "calendar-month", "calendar-day", "weekday", "clock"})
_PART = r"上午|下午|晚上|早上|凌晨|中午|傍晚|晚|早"

_BEGINNING = re.compile(
    r"[\d.$€£¥₹上下晚早凌中傍周星礼jfmasondtw](?:(?<![.jfmasondtw])|(?<=\.)(?=\d)"
    r"|(?<!\w.)(?<!\.)(?=an|eb|ar|pr|ay|un|ul|ug|ep|ct|ov|ec|on|ue|ed|hu|ri|at))"
)
"""Where every quantity begins; much faster than the pattern."""
_PATTERN = compile_later(
    rf"""
    (?=[\d.$€£¥₹上下晚早凌中傍周星礼])(?:
      (?P<year>(?:19|20)\d\d)\s?[-/.年]\s?(?P<month>1[0-2]|0?[1-9])[-/.月]\s?(?P<day>[12]\d|3[01]|0?[1-9])(?!\d)[日号]?
    | (?P<day_of>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<of_month>{_MONTH})\b
    | (?P<zh_month>\d{{1,2}})月份?(?:(?P<zh_day>\d{{1,2}})[日号]?)?
    | (?P<zh_date>\d{{1,2}})[日号](?!线)
    | (?P<part>{_PART})?(?P<zh_hour>\d{{1,2}})点(?:(?P<zh_half>半)|(?P<zh_minute>\d{{1,2}})分?)?(?!\d)
    | (?P<hour>\d{{1,2}}):(?P<minute>\d\d)\s*(?P<half>[ap]\.?m\b\.?)?
    | (?P<plain_hour>\d{{1,2}})\s*(?P<plain_half>[ap]\.?m\b\.?)
    | (?:周|星期|礼拜)(?P<zh_weekday>[1-7日天])(?![0-9个天月年])
    | (?:(?P<currency>[$€£¥₹])\s?)?
      (?P<number>\d+(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)*|(?<![\w.])\.\d+)(?P<decade>(?:'?s|er[ns]?)(?!\w))?(?:(?:st|nd|rd|th)(?![^\W\d_]))?\s?-?(?P<magnitude>{_MAGNITUDE})?\s?-?(?P<unit>{_UNIT})?
    )
    | \b(?=[jfmasondtw])(?:
      (?P<month_name>{_MONTH})\.?\s+(?:the\s+)?(?P<name_day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])
    | (?P<sure_month>{_SURE})\b | (?<=\bin\ )(?P<in_month>march|may)\b
    | (?P<weekday>(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b)
    )""",
    re.VERBOSE,
)


def read_quantities(digits: str) -> tuple[tuple[Quantity, ...], str]:
    """Return the quantities in a normalized text whose numerals are digits (see `numerals_to_digits`), and the text
    with `QUANTITY_MARK` in the place of each."""
    found: list[Quantity] = []
    rest: list[str] = []
    end = 0
    for beginning in _BEGINNING.finditer(digits):
        start = beginning.start()
        if start >= end and (match := _PATTERN.match(digits, start)) is not None:
            found += _quantities(match)
            rest.append(digits[end:start])
            end = match.end()
    return (tuple(found), f" {QUANTITY_MARK} ".join([*rest, digits[end:]])) if found else ((), digits)


def has_unequal_quantities(one: tuple[Quantity, ...], other: tuple[Quantity, ...]) -> bool:
    """Return whether one text has a quantity more often than the other. Ones do not count, 1 day is a day, unless both
    have another unit."""
    lost, found = _unmatched(one, other)
    if len(lost) == len(found) and lost and all(q.dimension for q in (*lost, *found)):
        return True
    return not (_ones(lost) and _ones(found))


def _unmatched(one: tuple[Quantity, ...], other: tuple[Quantity, ...]) -> tuple[list[Quantity], list[Quantity]]:
    """Return the quantities of each that have no equal in the other; exact matches are removed first."""
    if one == other:
        return [], []
    mine, others = Counter(one), Counter(other)
    lost, found = list((mine - others).elements()), list((others - mine).elements())
    for quantity in lost[:MAX_MATCHED_QUANTITIES]:
        twin = next((each for each in found[:MAX_MATCHED_QUANTITIES] if _same(quantity, each)), None)
        if twin is not None:
            lost.remove(quantity)
            found.remove(twin)
    return lost, found


def _ones(quantities: list[Quantity]) -> bool:
    return all(q.value == 1 and q.dimension not in _CALENDAR for q in quantities)


def _same(one: Quantity, other: Quantity) -> bool:
    """Return whether two quantities may be equal. A number without a unit may have any: "I am 25", "25 years old"."""
    if one.dimension and other.dimension:
        return one.dimension == other.dimension and abs(one.base - other.base) <= 1e-9 * abs(one.base)
    return one.value == other.value


def _quantities(found: re.Match[str]) -> list[Quantity]:
    if found["number"]:
        return [_number(found)]
    if found["year"]:
        parts = (("year", "year"), ("calendar-month", "month"), ("calendar-day", "day"))
        return [_calendar(dimension, int(found[group])) for dimension, group in parts]
    if found["weekday"]:
        return [_calendar("weekday", _DAYS.index(found["weekday"][:3]) + 1)]
    if found["zh_weekday"]:
        return [_calendar("weekday", int(found["zh_weekday"]) if found["zh_weekday"].isdigit() else 7)]
    if name := found["month_name"] or found["of_month"] or found["sure_month"] or found["in_month"]:
        days = [_calendar("calendar-day", int(day))] if (day := found["name_day"] or found["day_of"]) else []
        return [_calendar("calendar-month", _month(name)), *days]
    if found["zh_month"]:
        days = [_calendar("calendar-day", int(found["zh_day"]))] if found["zh_day"] else []
        return [_calendar("calendar-month", int(found["zh_month"])), *days]
    if found["zh_date"]:
        return [_calendar("calendar-day", int(found["zh_date"]))]
    return [_clock(found)] if found.lastgroup else []


def _calendar(dimension: str, value: int) -> Quantity:
    return Quantity(float(value), dimension, float(value))


def _month(name: str) -> int:
    return next(i for i, month in enumerate(_MONTHS, 1) if month.startswith(name[:3]))


def _clock(found: re.Match[str]) -> Quantity:
    """Return a time of day; a plain number if it may be am or pm, for 5:00 may mean 5 pm."""
    hour = int(found["zh_hour"] or found["hour"] or found["plain_hour"] or 0)
    minute = 30 if found["zh_half"] else int(found["zh_minute"] or found["minute"] or 0)
    half = (found["part"] or found["half"] or found["plain_half"] or "").rstrip(".").replace("p.m", "pm")
    value = hour + minute / 100
    if not half and hour <= 12:
        return Quantity(value)
    return Quantity(value, "clock", (hour % 12 + 12 if half in _PM or (hour > 12) else hour % 12) * 60.0 + minute)


def _number(found: re.Match[str]) -> Quantity:
    written = (found["number"] or "").replace(",", "")
    if found["decade"]:
        return Quantity(f"{written}s")
    if written.count(".") > 1 or len(written) > 300:
        return Quantity(written)
    if written.endswith("0") and "." in written and not (found["unit"] or found["currency"] or found["magnitude"]):
        return Quantity(written)  # a version: 3.10 is not 3.1
    value = float(written) * _MAGNITUDES.get(found["magnitude"] or "", 1)
    unit = found["unit"] or found["currency"] or ""
    known = _BY_SPELLING.get(unit) or _BY_SPELLING.get(unit.removesuffix("s"))
    if known is not None:
        return Quantity(value, known[0], value * known[1])
    if "." not in written and 1900 <= value <= 2099 and len(written) == 4:
        return Quantity(value, "year", value) if unit else Quantity(value)
    return Quantity(value)
