"""The dashboard's JSON API: figures and entries to read, and changes to entries. Raises ValueError and StoreError."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec
from mitmproxy.http import HTTPFlow

from aicache.config import in_force
from aicache.dashboard import latest_requests_api, savings_report
from aicache.dashboard.entries_api import EntriesApi, with_timeout
from aicache.dashboard.latest_requests_api import Wanted, parse_wanted
from aicache.dashboard.overview import overview
from aicache.domain.caller_digests import CallerMatcher
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.telemetry.observability import Observability
from aicache.telemetry.savings_store import MONTHS
from aicache.telemetry.timeline import STEPS_BY_WINDOW_S
from aicache.ui.bypass import switch_bypass
from aicache.ui.command_actions import FILE_PREFIX

MAX_BODY_BYTES = 64 * 1024
PURGE_TIMEOUT_S = 300.0
"""Time limit for a purge of one caller, which reads all entries."""

_ENTRY = re.compile(r"api/entries/([0-9a-f]{40})(?:/(purge|pin|unpin|wrong))?")
_CURSOR = re.compile(r"(?:[\w.:\[\]-]{1,255}/)?(\d{0,20})", re.ASCII)  # of one server, or of one node of a cluster
_KEY_PREFIX = re.compile(r"[0-9a-f]{4,40}")


class NotFound(Exception):
    """There is nothing at this path, or not for this method."""


@dataclass(frozen=True, slots=True)
class Csv:
    """A table to be saved as a file."""

    name: str
    content: bytes


class Api:
    """Answers with plain values; *path* is what follows `ROOT` and a slash."""

    def __init__(self, observability: Observability) -> None:
        self._observability = observability

    async def read(self, path: str, flow: HTTPFlow) -> Any:
        if path == "api/overview":
            window = flow.request.query.get("window", str(min(STEPS_BY_WINDOW_S)))
            if window not in map(str, STEPS_BY_WINDOW_S):
                raise ValueError(f"window: one of {', '.join(map(str, STEPS_BY_WINDOW_S))}")
            figures = await self._observability.collect(True)
            shown = overview(figures, self._observability.config, int(window))
            return shown | {"bypass": self._observability.bypassed}
        if path == "api/requests":
            return await self._find_latest(Wanted(flow.request.query.get("outcome", "")))
        if path == "api/settings":
            return self._settings()
        if path == "api/models":
            return await with_timeout(self._entries_api.count_by_model())
        if path in ("api/savings", "api/savings.csv"):
            return await with_timeout(self._savings(path, flow.request.query.get("month")))
        found = _ENTRY.fullmatch(path)
        if found is None or found[2] is not None:
            raise NotFound
        if (entry := await with_timeout(self._entries_api.read(found[1]))) is None:
            raise NotFound
        return entry

    async def change(self, path: str, flow: HTTPFlow) -> Any:
        if path == "api/search":  # no change, but a question must not be in a URL
            return await with_timeout(self._search(_body(flow)))
        if path == "api/requests":  # nor is this one a change
            return await self._find_latest(parse_wanted(_body(flow)))
        if path == "api/callers/purge":
            caller, sure = self._parse_purge(_body(flow))
            flow.request.raw_content = b""  # it may hold a caller's key, which must not be shown or saved with the flow
            return await with_timeout(self._entries_api.purge_caller(caller, sure=sure), PURGE_TIMEOUT_S)
        if path == "api/bypass":
            switch_bypass(self._observability, on=_parse_switch(_body(flow)))
            return {"bypass": self._observability.bypassed}
        if (found := _ENTRY.fullmatch(path)) and found[2] is not None:
            return {"done": await with_timeout(self._entries_api.change(found[1], found[2]))}
        raise NotFound

    async def _find_latest(self, wanted: Wanted) -> Any:
        found = await self._observability.find_latest(wanted.outcome, wanted.text)
        return latest_requests_api.to_document(found, texts=self._observability.config.log.text)

    def _settings(self) -> Any:
        config, loaded = self._observability.config, self._observability.loaded()
        return {"settings": in_force.describe(config, loaded.origins, loaded.config)}

    async def _savings(self, path: str, month: str | None) -> Any:
        accountant = self._observability.accountant
        if month is not None and not accountant.is_month(month):
            raise ValueError(f"month: one of the last {MONTHS}, such as {accountant.current_month}")
        month = month or accountant.current_month
        accounts = await accountant.accounts(month)
        if path.endswith(".csv"):
            return Csv(f"savings-{month}.csv", savings_report.to_csv(accounts))
        return savings_report.to_document(await accountant.months(), month, accounts)

    def _parse_purge(self, document: Any) -> tuple[CallerMatcher, bool]:
        match document:
            case {"caller": str(who)} if who.startswith(FILE_PREFIX):
                raise ValueError("caller: file:PATH is read by the command aicache.purge.caller alone")
            case {"caller": str(who), "purge": bool(sure)}:
                return self._observability.resolve_caller(who), sure
            case {"caller": str(who)} if "purge" not in document:
                return self._observability.resolve_caller(who), False
            case _:
                raise ValueError("a caller (a key as it is, or the name shown with an entry), and purge: true or false")

    async def _search(self, query: Any) -> Any:
        match query:
            case {"key": str(key)}:
                if not _KEY_PREFIX.fullmatch(key.strip().lower()):
                    raise ValueError("key: 4 to 40 hex digits")
                return await self._entries_api.find_by_key(key.strip().lower())
            case {"like": str(text), "similarity": int() | float() as similarity} if text.strip():
                return await self._entries_api.find_similar(text.strip()[:MAX_BODY_BYTES], float(similarity))
            case {"contains": str(text), "cursor": str(cursor)} if text.strip() and _is_cursor(cursor):
                return await self._entries_api.find_text(text.strip()[:MAX_BODY_BYTES], cursor)
            case {"cursor": str(cursor)} if _is_cursor(cursor):
                return await self._entries_api.page(cursor)
            case _:
                raise ValueError(
                    "search: a key; like and similarity; contains and a cursor; or a cursor that was given"
                )

    @property
    def _entries_api(self) -> EntriesApi:
        engine: Engine | None = self._observability.engine()
        if engine is None:
            raise StoreError("the cache has not started")
        return EntriesApi(engine)


def _is_cursor(text: str) -> bool:
    """Tell whether a store may have returned it: any other would count as a failure of the store."""
    found = _CURSOR.fullmatch(text)
    return found is not None and int(found[1] or 0) < 1 << 64


def _parse_switch(document: Any) -> bool:
    match document:
        case {"on": bool(on)}:
            return on
        case _:
            raise ValueError("bypass: on: true or false")


def _body(flow: HTTPFlow) -> Any:
    body = flow.request.raw_content or b""
    if len(body) > MAX_BODY_BYTES:
        raise ValueError(f"more than {MAX_BODY_BYTES} bytes")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise ValueError("not JSON") from None
