"""English words around a noun. Data only; standard grammar."""

from __future__ import annotations

BEFORE_NOUNS = "my your our his her their its this that these those some any no every each s and or be"
"""Words behind which a noun has no article."""

QUANTIFIERS = "all every each both one some any most many few"

AFTER_ASKED = "should do can could did will would must may shall"
"""Verbs that have one form for one and for several."""

PROGRESSIVE = "is are am was were being been be"
"""Words before a verb in -ing by which something goes on."""

PERFECT = "have has had get got gets not"
"""Words behind which a participle is no past tense."""

HAVING = "get gets got have has had having getting"
"""Verbs with which one has something done."""

MEANING = "mean means meaning meant definition define"
"""Words with which it is asked what a word means."""

AFTER_WHAT_IS = "used made for like worth composed called good"
"""Words behind a noun of which more is asked than what it means: what is an iron used for."""

IDIOMS = """
have/words has/words had/words having/words take/turns taking/turns take/sides taking/sides take/pains change/hands
changing/hands shake/hands shaking/hands make/friends making/friends make/waves make/ends draw/lots pull/strings
hit/books cross/fingers get/nerves see/sights show/ropes do/wonders talk/terms come/terms make/amends play/games
"""
"""Verbs with a plural with which they say something else than with a singular: have words, have a word."""
