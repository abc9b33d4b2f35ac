"""What a question asks of the caller's own, by language: when, where, how much, whether done. Data only.

Own knowledge of each language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WHEN_OR_WHERE: Final[Mapping[str, str]] = {
    "de": "wann wo",
    "fr": "quand où",
    "es": "cuándo dónde",
    "it": "quando dove dov",
    "pt": "quando onde cadê",
    "nl": "wanneer waar",
    "pl": "kiedy gdzie",
    "tr": "zaman nerede",
    "ru": "когда где",
    "ar": "متى أين",
    "ko": "언제 어디",
}
"""Question words that, first and with a possessive close behind, ask of the caller's own; English has a pattern."""

OUGHT: Final[Mapping[str, str]] = {
    "de": "soll sollte kann könnte muss darf am_besten wenn",
    "fr": "puis peux peut dois doit devrais faut si",
    "es": "puedo puede debo debería debe conviene si",
    "it": "posso può devo dovrei bisogna conviene se",
    "pt": "posso pode devo deveria convém se",
    "nl": "kan kun moet mag zou als",
    "pl": "mogę można powinienem powinnam należy trzeba jeśli",
    "tr": "malıyım meliyim gerekir gerek eğer",
    "ru": "могу можно нужно надо должен должна следует стоит если",
    "ar": "يمكنني يمكن يجب ينبغي إذا",
    "ko": "해야 수 하면",
}
"""Words that ask in general all the same: where can I sell my car?"""

PATTERNS: Final[Mapping[str, str]] = {
    "en": r"""
\bhow (?:many|much) .{1,40}\b(?:do i have(?! to)|did i|have i)\b|^(?:did|has|have) (?:my|our)\b
\b(?:when|where) (?:is|are|was|were|does|do|did|has|have) (?:my|our)\b
""",
    "de": r"""
\bwie ?viele? .{0,40}\b(?:habe|hab|hatte) ich\b(?!.{0,30}(?:nötig|zu \w+en\b))
""",
    "fr": r"""
\bcombien .{0,40}(?:\bai[- ]je\b|\bj'ai\b(?! besoin)|\bme reste)
""",
    "es": r"""
\b(?:cuánt[oa]s?|qué) .{0,40}\b(?:tengo(?! que)|gasté|saqué|he (?:gastado|pagado|sacado|usado))\b
""",
    "it": r"""
\bquant[oaie] .{0,40}\b(?:ho(?! bisogno)|mi rest\w+|mi riman\w+)\b
""",
    "pt": r"""
\bquant[oa]s? .{0,40}\b(?:tenho(?! que| de)|gastei|ganhei|me rest\w+)\b
""",
    "nl": r"""
\bhoeveel .{0,40}\bheb ik\b(?!.{0,20}nodig)
""",
    "pl": r"""
\bile .{0,30}\b(?:wydałem|wydałam|zarobiłem|zarobiłam|mi zostało|mi pozostało)\b
""",
    "ru": r"""
\bсколько .{0,30}\b(?:у меня|мне осталось|я (?:потратил|заработал|прош[её]л|набрал)а?)\b
""",
    "tr": r"""
\b(?:ne kadar|kaç \w+) (?:harcadım|kazandım|yürüdüm|kaldı)\b
""",
    "ar": r"""
\bكم (?:أنفقت|صرفت|دفعت|ربحت|مشيت)\b
""",
    "ja": r"""
(?:私|わたし|僕|俺|うち)の[^。、]{1,12}(?:いつ|どこ|いくら|何時|何日)(?!.{0,12}(?:べき|すれば|したら|いい))
""",
    "ko": r"""
(?:^|\s)(?:내|제|나의|저의)\s\S+(?:\s\S+){0,2}\s?(?:언제|어디에|어디쯤|얼마|며칠)(?!.{0,12}(?:해야|좋을|하면))
""",
    "th": r"""
ของ(?:ฉัน|ผม|ดิฉัน)(?!.{0,20}ควร).{0,20}(?:เมื่อไหร่|เมื่อไร|ที่ไหน|เท่าไหร่|เท่าไร|กี่วัน)
""",
    "zh": r"""
我的(?!世界|爱情|.{0,12}(?:应该|该|怎么|合适|最好|可以)).{1,10}(?:何时|哪天|在哪儿|多少|几号|几点|到期)
我.{0,8}(?:花|用|欠|赚|存|充)了多少
""",
    "zh-tw": "我的(?!世界|爱情|.{0,12}(?:应该|该|怎么|适合|最好|可以)).{1,10}(?:何时|哪天|在哪儿|多少|几号|几点|到期)",
}
"""Patterns of a normalized text that ask what the caller has, has spent, or owns, one a line."""

DONE: Final[Mapping[str, str]] = {
    "en": "arrived shipped approved confirmed processed delivered dispatched delayed overdue ready expire "
    "expired arrive",
    "de": "angekommen verschickt genehmigt bestätigt bearbeitet geliefert versandt verspätet fällig durch ankommen",
    "fr": "arrivé arrivée parti partie approuvé approuvée confirmé confirmée expédié expédiée traité traitée livré "
    "livrée arrive expire",
    "es": "llegado llegó llega salió aprobado aprobada confirmado confirmada enviado enviada procesado entregado vence",
    "it": "arrivato arrivata partito partita approvato approvata confermato confermata spedito spedita elaborato scade",
    "pt": "chegou chega saiu aprovado aprovada confirmado confirmada enviado enviada processado entregue atrasado "
    "atrasada vence",
    "nl": "aangekomen verstuurd verzonden goedgekeurd bevestigd verwerkt geleverd vertraagd binnen verloopt",
    "pl": "dotarł dotarła dotarło doszedł doszła doszło wysłany wysłana wysłano zatwierdzony zatwierdzona przyszedł "
    "przyszła przyjdzie wygasa opóźniona opóźniony",
    "tr": "geldi ulaştı onaylandı gönderildi tamamlandı yola gecikti bitiyor",
    "ru": "пришёл пришел пришла пришло одобрен одобрена одобрено отправлен отправлена доставлен доставлена придёт "
    "придет дошёл дошел дошла истекает",
    "ar": "وصل وصلت تصل تمت شحن اعتماد الموافقة",
}
CONDITIONS: Final[Mapping[str, str]] = {
    "en": "if why how should",
    "de": "wenn falls warum wieso weshalb",
    "fr": "si pourquoi comment",
    "es": "si cómo porque",
    "it": "se perché come",
    "pt": "se porque como",
    "nl": "als waarom hoe",
    "pl": "jeśli jeżeli dlaczego czemu jak",
    "tr": "eğer neden niye nasıl",
    "ru": "если почему как",
    "ar": "إذا لماذا كيف",
}
"""Words by which a sentence asks of any such thing: what if my card has expired."""
