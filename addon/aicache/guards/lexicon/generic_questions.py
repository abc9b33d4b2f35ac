"""Frames of general questions, by language: what something means, how it works, how it is done. Data only.

Own knowledge of each language. A general question about a rate, the weather or a balance has the same answer for all
and tomorrow. Patterns of a normalized text, one a line; German "im" is "i am" there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

HOW_TO: Final[Mapping[str, str]] = {
    "en": r"""
\bhow (?:do|can|could|should|would|might|to|does one) (?:(?:i|we|you|one|people) )?(?!have\b|owe\b|look\b|feel\b)[a-z]+
""",
    "de": r"""
\bwie (?!heisse|viel|hoch|weit|lange|alt|spät|oft|gross|bin|ist|steht|war|wird)\w+ (?:ich|man|wir)\b
""",
    "fr": r"""
\bcomment (?:puis[- ]je |je peux |pourrais[- ]je |dois[- ]je |peut[- ]on |on peut )?(?:bien |se |s'|l'|y )?\w+(?:er)\b
\bcomment (?:puis[- ]je |je peux |pourrais[- ]je |dois[- ]je |peut[- ]on |on peut )?(?:bien |se |s'|l'|y )?\w+(?:ir)\b
\bcomment (?:puis[- ]je |je peux |pourrais[- ]je |dois[- ]je |peut[- ]on |on peut )?(?:bien |se |s'|l'|y )?\w+(?:re)\b
""",
    "es": r"""
\bcómo (?:puedo |debo |se puede |podría |hago para )?\w+(?:ar|er|ir)(?:me|lo|la|se)?\b
\bcómo se (?!llama\b|encuentra\b)\w+|\bcómo (?:me )?(?!llamo\b)\w{3,}o\b
""",
    "it": r"""
\bcome (?:posso |faccio (?:a|ad|per) |devo |si può |potrei )?\w+(?:are|ere|ire|arre|orre|rlo|rla|rmi|rsi)\b
\bcome si (?!chiama\b|trova\b)\w+|\bcome (?!sono\b|sto\b|vado\b)\w{3,}o\b
""",
    "pt": r"""
\bcomo (?:posso |devo |faço para |faço pra |se pode |eu posso )?(?!estar\b)\w+(?:ar|er|ir|or)(?:-\w+)?\b
\bcomo se (?!chama\b)\w+|\bcomo (?:eu )?\w{4,}o\b
""",
    "nl": r"""
\bhoe (?!laat\b|heet\b|oud\b|ver\b|lang\b|veel\b|staat\b)\w+ (?:ik|je|men|we)\b
""",
    "pl": r"""
\bjak (?:mogę |można |należy |trzeba |się )?\w{2,}(?:ć|c)(?: się)?\b
""",
    "tr": r"""
\bnasıl (?:\w+ )?\w+(?:bilirim|biliriz|[ıiuü]r[ıi]m|ar[ıi]m|er[ıi]m|[ıiuü]r[ıi]z)\b
\bnasıl (?:\w+ )?\w+(?:malı\w*|meli\w*|[ıiuüae][ln][ıiuü]r|ş[ıiuü]r|lenir|lanır|çalışır)\b
""",
    "ru": r"""
\bкак (?:мне |можно |правильно |лучше |я могу )?\w+(?:ть|ти|чь)(?:ся|сь)?\b
""",
    "ar": r"""
\bكيف (?:يمكنني|يمكن|يتم|أستطيع|أ\w+|ا[كعبصغقف]\w+|ن\w+|يمكنك|تتم)\b
""",
    "ja": r"""
[一-龯]?[きみりちいしえけせてめれぎじびび]方(?:法|を|は|が|教|[?？]|$)|やり方|方法|手順|には(?:どう|[?？]|$)
どうやって|どうすれば|どのように(?:し|使|作|書|計)
""",
    "ko": r"""
방법|하는\s?법|어떻게\s?(?:하나|하면|해야|하죠|하지|쓰|작성|만들|사용|바꾸|설정|설치|계산하|재설정|변경|취소|삭제|추가)
""",
    "th": r"""
วิธี|ทำอย่างไร|ทำยังไง|ได้อย่างไร|ได้ยังไง
""",
    "zh": r"""
怎么(?!样|这|那|了|还|不|没|回事|又|老|总|会|是|就|办)[一-鿿a-z]|的方法|的步骤
""",
    "zh-tw": r"""
怎么(?:用|做|写|查|办理|申请|设定|取消|更改)|的方法
""",
}
"""How one does something: the answer is the same though the thing is the caller's own."""

MEANING: Final[Mapping[str, str]] = {
    "en": r"""
\bwhat (?:does|do) .{1,60}\bmean\b|\bmeaning of\b|\bdefinition of\b|\bdefine\b
\bhow (?:do|does|did) .{1,50}\b(?:work|form|develop|differ|arise|move)\b
\bhow (?:is|are|was|were) .{1,50}\b(?:calculated|determined|made|formed|measured)\b
\bhow (?:is|are|was|were) .{1,50}\b(?:set|computed|produced|predicted|defined|decided)\b
\bwhat (?:is|are) (?:a|an) (?!(?:good )?time\b)\w+|\bdifference between\b|\bhistory of\b|\binvent(?:ed|or)\b
""",
    "de": r"""
\bwas (?:bedeutet|heisst|versteht man)\b|\bwas (?:ist|sind) eine?n? |\bwie (?:funktionier|entsteh|berechne|bilde[nt])
\bwie (?:wird|werden) .{1,50}\b(?:berechnet|gemacht|bestimmt|gemessen|festgelegt|gebildet|erstellt)\b
\bunterschied zwischen\b|\bbedeutung\b|\bdefinition\b|\berfunden\b|\bwoher kommt
""",
    "fr": r"""
\bqu'est[- ]ce qu(?:e c'est qu)?'?e? ?(?:un|une|des|le|la|l')\b|\bc'est quoi\b|\bque (?:signifie|veut dire)\b
\bdéfinition\b
\bcomment (?:fonctionne|se (?:calcule|forme|détermine)|est (?:calculé|fixé|déterminé)|sont (?:calculés|fixés))
\bdifférence entre\b|\bd'où vient\b|\binventé\b
""",
    "es": r"""
\bqué (?:es|son) (?!hoy|hora)|\bqué (?:significa|quiere decir)\b|\bcómo (?:funciona|se (?:calcula|forma|determina))
\bdiferencia entre\b|\bdefinición\b|\bde dónde viene\b|\binventó\b
""",
    "it": r"""
\b(?:che )?cos'è\b|\bcosa (?:è|sono|significa|vuol dire)\b|\bche (?:significa|vuol dire)\b
\bcome (?:funziona|funzionano|si (?:calcola|forma|determina))\b|\bdifferenza tra\b|\bdefinizione\b|\binventato\b
""",
    "pt": r"""
\bo que (?:é|são|significa|quer dizer)\b|\bcomo (?:funciona|funcionam|se (?:calcula|forma|determina)|é calculad)
\bdiferença entre\b|\bdefinição\b|\binventou\b
""",
    "nl": r"""
\bwat (?:is|zijn) een\b|\bwat betekent\b|\bhoe (?:werkt|werken|ontstaat|ontstaan)\b|\bverschil tussen\b|\bbetekenis\b
\bhoe (?:wordt|worden) .{1,50}\b(?:berekend|gemaakt|bepaald|gemeten)\b|\buitgevonden\b
""",
    "pl": r"""
\bco to (?:jest|są)\b|\bco (?:oznacza|znaczy)\b|\bczym (?:jest|są|się różni)\b
\bjak (?:działa|działają|powstaje|powstają)\b
\bróżnica między\b|\bdefinicja\b|\bwynalazł\b|\bjak się (?:oblicza|tworzy|ustala)\b
""",
    "tr": r"""
\bne demek(?:tir)?\b|\bne anlama\b|\bnasıl (?:çalışır|oluşur|hesaplanır|belirlenir|yapılır)\b|\barasındaki fark
\bicat\b
\btanımı\b
""",
    "ru": r"""
\bчто (?:такое|значит|означает)\b|\bкак (?:работает|работают|появил|рассчитыва|определя|образу|формиру)
\bразница между\b|\bчем отлича|\bопределение\b|\b(?:изобрёл|изобрел|придумал)\b
""",
    "ar": r"""
\bما معنى\b|\bماذا (?:يعني|تعني)\b|\bكيف (?:يعمل|تعمل|يتكون|تتكون|يحسب|تحسب|يتحدد|يُحسب)\b|\bما الفرق\b|\bتعريف\b
\bالفرق بين\b|\bمن اخترع\b
""",
    "ja": r"""
とは(?:何|なに|なん|どう|[?？]|$)|意味|仕組み|違いは|由来|定義|どのように(?:計算|決ま|作ら|でき)|発明
図の|証明書|予約語
""",
    "ko": r"""
(?:이란|란)\s?(?:무엇|뭐|뭔|무슨|[?？]|$)|무슨\s?뜻|뜻이|의미|어떻게\s?(?:작동|동작|계산되|결정|만들어|생기|정해)|차이
발명|정의|예약어
""",
    "th": r"""
คืออะไร|หมายถึง|แปลว่า|ทำงานอย่างไร|ทำงานยังไง|คำนวณ|เกิดขึ้น|แตกต่าง|ต่างกัน|คิดค้น|ประดิษฐ์
""",
    "zh": r"""
什么是|什么意思|是什么[?？]?$|怎么(?:形成|计算|算|来|做出来|产生|运作|决定|测)|的原理|区别|由来|定义|发明|余额宝
(?:这个?|这两个?)[词字]|用英[语文]怎么说
""",
    "zh-tw": r"""
什么是|什么意思|是什么[?？]?$|差别|差异|定义|的英文|英文怎么
""",
}
"""What something is, means or comes from."""

ABOUT_A_WORD = r"""
\b(?:today's|todays) (?:standards|world|society|youth)\b|\bwhat (?:does|do) "?\w+(?: \w+)?"? mean\b
\bmeaning of (?:the word )?"?\w+"?\s?\??$|\bthe word "?\w+|\badverb
\b(?:wort|mot|palabra|parola|palavra|woord|słowo|слово|kelimesi) "?\w+
\b(?:was (?:bedeutet|heisst)|que signifie|qué significa|cosa significa) "?[\w']+"?\s?\??$
\b(?:o que significa|wat betekent|co znaczy|что значит) "?[\w']+"?\s?\??$
\bhow do (?:you|i) say "?\w+|\b(?:say|translate|spell|pronounce) ".{1,60}"|\bthe song "|\bby the beatles\b
"""
"""What asks about a word for the present, or speaks of the age."""

MAX_CHARS = 160
"""Characters up to which a text is one question, for which its frame speaks."""
