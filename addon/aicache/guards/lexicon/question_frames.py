"""English words that tell what is asked of the same thing. Data only; standard grammar."""

from __future__ import annotations

STATES = "is are was were has have had did do does"
"""Verbs with which it is asked whether something is so, or was done."""

VERBS = f"{STATES} am can could should would will must may might"
"""Verbs that stand before their subject in a question."""

HAPPENING = "happen happens happened happening"

FINDING_OUT = "know tell check see verify confirm determine sure out find ensure"
"""Words before what one finds out: if it is so, who did it."""
CONDITIONS = "if when then"

TIMES = """
day days week month year hour minute second morning afternoon evening night weekend weekday
monday tuesday wednesday thursday friday saturday sunday
"""
"""Times that come again."""

BEFORE_RATES = "a an per each every any one single s"
"""Words with which a time tells how often as well: twice a day."""

OBJECTS = "me you him her us them it"
REFLEXIVES = "myself yourself himself herself itself ourselves themselves yourselves"
FIRST_PERSONS, SECOND_PERSONS = "me us myself ourselves", "you yourself yourselves"

POINTING = "it this that these those he she they there"
"""Words with which it is asked what one of a kind is: what color is it."""

OF_NOW = "time date day weather matter point score news temperature problem plan menu traffic occasion"
"""Nouns that behind "the" are those of here and now: what is the time, what is time."""

INSTITUTIONS = "school prison jail church hospital college university court bed sea class town"
"""Nouns that without an article tell what one does there: go to prison."""

BEFORE_INSTITUTIONS = "to in at from into"
CERTAIN = "the this that my your our his her their its"
"""Words with which a noun names one that is known."""

MASS_NOUNS = """
business paper light iron glass room space wood tin air play game sound matter language law life death work study power
art nature experience time science religion philosophy drama comedy
"""
"""Nouns that name a substance or an idea, and with "a" a thing: what is paper, what is a paper."""
