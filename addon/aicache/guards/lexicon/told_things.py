"""English words that tell of which or of how many things something is asked. Data only; standard grammar."""

from __future__ import annotations

UNIVERSAL = "all every each both"

GIVING = "give show find list name tell read suggest recommend send get bring open play"
"""Commands with which one thing is asked for, or all of them."""

ASKED = "when who whom whose where what why which that"
"""Words with which begins what one finds out."""

WANTING = "want need would like have wish am"
"""Words behind "if I" with which a condition only says what is asked for."""

PERHAPS = "might may could would should must"
"""Verbs before "have" that tell that it may have been."""
