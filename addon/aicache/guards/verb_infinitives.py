"""Infinitives of German, Dutch and Turkish verbs, from forms in questions: melde … an, anzumelden, anmelden. Pure."""

from __future__ import annotations

import re

_PARTICLES = frozenset(
    "ab an auf aus bei ein fest fort frei her hin los mit nach um vor weg weiter wieder zu zurück zusammen heraus "
    "herunter hoch raus runter rein hinzu herein hinein".split()
)
"""What a German verb may begin with, and what then stands at the end."""
_DUTCH_PARTICLES = frozenset("aan af bij door in mee na om op over terug toe uit vast weg voor samen".split())
_NO_MAIN_VERBS = frozenset(
    "lange habe hatte hätte könnte konnte sollte müsste musste dürfte durfte würde wurde werde möchte wollte heiße "
    "wäre heißt ist hat soll kann viele weit oft alt darf bist seid geht".split()
)
"""What may stand behind "wie", and is no verb that tells what is done."""
_NO_DUTCH_VERBS = frozenset(
    "kan kon moet moest mag mocht wil wou wilde zal zou ben was heb had heet word werd lang".split()
)
_SEPARABLE = re.compile(rf"^({'|'.join(sorted(_PARTICLES, key=len, reverse=True))})zu(?=.{{3}})")
_UNSTRESSED = ("er", "el", "en", "em", "ig")
_SHORT = re.compile("(?:^|[^aeiou])[aeiou][bcdfgklmnprst]$")
_LONG = re.compile("(?P<vowel>[aeou])(?P=vowel)(?P<end>[^aeiou])$")
_HARDENED = {"f": "v", "s": "z"}


def without_zu(verb: str) -> str:
    """Return the infinitive of "zu löschen" or "abzuholen"; "" if there is no "zu" in it."""
    if verb.lower().startswith("zu "):
        return verb[3:]
    return verb[: match.end(1)] + verb[match.end() :] if (match := _SEPARABLE.match(verb.lower())) is not None else ""


def without_te(verb: str) -> str:
    """Return the infinitive of "te wijzigen" or "op te zeggen"; what stands before a plain one stays before it."""
    before, _, infinitive = verb.rpartition("te ")
    before = before.strip()
    return f"{before}{'' if before.lower() in _DUTCH_PARTICLES else ' '}{infinitive}".strip()


def german_infinitive(rest: str, verb: str) -> tuple[str, str]:
    """Return what stands behind "wie melde ich", without the particle at its end, and the infinitive; "" for none."""
    word = verb.lower()
    if word in _NO_MAIN_VERBS:
        return rest, ""
    stem = word[:-1]
    infinitive = stem + "n" if re.search("[^i]e[rl]$", stem) else stem + "en"
    before, _, last = rest.rpartition(" ")
    return (before, last.lower() + infinitive) if before and last.lower() in _PARTICLES else (rest, infinitive)


def dutch_infinitive(rest: str, verb: str) -> tuple[str, str]:
    """Return the same of "hoe zeg ik … op"."""
    word = verb.lower()
    if word in _NO_DUTCH_VERBS or len(word) < 3:
        return rest, ""
    if word.endswith(_UNSTRESSED) and len(word) > 4:
        infinitive = word + "en"
    elif (match := _LONG.search(word)) is not None:
        infinitive = word[: match.start()] + match["vowel"] + _HARDENED.get(match["end"], match["end"]) + "en"
    elif _SHORT.search(word) is not None:
        infinitive = word + word[-1] + "en"
    else:
        infinitive = word[:-1] + _HARDENED.get(word[-1], word[-1]) + "en"
    before, _, last = rest.rpartition(" ")
    return (before, last.lower() + infinitive) if before and last.lower() in _DUTCH_PARTICLES else (rest, infinitive)


def turkish_infinitive(stem: str) -> str:
    """Return the infinitive of a stem, by its last vowel; "" if it has none."""
    vowel = next((char for char in reversed(stem.lower()) if char in "aıoueiöü"), "")
    return vowel and stem + ("mak" if vowel in "aıou" else "mek")
