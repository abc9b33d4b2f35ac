"""Prepositions that stand directly before what they are said of, by language. Data only; standard grammar."""

from __future__ import annotations

_BEFORE_NOUNS = {
    "en": """
in inside within at / on upon / to into onto toward towards / from / for / of / by / with / without / about /
under / over / after / before / during / near / behind / through / until till / against / between among / as
""",
    "de": """
von vom aus ab / nach zu zum zur an ans / in im ins / auf / für / mit / ohne / bei beim / über / unter / vor / hinter /
gegen / bis / durch / seit / zwischen / um
""",
    "fr": "de d du des depuis / à au aux vers / dans en / sur / pour / avec / sans / chez / par / sous / contre",
    "es": "de del desde / a al hacia hasta / en / para / por / con / sin / sobre / contra / entre",
    "it": """
di del dello della dei degli delle d / da dal dallo dalla dai dagli dalle / a ad al allo alla ai agli alle /
in nel nello nella nei negli nelle / su sul sullo sulla sui sugli sulle / per / con / senza / tra fra / contro
""",
    "pt": """
de do da dos das desde / a ao aos à às / para pra pro / em no na nos nas num numa / por pelo pela pelos pelas / com /
sem / sobre / contra / entre / até
""",
    "nl": "van vanaf uit / naar tot aan / in / op / voor / met / zonder / bij / over / onder / tegen / door / om",
    "pl": "z ze od / do / w we / na / dla / bez / przy u / nad / pod / przed / po / za / o / przez / między",
    "ru": "из с со от / до к ко / в во / на / для / без / у при / над / под / перед / после / за / о об / через",
    "ar": "من / إلى الى / في / على / عن / مع / بدون / قبل / بعد / حتى / تحت / فوق / بين / عند",
}
BEFORE_NOUNS = {
    language: {word: group.split()[0] for group in groups.replace("\n", " ").split("/") for word in group.split()}
    for language, groups in _BEFORE_NOUNS.items()
}
"""Prepositions with the first one of their group; those of one group say the same of a place or a way."""
