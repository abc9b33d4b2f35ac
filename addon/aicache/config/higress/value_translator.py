"""Translates single values of a Higress configuration to ours, and collects notes and problems. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from urllib.parse import quote

from aicache.config.higress.file import CaselessMapping
from aicache.config.reader import expand_variables, show_text
from aicache.config.scalars import show_duration
from aicache.config.translation import Carried

MAX_TIMEOUT_S = 30.0  # seconds that a timeout may be

_REGISTRY = re.compile(r"\.(static|dns|nacos|consul|eureka|zookeeper|direct)$")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\]")
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}")


class Carrier:
    """Collects translated settings, problems and notes. A placeholder replaces a wrong value, so that the rest can
    still be checked."""

    def __init__(self, source: str, env: Mapping[str, str]) -> None:
        self._source = source
        self._env = env
        self.carried: list[Carried] = []
        self.problems: list[tuple[int, str]] = []
        self.notes: list[str] = []
        self.longest_wait = 0.0
        """Sum of all timeouts, in seconds."""

    def carry(self, key: str, text: str, names: CaselessMapping, name: str) -> None:
        self.carried.append(Carried(key, text, names.key(name), names.line_of(name)))

    def problem(self, names: CaselessMapping, name: str, words: str) -> None:
        self.problems.append((names.line_of(name), f"{names.key(name)}: {words}"))

    def note(self, names: CaselessMapping, name: str, words: str) -> None:
        self.note_at(names.line_of(name), f"{names.key(name)}: {words}")

    def note_at(self, line: int, words: str) -> None:
        self.notes.append(f"{words} ({self._source} line {line})")

    def required(self, key: str, names: CaselessMapping, name: str, what: str, variable: str, suffix: str = "") -> None:
        """Carry a text that there must be; *variable* is the environment variable that stands for a missing one."""
        if text := names.text(name):
            self.carry(key, f"{text}{suffix}", names, name)
            return
        self.problem(names, name, f"missing: write {what}")
        line, shown = names.line_of(name), f"${{{variable}}}{suffix}"
        self.carried.append(Carried(key, f"unknown{suffix}", names.key(name), line, shown, missing=variable))

    def secret(self, key: str, names: CaselessMapping, name: str, variable: str) -> None:
        """Carry a secret; *variable* is the environment variable that it belongs in if the file has it literally."""
        text = names.text(name)
        if not text:
            self.problem(names, name, f"missing: write ${{{variable}}}, and set that in the environment to the key")
        shown, remark = reference(names, name, variable) if text else (f"${{{variable}}}", "")
        self.carried.append(
            Carried(
                key,
                text or "unknown",
                names.key(name),
                names.line_of(name),
                shown,
                remark,
                missing="" if text else variable,
            )
        )

    def filled(self, names: CaselessMapping, name: str) -> str:
        """Return a text with variables replaced, as it may stand in a URL."""
        try:
            return quote(expand_variables(names.text(name), self._env), safe="")
        except ValueError as exc:
            self.problem(names, name, str(exc.args[0]))
            return ""

    def timeout(self, key: str, names: CaselessMapping) -> None:
        """Carry a timeout; without one our default applies: Higress's 10 s is too long to wait for a cache."""
        if milliseconds := self.whole(names, "timeout", 0, math.inf):
            seconds = min(milliseconds / 1000, MAX_TIMEOUT_S)
            self.longest_wait = max(self.longest_wait, seconds)
            self.carry(key, show_duration(seconds), names, "timeout")

    def whole(self, names: CaselessMapping, name: str, least: int, most: float) -> int | None:
        """Return an int, 0 if it is missing, None if it is wrong."""
        value = self.number(names, name)
        if value is None or not names.text(name):
            return None if value is None else 0
        if value.is_integer() and least <= value <= most:
            return int(value)
        bounds = f"of at least {least}" if math.isinf(most) else f"from {least} to {most}"
        self.problem(names, name, f"{show_text(names.text(name))} is not a whole number {bounds}")
        return None

    def number(self, names: CaselessMapping, name: str) -> float | None:
        """Return a float, 0 if it is missing, None if it is wrong."""
        text = names.text(name)
        if "${" in text:
            self.problem(names, name, "a number must be written out: only text is filled in from the environment")
            return None
        try:
            value = float(text or 0)
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
        self.problem(names, name, f"{show_text(text)} is not a number")
        return None

    def host(self, names: CaselessMapping, likely: str) -> str | None:
        """Return the host of a service, None if it is missing or wrong; *likely* is what the problem proposes.

        A name in Higress's registry is not a host.
        """
        host, name = names.text("serviceHost"), names.text("serviceName")
        way_out = f"write {names.path}serviceHost: {likely}, or wherever it is"
        if host:
            if "${" in host or _HOST.fullmatch(host):
                return host
            self.problem(names, "serviceHost", f"is not a host name: {way_out}, and the port as servicePort")
        elif not name:
            self.problem(names, "serviceHost", f"missing: {way_out}")
        elif _REGISTRY.search(name):
            self.problem(
                names, "serviceName", f"{show_text(name)} is known in Higress's registry only, it is no host: {way_out}"
            )
        elif not _HOST.fullmatch(name):
            self.problem(names, "serviceName", f"is not a host name: {way_out}")
        else:
            self.note(names, "serviceName", f"{show_text(name)} is taken for a host; where that is wrong, {way_out}")
            return name
        return None


def reference(names: CaselessMapping, name: str, variable: str) -> tuple[str, str]:
    """Return the replacement of a secret, and a remark if the environment needs a variable."""
    secret = names.text(name)
    if not secret:
        return "", ""
    if found := _REFERENCE.fullmatch(secret):
        variable = found[1]
        if not found[2]:
            return secret, ""
    return f"${{{variable}}}", f"{variable}: set it in the environment to what {names.key(name)} holds"
