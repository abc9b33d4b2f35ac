"""Words that say something of the word behind them, by language. Data only; standard grammar, for this project."""

from __future__ import annotations

FOCUSING = {
    "en": "only even nearly almost merely hardly barely",
    "de": "nur sogar fast beinahe auch",
    "fr": "seulement même presque aussi",
    "es": "solo sólo solamente incluso casi también",
    "it": "solo soltanto solamente anche quasi perfino",
    "pt": "só somente apenas até quase também",
    "nl": "alleen slechts zelfs bijna ook",
    "pl": "tylko nawet prawie także też również",
    "ru": "только даже почти также тоже лишь",
    "tr": "sadece yalnızca bile neredeyse",
    "ar": "فقط حتى تقريبا أيضا",
}
"""Whatever else a text says."""

NEGATIONS = "not nicht ne pas no non não niet nie не değil ليس لا"
"""Those that do so beside a word of `HOW_MANY`: not all may vote, all may not vote."""

HOW_MANY = """
all every each everyone everything both always any some many most must may should
alle alles jeder jede jedes jeden immer beide manche viele tous toutes tout chaque toujours todos todas todo cada
siempre tutti tutte ogni sempre altijd elke iedereen iedere wszyscy wszystkie każdy zawsze все всё каждый всегда оба
"""

AUXILIARIES = "is are was were be been do does did can could will would should must may have has had"
"""English verbs beside which "not" stands on one side only: is not, not is."""

BEFORE_INVERTED = "why how what which who whom whose where when and but so then me know"
"""English words behind which a verb stands before its subject."""
