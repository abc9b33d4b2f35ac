"""English words beside verbs. Data only; standard grammar."""

from __future__ import annotations

BEFORE_VERBS = "i you we he she they to one"
"""What stands directly before a verb: who does it, or "to"."""

PERSONS = "i you we he she they someone"

SILENT = "a an the not my your our"
"""What is left out where the neighbors of a verb are compared."""

DEGREES = "top better best worse worst most"
"""Words behind "which" that are no thing: which best phone."""

MAKING = "make makes made making keep keeps kept keeping let lets letting"
"""Verbs with which something is made so: make photos look better, keep a tent warm."""
