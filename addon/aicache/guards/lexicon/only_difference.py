"""Words that say nothing, or that say something, where they are the only difference of two texts. Data only."""

from __future__ import annotations

SILENT = {
    "en": "a an the really actually truly indeed genuinely honestly please kindly",
    "de": "denn doch mal eigentlich etwa also wirklich tatsächlich echt bitte halt eben",
    "fr": "donc alors vraiment réellement svp stp",
    "es": "pues realmente",
    "it": "dunque allora davvero realmente veramente",
    "pt": "então realmente afinal",
    "nl": "er dan dus eens even eigenlijk echt werkelijk nou toch graag alstublieft alsjeblieft aub ajb svp",
    "pl": "więc naprawdę rzeczywiście właściwie proszę",
    "ru": "же ли пожалуйста действительно правда вообще собственно",
    "tr": "lütfen gerçekten aslında",
    "ar": "فضلك رجاء الرجاء لو سمحت حقا فعلا",
    "ko": "좀 정말 진짜 과연 대체 도대체 혹시 저기요",
}
"""Words that may stand anywhere in a question without saying anything, by language."""

DEGREES = """
very even also just
sehr genau überhaupt très exactement bien muy exactamente molto esattamente muito exatamente mesmo heel erg precies
bardzo dokładnie очень именно бы çok tam جدا بالضبط
"""
"""Words that say how much, or that it is unexpected: they count between the words of a question."""

ALSO = "even also just auch aussi también anche ook też także"
"""Those of them that say nothing as the first or last word."""

SAYS_NOTHING = """
some any one supposed type types kind kinds sort sorts something someone somebody anything person people exactly exact
please now going go gone get gets got getting able need needs needed needing want wants wanted wanting find finding
found out know knows reason reasons make making made come comes happen happens happened happening see take takes
taking say says tell look order available possible possibly successfully properly involved necessary required located
seem seems use using ever own good great best various different particular main major whole entire real true basic
total overall thing things mean means interesting itself complete as doing considered number form brand amount
"""
"""English words that a question may have more without asking for more, whatever is around them."""

WHEN = "still already yet become becoming keep keeps start starting begin stop"
"""English words that tell whether it is so, still so or not yet so, and count wherever they stand."""

OPENING = """
desire wish would love like want wanting wanted need needing needed gotta got hope trying going seem seems feel believe
think guess see know help find get must have
"""
"""English words with a meaning that may come before what another text begins with."""

PEOPLE = "someone somebody anyone anybody people person persons certain"
"""English words of which each may stand for another: whoever it is."""

WANTING = "need needs needed want wants wanted like love wish must have got gotta going would should ought able"
"""English words of which each may stand for another: that one wants to do what is asked about."""

SYNONYMS = """
buy purchase acquire
begin start
big large huge
happy glad joyful
smart intelligent clever
angry furious mad
thank grateful thankful
brave courageous
religious spiritual
outspoken vocal
scare afraid fearful frightened
sad unhappy
rich wealthy
fix repair mend
way method manner
difference distinction
increase raise
decrease reduce lower
choose pick select
doctor physician
lawyer attorney
learn study
pc computer
phone mobile cellphone
photo picture pic image
film movie
prevent avoid
money cash funds
change modify alter
delete remove erase
create make build
kid child
require need
usa america american
site website webpage
allow permit
receive obtain
"""
"""Stems of English synonyms that are ones whatever is around them."""

PASTS = """
bought paid sent went made lost found spent sold took taken gave given knew known thought wrote written spoke spoken
broke broken chose chosen stole stolen forgot forgotten saw seen ate eaten drove driven flew flown grew grown kept held
met won built began begun became ran withdrew withdrawn got gotten came said told had did was were
"""
"""English forms of a past that do not end in -ed."""

DETERMINERS = "my your our his her its their this that these those s"
"""English words before a noun that means certain ones."""

ASKING = "i me my mine we us our you your yours what which who whom whose when where why how please let"
"""English words with which something is asked for."""
