"""English words with which questions and commands begin, and what they ask by them. Data only; standard grammar."""

from __future__ import annotations

WAYS = "steps step do done process procedure needed required"
"""Words behind "what" that before "to" ask how something is done: what steps do I take to."""

OTHER_QUESTIONS = "when why who whose"
AMOUNTS = "long often many much far soon old"
"""Words behind "how" that ask for an amount."""

PAST = "was were has have had did"
ABLE = "can could may might"
DUTY = "should must supposed ought"
"""Verbs of questions that ask for what was, for what may be, and for what has to be."""

VERBS = f"is are am do does will would {PAST} {ABLE} {DUTY}"

AFTER_WHAT_IS = "for good used about made of from worth called"
"""Words at the end with which more is asked than what something is."""

TELLING = "show list check tell find see give read get look open display what"
"""Commands with which one only wants to know."""

HAVING = """
do i have / have i got / is there / are there
"""
"""Openings with which it is asked whether there is something."""
