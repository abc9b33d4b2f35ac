"""The embedded index in an environment that leaves libraries one thread, as that of several workers does.

Arrow, within zvec, then has one thread, in which now and then a search waits for ever for another part of itself. That
is a race: of five seconds of searches between writes and flushes, half hung.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
SEEN_BY_ARROW = "import os; print(os.environ['OMP_NUM_THREADS'], os.environ.get('OMP_THREAD_LIMIT'))"


@pytest.mark.parametrize("module", ["aicache.adapters.vectors.zvec_library", "aicache.cli.workers.__main__"])
def test_arrow_has_more_than_one_thread_where_other_libraries_have_one(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import {module}; {SEEN_BY_ARROW}"],
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout.split() == ["4", "None"]
