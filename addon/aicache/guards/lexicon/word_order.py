"""English words that may stand elsewhere in a sentence without saying something else. Data only."""

from __future__ import annotations

SILENT = "a an the please"

SUPPORT = "do does did"
"""Verbs that only carry a question or a negation."""

INVERTED = "is was have can could should would will shall must may might"
"""Verbs that stand before their subject in a question, and behind it elsewhere."""

ADVERBS = """
still yet now then also too already however always usually often currently recently suddenly finally later soon
again online today ever first actually quickly slowly easily effectively instantly automatically really probably
"""
"""Adverbs that say the same of a sentence wherever they stand in it."""

SUPERLATIVES = "best better worst worse most cheapest largest biggest highest fastest easiest top"
"""Words that stand before their noun or behind "is": which is the best phone, which phone is best."""

OPENING = """
in on at of for about as from to into onto with without than before after over under between during until since by
through like if unless because when while near within across against
"""
"""Words that begin a phrase or a clause, which may stand first or last in a sentence."""

PERSONS = "i me my we us our you your he him his she her they them their it its who whom whose that which not no"
"""Words with which a part of a sentence says more than what it names."""

RELATIONS = """
married related friend friends dating engaged connected identical close acquaintance acquaintances roommate roommates
partner partners linked tied adjacent cousin cousins neighbor neighbour neighbors sibling siblings equals plus times
"""
"""Words for a relation that is the same from both sides."""

SUBJECTS = "i you we he she they it there my your our his her their this that these those the a an any"
"""Words that begin a subject."""

AUXILIARIES = "is are was were have has had can could should would will wo ca must may might am"
"""Verbs that stand before their subject in a question, with those of contractions."""
