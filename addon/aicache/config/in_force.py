"""The settings in force, each with its origin, for a person to read: no secret is shown. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aicache.config.origins import Origin
from aicache.config.redis_url import redacted
from aicache.config.scalars import HTTP_URL, POSTGRES_URL, REDIS_URL, Scalar
from aicache.config.schema import ListOf, Section, Setting, settings
from aicache.config.values import Config

DEFAULT = "default"
ADJUSTED = "adjusted at the start: by mitmproxy's options, or to a worker's share"
SECRET = "***"
UNSHOWN = ("cassette.redact",)
"""Keys whose values may quote what they keep out of sight."""


@dataclass(frozen=True, slots=True)
class SettingInForce:
    key: str
    value: str
    """As it is written in YAML, but without quotes unless it is empty. `SECRET` stands for a secret; a variable's name
    for the text that it was filled into, and for the rest of a URL after the host."""
    origin: str
    is_default: bool
    meaning: str


def describe(config: Config, origins: Mapping[str, Origin], read: Config | None = None) -> list[SettingInForce]:
    """Return every setting, in the order of the documentation.

    *read*: the configuration as it was read, if *config* has been adjusted since.
    """
    before = {} if read is None else {key: value for key, _, value in _values(read, "")}
    found = []
    for key, setting, value in _values(config, ""):
        origin = origins.get(key)
        is_adjusted = read is not None and before.get(key) != value
        place = DEFAULT if origin is None else origin.place
        if origin is not None and origin.variables:
            place += f", with {', '.join(origin.variables)}"
        shown = _show(key, setting, value, () if origin is None else origin.variables)
        is_default = origin is None and not is_adjusted
        found.append(SettingInForce(key, shown, ADJUSTED if is_adjusted else place, is_default, setting.meaning))
    return found


def _values(section: Any, path: str) -> Iterator[tuple[str, Setting, Any]]:
    cls: type = type(section)
    for setting in settings(cls):
        value = getattr(section, setting.attribute)
        if isinstance(setting.shape, Section) and value is not None:
            yield from _values(value, f"{path}{setting.name}.")
        else:
            yield path + setting.name, setting, value


def _show(key: str, setting: Setting, value: Any, variables: tuple[str, ...]) -> str:
    if value is None:
        return "null"
    match setting.shape:
        case Scalar() as scalar:
            return _show_scalar(scalar, value, variables)
        case ListOf(scalar):
            if key in UNSHOWN:
                return f"[{SECRET}]" if value else "[]"
            return f"[{', '.join(_show_scalar(scalar, item, variables) for item in value)}]"
        case Section():
            raise TypeError(f"{key}: a section without keys")


def _show_scalar(scalar: Scalar, value: Any, variables: tuple[str, ...]) -> str:
    text = scalar.show(value)
    if scalar in (REDIS_URL, POSTGRES_URL):  # whose paths are a database or a socket
        return redacted(text)
    if scalar.secret:
        return SECRET
    filled_in = ", ".join(f"${{{name}}}" for name in variables)
    if scalar == HTTP_URL and "://" in text:
        return f"{_server(redacted(text))}, with {filled_in}" if filled_in else redacted(text)
    if filled_in and scalar.yaml_style == "text":  # a text from the environment may be anything
        return filled_in
    if "://" in text:
        return redacted(text)
    return text or '""'


def _server(url: str) -> str:
    """Return a URL as far as its host: gateways take keys in the path, too."""
    scheme, found, rest = url.partition("://")
    return scheme + found + rest.partition("/")[0]
