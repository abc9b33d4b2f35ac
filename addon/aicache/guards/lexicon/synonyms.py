"""Words that stand for each other in questions, whatever is around them. Data only; written for this project.

A line is one meaning. Words that mean the same only beside certain others are left out: a rate is not a price.
"""

from __future__ import annotations

_GROUPS = """
largest biggest
buy buying bought purchase purchased purchasing
use using used uses
get gets got gotten getting obtain obtained obtaining receive receives received receiving recieve
go going goes gone went
come comes coming came
say says saying said
see seeing sees saw seen
take takes taking took taken
mean means meant meaning definition
give gives giving gave given
make makes making made create creates creating created
know knows knew known
think thinking thought believe believes
find finding found locate located locating
extra additional
limit limits limitation limitations restriction restrictions
verify verifying verified verification
fee fees charge charges charged
good great fantastic wonderful nice amazing awesome excellent
incorrect wrong
correct right
detail details information info
avoid avoiding prevent preventing
determine determined calculate calculated
multiple several
actual real
watched seen
certain specific particular
need needs needed require requires required necessary
recall remember
affect effect affects impact impacts
current present
enlarge increase
live living reside residing
offer offers provide provides supply
allow allows allowed let permit permitted
repair fix
maths mathematics math
happen happens happened happening occur occurs occurred
often frequently
speak talk speaking talking
select choose pick
help assist
picture photo image pic
quickly fast rapidly
issue problem
cancel cancelled canceled
differ different difference differences differs
reverse revert reversed reverted
attempt attempted try tried
delete remove
become becoming
visible shown showing
appear appears appeared show shows
able possible
immediately instantly
job occupation
movie film
automatic automatically auto
important significant
km kilometer kilometre
kg kilogram
"""

OTHER_JOINED = frozenset(
    "overlook overlooked overlooking resign resigned recover recovered recovery reform recreate recreation resort "
    "represent repress remark release reserve relay redress rebound resent retreat reside unionized coop pretend "
    "overtake overtook undertake undertook oversee overhear overcome outlook income outcome upset into onto "
    "everyday anyone someone everyone altogether overrun output input takeover handover workout".split()
)
"""Words that are others when they are written in two: resign, re-sign; everyday, every day."""
VARIANTS = frozenset("pro max plus mini ultra lite se xl air premium deluxe turbo enterprise".split())
"""Words behind the name of a product that make another one of it."""
PLURALS_APART = dict(
    pair.split("/")
    for pair in (
        "glasses/glass arms/arm customs/custom goods/good news/new means/mean woods/wood waters/water savings/saving "
        "shorts/short manners/manner premises/premise remains/remain damages/damage spirits/spirit quarters/quarter "
        "contents/content clothes/cloth physics/physic economics/economic politics/politic ethics/ethic "
        "classics/classic ashes/ash irons/iron grounds/ground scales/scale spectacles/spectacle pants/pant "
        "regards/regard securities/security odds/odd greens/green blues/blue "
        "brains/brain airs/air draughts/draught drawers/drawer dominos/domino"
    ).split()
)
"""Plurals that are other words, by the singular: glasses, a glass."""

SYNONYMS: dict[str, int] = {word: number for number, line in enumerate(_GROUPS.split("\n")) for word in line.split()}
