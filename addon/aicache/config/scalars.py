"""The types of scalars in the configuration: text to value and back. Pure; no message quotes the text, which may be a
secret."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import urlsplit

from aicache.config.postgres_url import parse_postgres_url
from aicache.config.redis_url import parse_redis_url
from aicache.domain.json_paths import is_path, parse_path
from aicache.domain.masks import compile_limited
from aicache.domain.pricing import Price
from aicache.entries.response_templates import parse_stream, parse_whole

_NUMBER = r"[-+]?(?:[0-9][0-9_]*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
_MAX_PRICE = Decimal(1_000_000_000)  # US dollars per million tokens
_DURATION = re.compile(rf"({_NUMBER})\s*(ms|s|m|h|d)?")
_SIZE = re.compile(rf"({_NUMBER})\s*(kb|mb|gb)?", re.IGNORECASE)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token, RFC 9110 section 5.6.2
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_BYTES = {"gb": 1024**3, "mb": 1024**2, "kb": 1024}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A type of scalar."""

    description: str
    """The valid values, worded to follow "is not"."""
    parse: Callable[[str], Any]
    """Text to value. Raises ValueError with the fault, worded to follow the text: ``is not above 0``. Its second
    argument has details that may quote the text."""
    show: Callable[[Any], str] = str
    """Value to text that parses to it."""
    yaml_style: Literal["text", "bare", "either"] = "text"
    """Whether the YAML must be text, a number or boolean without quotes, or either."""
    secret: bool = False
    """Whether the text may contain a password, so that only a redacted URL is shown."""
    example: str = ""
    """A value for the documentation of keys without a default."""
    alone: bool = False
    """Whether a list of it may be written as one item."""
    section: bool = False
    """Whether a list of it may have mappings among its items, with the keys of the item's dataclass."""


def one_of(*values: str) -> Scalar:
    """One of some words; for a StrEnum its members."""
    description = f"one of: {', '.join(values)}"

    def parse(text: str) -> str:
        if text not in values:
            raise ValueError(f"is not {description}")
        return values[values.index(text)]

    return Scalar(description, parse)


def number(least: float, most: float = math.inf) -> Scalar:
    """A float within bounds, both included."""
    bounds = f"at least {least:g}" if math.isinf(most) else f"between {least:g} and {most:g}"
    description = f"a number {'of ' if math.isinf(most) else ''}{bounds}"

    def parse(text: str) -> float:
        if not re.fullmatch(_NUMBER, text):
            raise ValueError(f"is not {description}")
        value = _decimal(text)
        if not (math.isfinite(value) and least <= value <= most):
            raise ValueError(f"is not {bounds}")
        return value

    return Scalar(description, parse, repr, "bare")


def whole(least: int, most: int) -> Scalar:
    """An int within bounds, both included."""
    bounds = f"between {least} and {most}"
    description = f"a whole number {bounds}"

    def parse(text: str) -> int:
        if not re.fullmatch(_NUMBER, text) or not (value := _decimal(text)).is_integer() or "." in text:
            raise ValueError(f"is not {description}")
        if not least <= value <= most:
            raise ValueError(f"is not {bounds}")
        return int(value)

    return Scalar(description, parse, str, "bare")


def duration(most: float) -> Scalar:
    """Seconds, as a float above 0 and at most *most*."""
    bounds = f"above 0 and at most {show_duration(most)}"

    def parse(text: str) -> float:
        if not (found := _DURATION.fullmatch(text)):
            base_60 = ", and to YAML it is a number to the base 60" if ":" in text else ""
            raise ValueError(f"is not a duration{base_60}: write 90s, 30m, 12h, 7d, 500ms or plain seconds")
        amount, unit = _decimal(found[1]), found[2] or "s"
        value = amount / 1000 if unit == "ms" else amount * _SECONDS[unit]
        if not 0 < value <= most:
            raise ValueError(f"is not {bounds}")
        return value

    return Scalar(f"a duration {bounds}", parse, show_duration, "either")


def show_duration(seconds: float) -> str:
    for unit, length in _SECONDS.items():
        if seconds % length == 0:
            return f"{seconds / length:.0f}{unit}"
    thousandths = round(seconds * 1000)
    return f"{thousandths}ms" if thousandths / 1000 == seconds else repr(seconds)


def size(least: int) -> Scalar:
    """Whole bytes, as an int of at least *least*; kb, mb and gb are powers of 1024. A part of a byte is left out."""

    def parse(text: str) -> int:
        found = _SIZE.fullmatch(text)
        value = _decimal(found[1]) * _BYTES.get((found[2] or "").lower(), 1) if found else math.nan
        if not math.isfinite(value) or (not (found and found[2]) and not value.is_integer()):
            raise ValueError("is not a size: write a number with kb, mb or gb, such as 64kb, 1.5mb or 1gb, or bytes")
        if value < least:
            raise ValueError(f"is not at least {show_size(least)}")
        return int(value)

    return Scalar(f"a size of at least {show_size(least)}", parse, show_size, "either")


def show_size(count: int) -> str:
    for unit, length in _BYTES.items():
        if count and count % length == 0:
            return f"{count // length}{unit}"
    return str(count)


def _decimal(text: str) -> float:
    if re.match(r"[-+]?0[0-9_]", text):
        raise ValueError("starts with a zero, which makes it a number to the base 8 in YAML: leave the zero out")
    return float(text.replace("_", ""))


def _http_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or any(char.isspace() for char in text):
        raise ValueError("is not a URL that begins with https:// or http://")
    if "@" in parts.netloc:
        raise ValueError("holds a user or password: give the key as api_key")
    return text.rstrip("/")


def _host(text: str) -> str:
    host = text.removeprefix("https://").rstrip("/")
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?", host):
        raise ValueError("is not a host name")
    return host


def _collection(text: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9_-]{3,32}", text):
        raise ValueError("is not a name of 3 to 32 letters, digits, _ or -")
    return text


def _table(text: str) -> str:
    if not re.fullmatch(r"([a-z_][a-z0-9_]{0,39}\.)?[a-z_][a-z0-9_]{0,39}", text):
        raise ValueError(
            "is not the name of a table: 1 to 40 lower-case letters, digits or _, also with schema and dot before it"
        )
    return text


def _flag(text: str) -> bool:
    match text.lower():
        case "true" | "yes" | "on":
            return True
        case "false" | "no" | "off":
            return False
        case _:
            raise ValueError("is not true or false")


def _pattern(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except re.error as exc:
        raise ValueError(f"is not a regular expression (error at position {exc.pos})", exc.msg) from None
    except (ValueError, OverflowError, RecursionError) as exc:
        raise ValueError("is not a regular expression that Python can compile", str(exc)) from None
    try:
        compile_limited(pattern)
    except ValueError as exc:
        raise ValueError("is not a regular expression that can be matched within a time limit", str(exc)) from None
    return pattern


def _ignored(text: str) -> str:
    """Check the name of a field, or the path of a nested one; names may be anything, as long as they are no path."""
    if is_path(text):
        parse_path(text)
    return text


def some_of(*values: str) -> Scalar:
    """One of some words, of which a list may have several, and may be written as one."""
    return replace(one_of(*values), alone=True)


def parse_header_name(text: str) -> str:
    """Return the name in lower case."""
    if not _HEADER_NAME.fullmatch(text):
        raise ValueError("is not the name of a header")
    return text.lower()


def _price(text: str) -> Price:
    model, _, given = text.rpartition("=")
    amounts = [each.strip() for each in given.split("/")]
    if not model.strip() or len(amounts) not in (2, 3) or not all(re.fullmatch(_NUMBER, each) for each in amounts):
        raise ValueError("is not MODEL=PROMPT/COMPLETION or MODEL=PROMPT/COMPLETION/CACHED, such as gpt-4o=2.5/10/1.25")
    prices = [Decimal(each) for each in amounts]
    if not all(0 <= price <= _MAX_PRICE for price in prices):
        raise ValueError("is not a price: amounts are 0 or more")
    return Price(model.strip(), *prices)


def _show_price(price: Price) -> str:
    amounts = [price.prompt, price.completion, *([] if price.cached is None else [price.cached])]
    return f"{price.model}={'/'.join(f'{amount.normalize():f}' for amount in amounts)}"


def _token(text: str) -> str:
    if len(text) < 16 or not text.isascii() or any(char.isspace() or char in ';,"\\' for char in text):
        raise ValueError("is not 16 or more letters, digits and signs without spaces, quotes, commas and semicolons")
    return text


TEXT = Scalar("text", str)
IGNORED = Scalar("the name of a field, or the path of a nested one such as input[].id", _ignored)
FLAG = Scalar("true or false", _flag, lambda value: "true" if value else "false", "bare")
PATTERN = Scalar("a regular expression", _pattern, lambda value: value.pattern)
MODEL = Scalar("text", str, example="text-embedding-3-small")
CHAT_MODEL = Scalar("text", str, example="gpt-4.1-mini")
ENDPOINT = Scalar("a host name", _host, example="vrs-cn-example.dashvector.cn-hangzhou.aliyuncs.com")
FILE = Scalar("the path of a file", str)
PRICE = Scalar("MODEL=PROMPT/COMPLETION or MODEL=PROMPT/COMPLETION/CACHED", _price, _show_price)
TOKEN = Scalar("16 or more letters, digits and signs", _token, secret=True, example="${DASHBOARD_TOKEN}")
DEPLOYMENT = Scalar("16 or more letters, digits and signs", _token, secret=True, example="${AI_CACHE_SECRET}")
SECRET = Scalar("text", str, secret=True, example="${API_KEY}")
HTTP_URL = Scalar("a URL: https:// or http://", _http_url, example="https://127.0.0.1:8000/v1")
COLLECTION = Scalar("a name of 3 to 32 letters, digits, _ or -", _collection, example="ai-cache")
TABLE = Scalar("the name of a table, also schema.table", _table, example="ai_cache")
WHOLE_TEMPLATE = Scalar("text that is JSON, with %s in it", parse_whole, lambda template: template.source)
STREAM_TEMPLATE = Scalar("text of events, with %s in it", parse_stream, lambda template: template.source)
HEADER_NAME = Scalar("the name of a header", parse_header_name)
REDIS_URL = Scalar(
    "a URL such as redis://127.0.0.1:6379/0",
    parse_redis_url,
    secret=True,
    example="redis://127.0.0.1:6379/0",
)
POSTGRES_URL = Scalar(
    "a URL such as postgresql://127.0.0.1:5432/postgres",
    parse_postgres_url,
    secret=True,
    example="postgresql://127.0.0.1:5432/postgres",
)
