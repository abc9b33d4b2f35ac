"""Imports and configures the library zvec, once per process."""

from __future__ import annotations

import contextlib
from typing import Any

from aicache.adapters.vectors.zvec_check_main import set_arrow_threads
from aicache.domain.ports import StoreError

_configured = False

set_arrow_threads()  # already now: no other thread may read the environment meanwhile


def import_zvec() -> Any:
    """Import zvec (0.5 s, so not on the loop); configure it, once per process, for one thread and no log."""
    try:
        import zvec
    except ImportError as exc:
        raise StoreError("zvec: not installed; configure semantic.index, or set semantic.enabled: false") from exc
    global _configured
    if not _configured:
        with contextlib.suppress(ImportError):
            from threadpoolctl import threadpool_limits

            threadpool_limits(1, "blas")  # numpy's products, too: the other cores have other work
        with contextlib.suppress(RuntimeError):
            zvec.init(query_threads=1, optimize_threads=1, log_level=zvec.LogLevel.FATAL)
        _configured = True
    return zvec
