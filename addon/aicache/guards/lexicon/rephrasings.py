"""Frames of questions in languages with spaces, with those that stand for them. Data only; standard grammar.

A line that begins with ``=`` is the frame that stands for all below it; a backslash joins a line with the next one.
{x} is the rest of a text, {c} a rest without a comma, {a} and {b} what is compared, {v} an infinitive, {zu} and {te}
one with "zu" or "te", {de_verb} and {nl_verb} a verb behind "wie" or "hoe"; $INF stands before an infinitive, $NAMED
before what is asked for by its name as by what it is. Each frame begins with a word, or with a choice of words.

One frame stands for another only if both ask for the same, whatever the rest is: what one may, can, must or should do
are four. Written for this project.
"""

from __future__ import annotations

_INFINITIVE = r"(?=(?:m'|me |s'|se |d')?[^\W\d_]+(?:er|ir|re|oir)\b)"
_SPANISH_INFINITIVE, _ITALIAN_INFINITIVE = (
    r"(?=[^\W\d_]+[aeií]r(?:se|me|lo|la|los|las)?\b)",
    r"(?=[^\W\d_]+r(?:e|si|mi|lo|la|li|le)\b)",
)
_RUSSIAN_INFINITIVE = r"(?=[^\W\d_]+(?:ть|ти|чь|ться|тись)\b)"
_NAMED = {
    "de": r"(?=(?:die|der) (?:[^\W\d_]+ )?(?:hauptstadt|landeshauptstadt|währung|fluss|berg|see)\b)",
    "fr": r"(?=(?:la|le) (?:[^\W\d_]+ )?(?:capitale|monnaie|fleuve|montagne|lac)\b)",
    "es": r"(?=(?:la|el) (?:[^\W\d_]+ )?(?:capital|moneda|río|montaña|lago)\b)",
    "it": r"(?=(?:la|il) (?:[^\W\d_]+ )?(?:capitale|moneta|valuta|fiume|montagna|lago)\b)",
    "pt": r"(?=(?:a|o) (?:[^\W\d_]+ )?(?:capital|moeda|rio|montanha|lago)\b)",
    "nl": r"(?=de (?:[^\W\d_]+ )?(?:hoofdstad|munteenheid|rivier|berg)\b)",
    "pl": r"(?=(?:stolica|waluta|rzeka)\b)",
    "ru": r"(?=(?:столица|валюта|река)\b)",
    "ar": r"(?=(?:عاصمة|عملة)(?!\w))",
}
"""What is asked for by its name as by what it is."""

GERMAN = r"""
= Wie kann ich {x} {v}?
wie {de_verb} (?:ich|man) {c}
was (?:muss|kann) (?:ich|man) (?:tun|machen),? um {c} {zu}
was ist (?:zu tun|nötig|notwendig|erforderlich),? um {c} {zu}
was (?:tun|mache ich|tue ich),? um {c} {zu}
wie (?:gehe ich|geht man|muss ich) vor(?:gehen)?,? um {c} {zu}
wie ist es möglich,? {c} {zu}
welche schritte sind (?:nötig|notwendig|erforderlich),? um {c} {zu}
(?:auf|in) welche[rn]? (?:art und )?weise kann (?:ich|man) {c} {v}
wie kann (?:ich|man) {c} {v}
ich (?:möchte|will|würde gerne?) {c} {v}[,.] wie (?:geht das|mache ich das|kann ich das (?:tun|machen)|\
    muss ich vorgehen)
= Warum {x}?
(?:wieso|weshalb) {x}
aus welche[mn] (?:grund|gründen) {x}
= Wann {x}?
um wie viel uhr (?=.*\b(?:öffnet|schließt|macht|auf|zu)\b){x}
= Darf ich {x} {v}?
ist es (?:mir )?(?:erlaubt|gestattet),? {c} {zu}
= Kann ich {x} {v}?
(?:ist es|wäre es) (?:mir )?möglich,? {c} {zu}
= Muss ich {x} {v}?
ist es (?:notwendig|erforderlich),? {c} {zu}
= Was ist {x}?
wie (?:heißt|heisst) $NAMED{x}
= Was ist die Hauptstadt {x}?
welche stadt ist die hauptstadt {x}
= Was ist der Unterschied zwischen {a} und {b}?
(?:worin|wodurch|wie) unterscheide(?:n|t) sich {a} (?:und|von) {b}
was unterscheidet {a} von {b}
(?:welchen|was für einen) unterschied gibt es zwischen {a} und {b}
(?:worin|wo) (?:besteht|liegt) der unterschied zwischen {a} und {b}
was sind die unterschiede zwischen {a} und {b}
= Was muss ich tun, wenn {x}?
was (?:muss|soll) ich (?:tun|machen),? wenn {x}
was (?:mache|tue) ich,? wenn {x}
was tun,? wenn {x}
wenn {c}, (?:dann )?was (?:muss|soll) ich (?:dann )?(?:tun|machen)
wenn {c}, was (?:mache|tue) ich(?: dann)?
= Was muss ich tun, wenn ich {x} habe?
ich habe {c}[,.] was (?:muss|soll) ich (?:jetzt |nun )?(?:tun|machen)
ich habe {c}[,.] was (?:mache|tue) ich(?: jetzt| nun)?
= Erkläre mir, {x}.
(?:kannst du|können sie|könntest du|könnten sie) mir (?:bitte )?(?:kurz )?erklären, {x}
(?:erkläre|erklär|erklären sie) mir (?:bitte |mal )?, {x}
= Erkläre mir {x}.
(?:kannst du|können sie|könntest du|könnten sie) mir (?:bitte )?{c} erklären
(?:erkläre|erklär|erklären sie) mir (?:bitte |mal ){c}
"""

FRENCH = r"""
= Comment {x} ?
comment (?:est[- ]ce que je fais pour|puis[- ]je|je peux|je pourrais|est[- ]ce que je peux|peut[- ]on|on peut|\
    faire pour|je fais pour|\
    est[- ]ce qu'on peut|dois[- ]je faire pour) {x}
qu'est[- ]ce (?:que je dois|que je peux|qu'il faut) faire pour {x}
que (?:dois[- ]je |faut[- ]il |puis[- ]je )?faire pour {x}
(?:quelle|quelles) (?:est|sont) (?:la procédure|la démarche|la marche à suivre|la méthode|la manière|la façon|\
    les étapes) (?:à suivre )?(?:pour|de) $INF{x}
(?:de|par) quelle (?:manière|façon) (?:puis[- ]je|peut[- ]on) {x}
je (?:veux|voudrais|souhaite|aimerais) {c}, comment (?:faire|dois[- ]je faire|je fais|puis[- ]je faire|procéder|\
    je peux faire)
= Pourquoi {x} ?
pour quelles? raisons? {x}
pour quel motif {x}
= Quand {x} ?
à quelle heure (?=.*\b(?:ouvre|ferme|ouvrent|ferment)\b){x}
= Puis-je {x} ?
(?:est[- ]ce que je peux|est[- ]il possible de|est[- ]ce qu'il est possible de|est[- ]ce possible de) {x}
= Ai-je le droit de {x} ?
(?:est[- ]ce que j'ai le droit|est[- ]il permis|est[- ]il autorisé|suis[- ]je autorisé|\
    suis[- ]je autorisée) (?:de|à) {x}
= Dois-je {x} ?
(?:est[- ]ce que je dois|faut[- ]il|est[- ]ce qu'il faut|suis[- ]je obligé de|suis[- ]je obligée de) {x}
= Combien de temps faut-il pour {x} ?
combien de temps (?:est[- ]ce qu'il faut|est[- ]ce que ça prend|cela prend[- ]il|ça prend|met[- ]on) (?:pour|de) {x}
= Quelle est {x} ?
comment s'appelle $NAMED{x}
quel est le nom de $NAMED{x}
= Quelle est la différence entre {a} et {b} ?
en quoi (?:diffèrent|se distinguent) {a} et {b}
(?:quelle différence y a[- ]t[- ]il|quelle différence|c'est quoi la différence|\
    quelles sont les différences) entre {a} et {b}
qu'est[- ]ce qui (?:différencie|distingue) {a} (?:de|et) {b}
= Qu'est-ce que {x} ?
(?:c'est quoi|qu'est[- ]ce que c'est que|qu'est[- ]ce que c'est) {x}
= Que faire si {x} ?
que (?:dois[- ]je |faut[- ]il )faire si {x}
qu'est[- ]ce que je (?:dois faire|fais) si {x}
= Explique-moi {x}.
(?:pourriez[- ]vous|pouvez[- ]vous|peux[- ]tu|pourrais[- ]tu|tu peux|vous pouvez) m'expliquer {x}
(?:expliquez|explique)[- ]moi (?:s'il (?:te|vous) plaît )?{x}
"""

SPANISH = r"""
= ¿Cómo {x}?
cómo (?:puedo|se puede|podría|hago para|debo hacer para|tengo que hacer para|hay que hacer para|es posible) {x}
qué (?:tengo que|debo|hay que|necesito|puedo|se debe) hacer para {x}
qué (?:hago|se hace|hacer) para {x}
cuál es (?:la forma|la manera|el procedimiento|el proceso|el paso a paso|el modo) (?:de|para) $INF{x}
cuáles son los pasos para $INF{x}
de qué (?:forma|manera|modo) (?:puedo|se puede) {x}
(?:quiero|quisiera|necesito|me gustaría|quería) {c}[,.] ¿?cómo (?:lo hago|la hago|hago|se hace|puedo hacerlo|\
    lo puedo hacer)
= ¿Por qué {x}?
(?:por qué|por cuál) (?:razón|motivo) {x}
= ¿Cuándo {x}?
a qué hora (?=(?:abre|cierra|abren|cierran)\b){x}
= ¿Hay que {x}?
(?:debo|tengo que|se debe|es obligatorio) {x}
= ¿Cuál es {x}?
cómo se llama $NAMED{x}
= ¿Cuál es la diferencia entre {a} y {b}?
(?:qué diferencia hay|qué diferencias hay|cuáles son las diferencias) entre {a} y {b}
en qué se (?:diferencian|diferencia|distinguen|distingue) {a} (?:y|de) {b}
= ¿Qué hago si {x}?
qué (?:debo|tengo que|hay que) hacer si {x}
qué hacer si {x}
= ¿Cuánto tarda {x}?
cuánto tiempo (?:se )?(?:tarda|demora)(?: en)? {x}
cuánto (?:se )?(?:tarda|demora)(?: en)? {x}
= Explícame {x}.
(?:puedes|puede|podrías|podría) (?:por favor )?explicarme {x}
me (?:puedes|puede|podrías|podría) (?:por favor )?explicar {x}
me explicas {x}
explíqueme {x}
"""

ITALIAN = r"""
= Come {x}?
come (?:posso|potrei|si può|faccio ad?|faccio per|si fa ad?|si fa per|devo fare per|fare per|è possibile) {x}
(?:che cosa|cosa|che) (?:devo|bisogna|posso|occorre|si deve) fare per {x}
(?:che cosa|cosa) (?:faccio|fare) per {x}
qual è (?:il modo|la procedura|il procedimento) (?:per|di) $INF{x}
quali sono i passaggi per $INF{x}
in (?:che|quale) modo (?:posso|si può) {x}
(?:vorrei|voglio|desidero) {c}[,.] come (?:si fa|faccio|posso fare|devo fare)
= Perché {x}?
per quale (?:motivo|ragione) {x}
come mai {x}
= Quando {x}?
a che ora (?=(?:apre|chiude|aprono|chiudono)\b){x}
= Devo {x}?
(?:bisogna|si deve|è obbligatorio) {x}
= Posso {x}?
mi è possibile {x}
= Qual è {x}?
come si chiama $NAMED{x}
= Qual è la differenza tra {a} e {b}?
(?:che differenza c'è|qual è la differenza|quali sono le differenze) (?:tra|fra) {a} e {b}
in (?:che )?cosa (?:si differenziano|si distinguono|differiscono|si differenzia|differisce) {a} (?:e|da) {b}
= Cosa devo fare se {x}?
(?:che cosa|cosa|che) (?:devo fare|faccio|bisogna fare|fare|si deve fare) se {x}
= Quanto tempo ci vuole per {x}?
quanto (?:tempo )?(?:ci vuole|occorre|serve) (?:per|ad?) {x}
quanto (?:tempo )?ci si mette (?:per|ad?) {x}
= Spiegami {x}.
(?:puoi|potresti|può|potrebbe) (?:per favore )?spiegarmi {x}
mi (?:spieghi|puoi spiegare|potresti spiegare|può spiegare) {x}
mi spiega {x}
"""

PORTUGUESE = r"""
= Como {x}?
como (?:eu )?(?:posso|faço para|faço pra|fazer para|se pode|é que posso|devo fazer para|consigo|poderia|\
    é possível) {x}
(?:o que|que) (?:eu )?(?:devo|preciso|tenho que|tenho de|é preciso|é necessário|posso) (?:de )?fazer para {x}
o que (?:eu )?(?:faço|fazer) para {x}
qual (?:é )?(?:o passo a passo|a forma|a maneira|o procedimento|o processo|o modo) (?:para|de) $INF{x}
quais são os passos para $INF{x}
de que (?:forma|maneira|modo) posso {x}
(?:quero|queria|gostaria de|preciso|preciso de) {c}[,.] como (?:faço|posso fazer|fazer|eu faço|é que faço)
(?:me explica|me explique|explica-me|me diga|me ensina) como {x}
(?:explique|explica) como {x}
= Por que {x}?
por (?:que|qual) (?:motivo|razão) {x}
= Posso {x}?
(?:dá para|dá pra|é possível) {x}
= Devo {x}?
(?:tenho que|tenho de|é preciso|é obrigatório) {x}
= Qual é {x}?
como se chama $NAMED{x}
qual é o nome d$NAMED{x}
= Qual é a diferença entre {a} e {b}?
qual a diferença entre {a} e {b}
(?:que diferença há|quais são as diferenças|qual é a diferença que existe) entre {a} e {b}
em que (?:diferem|se diferenciam|se distinguem) {a} e {b}
= O que faço se {x}?
o que (?:eu )?(?:devo fazer|fazer|tenho que fazer|preciso fazer|tenho de fazer) (?:se|caso) {x}
= Quanto tempo leva para {x}?
quanto tempo (?:demora|leva|se leva|é preciso) (?:para|a|pra) {x}
= Explique {x}.
(?:você poderia|você pode|poderia|pode|podes|podia) me explicar {x}
(?:poderia|pode|podes|podia) explicar-me {x}
(?:me explica|me explique|explique-me|explica-me|explica) {x}
"""

DUTCH = r"""
= Hoe kan ik {x} {v}?
hoe {nl_verb} ik {c}
wat (?:moet|kan) ik doen om {c} {te}
wat is er nodig om {c} {te}
hoe is het mogelijk om {c} {te}
(?:op welke manier|op welke wijze|hoe) kan ik {c} {v}
ik (?:wil|zou) (?:graag )?(?:mijn )?{c} {v}[,.] hoe (?:doe ik dat|moet dat|kan dat|gaat dat|werkt dat)
= Waarom {x}?
om welke (?:reden|redenen) {x}
= Wanneer {x}?
hoe laat (?=.*\b(?:opent|sluit|open|dicht)\b){x}
= Mag ik {x} {v}?
is het (?:mij )?(?:toegestaan|toegelaten) om {c} {te}
= Kan ik {x} {v}?
is het (?:voor mij )?mogelijk om {c} {te}
= Moet ik {x} {v}?
is het (?:noodzakelijk|verplicht) om {c} {te}
= Wat is {x}?
hoe heet $NAMED{x}
= Wat is het verschil tussen {a} en {b}?
(?:waarin|hoe) (?:verschillen|verschilt) {a} (?:en|van) {b}
(?:welk|wat voor) verschil is er tussen {a} en {b}
wat zijn de verschillen tussen {a} en {b}
= Wat moet ik doen als {x}?
wat (?:te doen|doe ik) als {x}
als {c}, wat moet ik (?:dan )?doen
als {c}, wat doe ik(?: dan)?
= Wat moet ik doen als ik {x} ben?
ik ben {c}[,.] wat (?:moet ik (?:nu )?doen|doe ik(?: nu)?)
= Wat moet ik doen als mijn {v} {x} is?
mijn {v} is {c}[,.] wat (?:moet ik (?:nu )?doen|doe ik(?: nu)?)
= Leg me uit {x}.
(?:kun je|kan je|kunt u|zou je|zou u|wil je) (?:me|mij) (?:alsjeblieft |alstublieft )?uitleggen,? {x}
leg (?:me|mij) (?:alsjeblieft |alstublieft )?uit,? {x}
leg (?:alsjeblieft )?uit,? {x}
"""

RUSSIAN = r"""
= Как {x}?
как (?:мне можно|мне|можно|я могу|я смогу|возможно) $INF{x}
что (?:мне )?(?:нужно|надо|необходимо|требуется) (?:сделать|делать),? чтобы $INF{x}
что (?:мне )?(?:сделать|делать),? чтобы $INF{x}
каким образом (?:мне можно|мне|можно|я могу) {x}
каким образом {x}
(?:я хочу|хочу) {c}[,.] как (?:это|мне это|это можно) сделать
= Почему {x}?
(?:по какой причине|отчего) {x}
= Сколько времени {x}?
как долго (?:нужно |надо |необходимо )?$INF{x}
сколько времени (?:нужно|надо|необходимо|требуется) $INF{x}
сколько (?:нужно |надо |необходимо )?$INF{x}
= Когда {x}?
во сколько (?=(?:открывается|закрывается|открываются|закрываются)(?!\w)){x}
= Можно ли {x}?
(?:возможно ли|можно ли мне|могу ли я) $INF{x}
= Нужно ли {x}?
(?:надо ли|нужно ли|необходимо ли|должен ли я|обязан ли я) (?:мне )?$INF{x}
= Какая {x}?
как называется $NAMED{x}
= Чем отличается {a} от {b}?
чем отличаются {a} от {b}
= В чем разница между {a} и {b}?
какая (?:разница|есть разница) между {a} и {b}
в ч[её]м (?:отличие|различие|заключается разница|состоит разница) между {a} и {b}
= Что делать, если {x}?
что (?:мне )?(?:делать|нужно делать|надо делать|нужно сделать|надо сделать),? если {x}
= Объясни, {x}.
(?:можешь|можете|не могли бы вы|не мог бы ты|мог бы ты|\
    могли бы вы)(?: мне)?(?:,? пожалуйста,?)? объяснить(?: мне)?,? {x}
(?:объясни|объясните)(?: мне)?(?:,? пожалуйста)?,? {x}
"""

POLISH = r"""
= Jak {x}?
jak (?:mogę|można|mam) {x}
w jaki sposób (?:mogę|można|mam) {x}
w jaki sposób {x}
co (?:mam|muszę|należy|trzeba|mogę) zrobić,? (?:żeby|aby|by) {x}
co zrobić,? (?:żeby|aby|by) {x}
chcę {c}[,.] jak (?:to zrobić|mam to zrobić|mogę to zrobić|to zrobię)
= Dlaczego {x}?
(?:czemu|z jakiego powodu) {x}
= Jak długo {x}?
ile czasu {x}
ile (?=trwa ){x}
= Kiedy {x}?
o której (?:godzinie )?(?=(?:otwiera|zamyka)){x}
= Czy można {x}?
(?:czy da się|czy jest możliwe|czy istnieje możliwość) {x}
= Czy muszę {x}?
(?:czy trzeba|czy jestem zobowiązany|czy jestem zobowiązana) {x}
= Co jest {x}?
jak (?:się nazywa|nazywa się) $NAMED{x}
= Jaka jest różnica między {a} a {b}?
czym (?:się )?różni(?:ą)? (?:się )?{a} (?:od|i) {b}
jaka jest różnica (?:między|pomiędzy) {a} (?:a|i) {b}
= Co zrobić, jeśli {x}?
co (?:mam |muszę |należy )?(?:zrobić|robić),? (?:jeśli|jeżeli|gdy|kiedy) {x}
= Wyjaśnij, {x}.
czy (?:możesz|mógłbyś|mogłabyś|może pan|może pani)(?: mi)? wyjaśnić(?: mi)?,? {x}
(?:wyjaśnij|wytłumacz)(?: mi)?(?: proszę)?,? {x}
czy (?:możesz|mógłbyś|mogłabyś)(?: mi)? wytłumaczyć(?: mi)?,? {x}
"""

ARABIC = r"""
= كيف {x}؟
كيف (?:يمكنني|أستطيع|يمكن|بإمكاني|أقدر) {x}
ماذا (?:أفعل|يجب أن أفعل|علي أن أفعل) (?:لكي|كي|حتى) {x}
= لماذا {x}؟
لأي سبب {x}
= ما هي {x}؟
ما (?:اسم|هو اسم) $NAMED{x}
= ما الفرق بين {x}؟
(?:ما هو الفرق|ما هي الفروق|ما الاختلاف) بين {x}
= ماذا أفعل إذا {x}؟
ماذا (?:أفعل|يجب أن أفعل|علي أن أفعل|عليّ أن أفعل) (?:إذا|لو|إن) {x}
إذا {c}(?:،|,)? ف?ماذا (?:أفعل|يجب أن أفعل|علي أن أفعل)
"""

ENGLISH = r"""
= What is the difference between {a} and {b}?
how (?:do|does) {a} and {b} differ
how (?:do|does) {a} differ from {b}
how (?:is|are) {a} different from {b}
in what ways? (?:do|does) {a} and {b} differ
what (?:distinguishes|differentiates|sets) {a} (?:apart )?from {b}
what(?:'s| is|s) the difference between {a} and {b}
what are the differences between {a} and {b}
what difference is there between {a} and {b}
= Why {x}?
for what reasons? {x}
= May I {x}?
(?:am i allowed to|am i permitted to|is it allowed to|is it permitted to) {x}
= Do I have to {x}?
(?:must i|am i required to|am i obliged to|am i obligated to) {x}
= What should I do if {x}?
what (?:do i do|must i do|do i have to do|am i supposed to do|to do) if {x}
if {c}, what (?:do i do|should i do|must i do)
= What is the {v} of {a}?
what(?:'s| is) {a}'s (?P<v>capital|currency|population|height|area|flag|national anthem)
= Who is the {v} of {a}?
who(?:'s| is) {a}'s (?P<v>author|president|founder|director|inventor|composer)
= How long {x}?
for how long {x}
= Explain {x}.
(?:can|could|would) you (?:please )?explain (?:to me )?what {x} (?:is|are)
explain (?:to me )?what {x} (?:is|are)
(?:can|could|would) you (?:please )?explain {x} to me
explain {x} to me
= How do I {x} in {a}?
in {a}, how (?:do|can) i {x}
= Who {x}?
who (?:was|is) it (?:that|who) {x}
= Will it {x}?
is it going to {x}
"""


def _with_words(lines: str, infinitive: str = "", language: str = "") -> str:
    return lines.replace("$INF", infinitive).replace("$NAMED", _NAMED.get(language, ""))


BEGINNINGS = (
    _with_words(GERMAN, language="de"),
    _with_words(FRENCH, _INFINITIVE, "fr"),
    _with_words(SPANISH, _SPANISH_INFINITIVE, "es"),
    _with_words(ITALIAN, _ITALIAN_INFINITIVE, "it"),
    _with_words(PORTUGUESE, _SPANISH_INFINITIVE, "pt"),
    _with_words(DUTCH, language="nl"),
    _with_words(RUSSIAN, _RUSSIAN_INFINITIVE, "ru"),
    _with_words(POLISH, language="pl"),
    _with_words(ARABIC, language="ar"),
    ENGLISH,
)
"""By language, what a text begins with."""

ENDINGS = _with_words(
    r"""
= Que faire si {x} ?
(?:si )?{x}[,.;:] (?:que (?:dois[- ]je |faut[- ]il )?faire|qu'est[- ]ce que je (?:dois faire|fais)|je fais quoi)
= ¿Qué hago si {x}?
(?:si )?{x}[,.;:] ¿?qué (?:hago|debo hacer|tengo que hacer|hay que hacer)
= Cosa devo fare se {x}?
(?:se )?{x}[,.;:] (?:che cosa|cosa|che) (?:devo fare|faccio|bisogna fare)
= O que faço se {x}?
(?:se )?{x}[,.;:] o que (?:eu )?(?:faço|devo fazer|tenho que fazer|preciso fazer)
= Что делать, если {x}?
(?:если )?{x}[,.;:] (?:то )?что (?:мне )?(?:делать|нужно делать|надо делать)
= Co zrobić, jeśli {x}?
(?:jeśli |jeżeli |gdy )?{x}[,.;:] (?:to )?co (?:mam )?(?:zrobić|robić)
= ماذا أفعل إذا {x}؟
(?:إذا |لو )?{x}[،,.] ف?ماذا (?:أفعل|يجب أن أفعل|علي أن أفعل)
= Как {v} {x}?
{c} как (?:мне |можно )?$INF{v}
= {x} {v} için ne yapmalıyım?
{c} {mek} için ne (?:yapmalıyım|yapmam (?:gerekir|gerekiyor|gerek|lazım))
{c} {mek} (?:istiyorum|isterim)[,.] (?:bunu )?nasıl (?:yapabilirim|yaparım|yapmalıyım)
{c} nasıl {tr_verb}y?[ae]bilirim
= {x} açıkla.
{x} (?:açıklar mısın|açıklar mısınız|açıklayabilir misin|açıklayabilir misiniz)(?: lütfen)?
= {x} anlat.
{x} (?:anlatır mısın|anlatır mısınız|anlatabilir misin|anlatabilir misiniz)(?: lütfen)?
= {x} ne yapmalıyım?
{x},? ne (?:yapmalıyım|yapmam (?:gerekir|gerekiyor|gerek|lazım))
""",
    _RUSSIAN_INFINITIVE,
)
"""What is asked at the end of a text: what to do about what it tells."""

HAS_ENDING = (
    r"(?:\bfaire|dois faire|fais|fais quoi|hago|hacer|devo fare|faccio|bisogna fare|faço|fazer|делать|zrobić|robić|أفعل"
    r"|yapmalıyım|gerekir|gerekiyor|gerek|lazım|yapabilirim|yaparım|[ae]bilirim|mısın|mısınız|misin|misiniz"
    r"|как (?:мне |можно )?[^\W\d_]+(?:ть|ти|ться)|lütfen)[\s?!.؟]*$"
)
"""What a text ends with that may be one of those."""
