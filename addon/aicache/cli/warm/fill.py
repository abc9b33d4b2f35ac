"""Fills the cache from sources, one after the other, and counts the results of each."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from mitmproxy.http import HTTPFlow

from aicache.cli.progress import Progress, gauge
from aicache.cli.warm.backends import OpenCache
from aicache.cli.warm.caller_overrides import CallerOverrides
from aicache.cli.warm.question_exchange import RequestDefaults
from aicache.cli.warm.records import BrokenRecord, FlowRecord, SourceError
from aicache.cli.warm.sources import is_export, read_records
from aicache.config import Credential
from aicache.domain.caller_identity import CREDENTIAL_PARAMETERS
from aicache.domain.ports import StoreError
from aicache.domain.request_headers import FieldRole, FieldRules, field_role
from aicache.maintenance import EntryTransfer
from aicache.proxy.cache_warming import Tally, Warmup
from aicache.proxy.recorded_flows import answered_at

NO_API_KEY = "no API key: for callers that have one give --api-key, for others --no-key"
MAX_BROKEN_SHOWN = 10  # per source
PROGRESS_INTERVAL_S = 0.1
_REDACTED_VALUE = re.compile(r"redacted|filtered|dummy|placeholder|scrubbed|\*{3}|x{6}|<[^>]*>|\[[^\]]*\]", re.I)


@dataclass(slots=True)
class SourceResult:
    """The results of one source."""

    source: str
    tally: Tally
    read: int = 0
    """Number of records, including broken ones."""
    broken: int = 0
    problem: str | None = None
    """The reason if the source could not be read, or not completely."""


class CacheFiller:
    """Fills the cache from sources; `stop` ends it after the current record."""

    def __init__(
        self,
        parts: OpenCache,
        defaults: RequestDefaults,
        overrides: CallerOverrides,
        *,
        prefix: str,
        keyless: bool,
        from_now: bool,
    ) -> None:
        self.stopped = False
        self._parts, self._request_defaults, self._overrides = parts, defaults, overrides
        self._prefix, self._keyless, self._from_now = prefix, keyless, from_now

    def stop(self) -> None:
        self.stopped = True

    async def fill(self, source: str) -> SourceResult:
        """Store the answers of one source. Its errors are printed, and do not prevent the next source."""
        return await (self._import_export(source) if is_export(source) else self._add_records(source))

    async def _import_export(self, source: str) -> SourceResult:
        """Import entries that another cache exported. They keep the keys that its settings gave them."""
        result = SourceResult(source, Tally())
        try:
            taken = result.tally.imported = await EntryTransfer(self._parts.engine).import_file(Path(source))
            result.read, result.broken = (
                taken.stored + taken.not_newer + taken.expired + taken.unreadable,
                taken.unreadable,
            )
        except (OSError, ValueError, StoreError) as exc:
            result.problem = f"{source}: {exc}"
            print(f"warm: {result.problem}", file=sys.stderr)
        return result

    async def _add_records(self, source: str) -> SourceResult:
        warming = Warmup(self._parts)
        result = SourceResult(source, warming.tally)
        progress, shown = Progress(f"{_short_name(source)}: opening"), 0.0
        progress.show()
        try:
            for record in read_records(source, self._request_defaults, self._prefix):
                if self.stopped:
                    break
                result.read += 1
                if (now := time.monotonic()) - shown > PROGRESS_INTERVAL_S:
                    shown = now
                    progress.task = (
                        f"{_short_name(source)} {_format_position(record)}, {warming.tally.imported.stored} stored"
                    )
                    progress.show()
                if isinstance(record, BrokenRecord):
                    result.broken += 1
                    progress.clear()
                    _print_broken(record, result.broken)
                else:
                    await self._add_record(record, warming)
                await asyncio.sleep(0)  # let signal handlers run
        except SourceError as exc:
            progress.clear()
            result.problem = str(exc)
            print(f"warm: {exc}", file=sys.stderr)
        await warming.finish()
        progress.clear()
        return result

    async def _add_record(self, record: FlowRecord, warming: Warmup) -> None:
        self._overrides.apply(record.flow)
        owned = isinstance(self._parts.settings.scope, Credential)
        if owned and not (self._keyless or record.headers_as_sent or _has_key(record)):
            warming.tally.skipped[NO_API_KEY] += 1
            return
        if self._from_now:
            _shift_to_now(record.flow)
        await warming.add(record.flow, dated=record.dated and not self._from_now)


def _shift_to_now(flow: HTTPFlow) -> None:
    """Shift all times of a flow so that its answer ends now."""
    shift = time.time() - answered_at(flow)
    for message in (flow.request, flow.response):
        if message is not None:
            message.timestamp_start += shift
            message.timestamp_end = None if message.timestamp_end is None else message.timestamp_end + shift


def _has_key(record: FlowRecord) -> bool:
    """Return whether a request has a credential that was not redacted when it was recorded."""
    request = record.flow.request
    names = {name.lower() for name in request.headers}
    values = [
        request.headers[name]
        for name in names
        if field_role(name, "", FieldRules()) in (FieldRole.CALLER, FieldRole.BOTH)
    ]
    values += [value for name, value in request.query.items(multi=True) if name.lower() in CREDENTIAL_PARAMETERS]
    return any(value.strip() and not _REDACTED_VALUE.search(value) for value in values)


def _print_broken(broken: BrokenRecord, number: int) -> None:
    if number <= MAX_BROKEN_SHOWN:
        print(f"warm: {broken.position.name}: {broken.reason}", file=sys.stderr)
    elif number == MAX_BROKEN_SHOWN + 1:
        print("warm: more broken records follow; the table at the end has their number", file=sys.stderr)


def _format_position(record: FlowRecord | BrokenRecord) -> str:
    done, total = record.position.done, record.position.total
    return f"{gauge(done, total)} {100 * min(done, total) // max(total, 1)} %"


def _short_name(source: str) -> str:
    return source.rpartition("/")[2] if "://" not in source else source.rpartition("@")[2]
