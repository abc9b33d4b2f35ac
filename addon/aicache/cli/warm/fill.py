"""One source after the other put into the cache, with what became of each."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from mitmproxy.http import HTTPFlow

from aicache.cli.progress import Progress, gauge
from aicache.cli.warm.backends import Opened
from aicache.cli.warm.caller_overrides import Adapted
from aicache.cli.warm.question_exchange import Asking
from aicache.cli.warm.records import Broken, Found, SourceError
from aicache.cli.warm.sources import is_export, records
from aicache.config import Credential
from aicache.domain.caller_identity import CREDENTIAL_PARAMETERS
from aicache.domain.ports import StoreError
from aicache.domain.request_fields import FieldRole, FieldRules, field_role
from aicache.maintenance import EntryTransfer
from aicache.proxy.recorded_flows import answered_at
from aicache.proxy.warmup import Tally, Warmup

NO_CALLER = "no API key: for callers that have one give --api-key, for others --no-key"
BROKEN_SHOWN = 10  # of each source
SHOWN_EVERY = 0.1  # seconds between two looks at how far it is
_BLANKED = re.compile(r"redacted|filtered|dummy|placeholder|scrubbed|\*{3}|x{6}|<[^>]*>|\[[^\]]*\]", re.I)


@dataclass(slots=True)
class Result:
    """What became of one source."""

    source: str
    tally: Tally
    read: int = 0
    """Records, the broken ones included."""
    broken: int = 0
    problem: str | None = None
    """Why it could not be read, or not to its end."""


class Filling:
    """Puts sources into the cache until it is told to `stop`, which it does between two records."""

    def __init__(
        self, parts: Opened, asking: Asking, adapted: Adapted, *, prefix: str, keyless: bool, from_now: bool
    ) -> None:
        self.stopped = False
        self._parts, self._asking, self._adapted = parts, asking, adapted
        self._prefix, self._keyless, self._from_now = prefix, keyless, from_now

    def stop(self) -> None:
        self.stopped = True

    async def fill(self, source: str) -> Result:
        """Put one source into the cache; what is wrong with it is said, and no reason not to go on with the next."""
        return await (self._bring(source) if is_export(source) else self._fill(source))

    async def _bring(self, source: str) -> Result:
        """Take the entries that another cache has exported, which are as its settings made them."""
        result = Result(source, Tally())
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

    async def _fill(self, source: str) -> Result:
        warming = Warmup(self._parts)
        result = Result(source, warming.tally)
        progress, shown = Progress(f"{_shown(source)}: opening"), 0.0
        progress.show()
        try:
            for record in records(source, self._asking, self._prefix):
                if self.stopped:
                    break
                result.read += 1
                if (now := time.monotonic()) - shown > SHOWN_EVERY:
                    shown = now
                    progress.doing = f"{_shown(source)} {_far(record)}, {warming.tally.imported.stored} stored"
                    progress.show()
                if isinstance(record, Broken):
                    result.broken += 1
                    progress.clear()
                    _complain(record, result.broken)
                else:
                    await self._take(record, warming)
                await asyncio.sleep(0)  # signals are heard between records
        except SourceError as exc:
            progress.clear()
            result.problem = str(exc)
            print(f"warm: {exc}", file=sys.stderr)
        await warming.finish()
        progress.clear()
        return result

    async def _take(self, found: Found, warming: Warmup) -> None:
        self._adapted.apply(found.flow)
        owned = isinstance(self._parts.settings.scope, Credential)
        if owned and not (self._keyless or found.faithful or _has_key(found)):
            warming.tally.skipped[NO_CALLER] += 1
            return
        if self._from_now:
            _answered_now(found.flow)
        await warming.add(found.flow, dated=found.dated and not self._from_now)


def _answered_now(flow: HTTPFlow) -> None:
    """Move a flow in time as a whole, so that its answer has come just now."""
    later = time.time() - answered_at(flow)
    for message in (flow.request, flow.response):
        if message is not None:
            message.timestamp_start += later
            message.timestamp_end = None if message.timestamp_end is None else message.timestamp_end + later


def _has_key(found: Found) -> bool:
    """Tell whether a request has a credential that was not blanked out when it was recorded."""
    request = found.flow.request
    names = {name.lower() for name in request.headers}
    values = [
        request.headers[name]
        for name in names
        if field_role(name, "", FieldRules()) in (FieldRole.CALLER, FieldRole.BOTH)
    ]
    values += [value for name, value in request.query.items(multi=True) if name.lower() in CREDENTIAL_PARAMETERS]
    return any(value.strip() and not _BLANKED.search(value) for value in values)


def _complain(broken: Broken, number: int) -> None:
    if number <= BROKEN_SHOWN:
        print(f"warm: {broken.place.name}: {broken.why}", file=sys.stderr)
    elif number == BROKEN_SHOWN + 1:
        print("warm: and more like these, which are counted at the end", file=sys.stderr)


def _far(record: Found | Broken) -> str:
    done, total = record.place.done, record.place.total
    return f"{gauge(done, total)} {100 * min(done, total) // max(total, 1)} %"


def _shown(source: str) -> str:
    return source.rpartition("/")[2] if "://" not in source else source.rpartition("@")[2]
