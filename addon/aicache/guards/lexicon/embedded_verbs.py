"""English words around another verb, which tell who does it, or who says so. Data only; standard grammar."""

from __future__ import annotations

BEFORE_INFINITIVES = """
ask asks asked asking want wants wanted wanting tell tells told telling invite invites invited inviting expect expects
expected expecting remind reminds reminded reminding
"""
"""Verbs behind which "to" tells what one does oneself, and behind a noun what another one does: ask him to call."""

SAYING = "they people some experts scientists doctors friends"
HEARSAY = "supposedly apparently allegedly reportedly rumored rumoured"
"""Who says so, and words that it is only said."""

NEEDING = "need needs needed"
"""Verbs behind which "to" says what one does, and a verb in -ing what is done to one."""

AFTER_LIGHT_VERBS = "a an the my your our some this that"
"""Words with which the object of "do" or "make" begins."""
