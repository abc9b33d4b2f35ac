"""The table of `.github/docs/deployment.md` that tells what the health probes say when something fails."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deploy.files import ROOT, text

STARTS = "nothing yet: the proxy starts"
NO_REDIS, NO_WRITES = "Redis, or the embedded Valkey", "Redis refuses writes, the disk is full"
NO_EMBEDDER, NO_INDEX, NO_INDEX_WRITES = "the embedder", "the vector index", "the vector index refuses writes"
NO_JUDGE, NO_UPSTREAM = "the judge model", "the upstream"
MISTAKES, ENDS, HANGS = "a changed configuration has mistakes", "the proxy ends", "the proxy hangs"
ALL = (
    *(STARTS, NO_REDIS, NO_WRITES, NO_EMBEDDER, NO_INDEX, NO_INDEX_WRITES),
    *(NO_JUDGE, NO_UPSTREAM, MISTAKES, ENDS, HANGS),
)


@dataclass(frozen=True)
class Probes:
    """The status of each probe, None without a response, and the components named as degraded."""

    live: int | None
    ready: int | None
    degraded: tuple[str, ...] = ()


def documented() -> dict[str, Probes]:
    """Return what the table says of each failure."""
    page = text(ROOT / ".github" / "docs" / "deployment.md")
    rows = re.findall(r"^\| ([^|]+) \| (200|none) \| (200|503|none) \| ([^|]+) \|", page, re.MULTILINE)
    return {
        what: Probes(_status(live), _status(ready), tuple(re.findall(r"`([^`]+)`", degraded)))
        for what, live, ready, degraded in rows
    }


def _status(word: str) -> int | None:
    return None if word == "none" else int(word)
