"""English words that tell who does something and whom it is done to. Data only; standard grammar."""

from __future__ import annotations

PERSONS = """
i me my mine we us our ours myself ourselves
you your yours yourself yourselves
he him his himself
she her hers herself
they them their theirs themselves
someone somebody anyone anybody
"""
"""Words for one person a line, whatever their part in the sentence is."""

SUBJECTS = "i we he she they"
OBJECTS = "me us him them"
OWNED = "mine yours hers ours theirs"
"""What stands for a thing by its owner."""

OWNERS = "my your our his her their"
RELATIVES = "who whom whose"
BEFORE_OBJECTS = "to from for with at about"
"""Prepositions that an object follows."""

CONDITIONS = "if when while because before after until unless"
"""Words that begin a clause, which tell when or in which case."""

CAUSING = "make makes making let lets allow allows"
"""Verbs with which someone has another one do something: make my card work."""

CAUSED = f"{OWNERS} {OBJECTS} the it you someone people"
"""Words that begin the object of such a verb; "a" more often begins what is made."""

BE = "is are was were am be been being get gets got getting"
"""Verbs of the passive, with "get"."""

BECOMING = "be become becomes becoming being like"
ACQUIRING = "get find have make meet know see"
"""Verbs behind which a noun names another one, where it names oneself behind "to be"."""

GENERIC_BEFORE = """
do can could should would will did must may might am are to how have where what
"""
"""Words behind which "I" or "you" is anyone: how do I, where can you."""

GENERIC_BEFORE_ANYONE = "can could should would does did has"
"""Words behind which "someone" is anyone: how can someone."""

OBLIGED = "do does did must should"
"""Verbs with which it is asked whether one has to."""

CONJUNCTIONS = "and but so because that if or now since as then well"
"""Words that may stand before a courtesy."""

WHETHER = "me know see sure wonder wondering check asking out whether"
"""Words behind which "if" begins what is asked, and no condition."""

POSSIBLE = "possible ok okay safe legal allowed"
"""Words with which it is asked whether something may be: is it possible to."""

AUXILIARIES = "is are was were do does did can could should would will has have had may must am"
"""Verbs with which a question for yes or no begins."""
