"""English words that a question may have more without asking for more. Data only; written for this project."""

from __future__ import annotations

SOFT = frozenset(
    """
use using used help give given think say tell something anything while quick quickly actual actually exact exactly
certain certainly right great mean find get take tip tips step steps reason happen happening happened see look feel know
come comes become create make really easily effectively efficiently properly fast quite own available current currently
nice cool good possible people person someone somebody start begin try trying different various particular specific need
needed able want go going keep put let seem consider possibly successfully correctly completely kind type sort example
examples idea ideas suggestion recommend suggest explain describe please now then already still ever just probably
""".split()
)
