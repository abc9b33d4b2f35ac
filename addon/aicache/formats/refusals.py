"""Recognizes a model's refusal by the usual opening words, for APIs that do not mark refusals. Pure.

An apology alone is no refusal: "I'm sorry to hear that" goes on to help, so each phrase includes the inability. An
answer that is taken for a refusal by mistake is stored for its own question, but answers no similar one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from aicache.formats.answer_content import strip_reasoning

_MAX_REFUSAL_CHARS = 400  # of an answer that does nothing but decline
_OPENING_CHARS = 200

_APOLOGY = re.compile(
    r"(?:(?:i'm|i am|we're|we are) (?:\w+ )?(?:sorry|afraid)|(?:my )?apologies|sorry|unfortunately|regrettably"
    r"|i (?:\w+ )?apologi[sz]e|as an? [^.!?]{0,40}?(?:ai|model|assistant|chatbot))\b"
)
_UNABLE = re.compile(
    r"\b(?:(?:i|we) (?:(?:really|simply|just|also|must|have to|need to|respectfully) ){0,2}"
    r"(?:can't|can ?not|won't|will not|decline|refuse"
    r"|(?:don't|do not) (?:have (?:access|the ability|enough|any)|feel|provide|assist|help|support)"
    r"|(?:am|are) (?:\w+ )?(?:unable|not (?:able|allowed|permitted|comfortable|in a position|going to)))"
    r"|(?:i'm|we're) (?:\w+ )?(?:unable|not (?:able|allowed|permitted|comfortable|in a position|going to))"
    r"|(?:that|this|it)(?:'s| is) (?:not )?(?:something|a request|a topic) (?:that )?i (?:can't|cannot|won't)"
    r"|(?:unable|not able) to\b)"
)
_MAX_CHARS_AFTER_APOLOGY = 80  # characters after an apology
_REFUSAL_OPENINGS = (
    # German
    r"(?:(?:es )?tut mir (?:sehr |wirklich )?leid|entschuldig\w*|leider|sorry|bedaure)\b.{0,60}?"
    r"\b(?:nicht|kein\w*|außerstande|unmöglich)\b",
    r"(?:ich|wir|dabei|damit|darauf|hierbei) (?:\w+ ){0,2}?(?:kann|können|darf|dürfen|werde|möchte)\b.{0,60}?"
    r"\b(?:nicht|kein\w*)\b",
    # French
    r"(?:(?:je suis |nous sommes )?(?:vraiment |sincèrement )?(?:désol|navr)\w*(?:\(e\))?|malheureusement|je regrette"
    r"|pardon|je m'excuse|excusez).{0,60}?\b(?:ne|n'|impossible|incapable)\b",
    r"(?:je|nous) (?:ne |n')(?:\w+ )?(?:peux|puis|pouvons|suis|sommes|veux|dois)\b",
    # Spanish, Portuguese, Italian
    r"(?:lo siento|lo lamento|lamento|lamentablemente|disculp\w*|perdón|desafortunadamente).{0,60}?"
    r"\b(?:no|imposible)\b",
    r"(?:yo )?no (?:me es posible|puedo|podemos|podré|estoy (?:autorizad|en condiciones|capacitad))\b",
    r"(?:(?:sinto|lamento|lamentamos) ?(?:muito)?|desculp\w*|infelizmente|perdão).{0,60}?\bn[ãa]o\b",
    r"(?:eu )?não (?:posso|podemos|consigo|estou autorizad|me é possível|sou capaz)\b",
    r"(?:mi (?:dispiace|spiace|scuso)|sono spiacente|purtroppo|scusa\w*|spiacente).{0,60}?\b(?:non|impossibile)\b",
    r"(?:io )?non (?:posso|possiamo|sono in grado|mi è possibile|riesco)\b",
    # Dutch, Polish, Turkish, Russian, Ukrainian
    r"(?:het spijt (?:me|mij)|sorry|helaas|excuses).{0,60}?\b(?:niet|geen)\b",
    r"(?:ik|daar|dat) (?:\w+ ){0,2}?(?:kan|mag|zal|kunnen)\b.{0,60}?\b(?:niet|geen)\b",
    r"(?:(?:bardzo )?przykro mi|przepraszam|niestety|wybacz).{0,60}?\bnie\b",
    r"nie (?:mogę|możemy|jestem w stanie|potrafię|wolno mi)\b",
    r"(?:üzgünüm|maalesef|özür dilerim|kusura bakma\w*|ne yazık ki).{0,100}?"
    r"(?:\w*(?:am[ıi]yor|em[iı]yor|amam|emem|amay|emey)\w*|mümkün değil)",
    r"(?:извин\w*|прост\w*|к сожалению|сожалею|мне (?:очень )?жаль).{0,60}?(?:\bне\b|невозможно)",
    r"я (?:\w+ )?не (?:могу|смогу|буду|имею|в состоянии)\b",
    r"(?:вибач\w*|перепрош\w*|на жаль|мені (?:дуже )?(?:шкода|жаль)).{0,60}?(?:\bне\b|неможливо)",
    r"я не (?:можу|зможу|буду)\b",
    # Arabic, Hindi
    r"(?:عذر|آسف|اسف|نأسف|أعتذر|اعتذر|المعذرة|للأسف|معذرة).{0,60}?(?:لا|لن|ليس|غير قادر|يتعذر)",
    r"(?:أنا )?(?:لا (?:أستطيع|استطيع|يمكنني|أقدر)|لن (?:أتمكن|أستطيع)|لست قادر|ليس بإمكاني)",
    r"(?:क्षमा|माफ|माफ़|खेद|मुझे खेद|मुझे अफ़?सोस).{0,80}?(?:नहीं|असमर्थ)",
    # Chinese, Japanese, Korean, Vietnamese, Thai
    r"(?:很|非常|十分|真的)?(?:抱歉|对不起|對不起|不好意思|遗憾|遺憾).{0,30}?(?:无法|無法|不能|不可以|没法|沒法|没有办法|不便|不会|不會|拒绝)",
    r"(?:作为.{0,20}?[,，])?\s*(?:我|本人|我们)(?:们)?(?:无法|無法|不能|不便|没法|沒法|没有办法|拒绝)",
    r"(?:大変)?(?:申し訳|すみません|すいません|ごめん|恐れ入り|残念).{0,60}?(?:できません|できない|出来ません|致しかね|いたしかね|かねます|お答えでき)",
    r".{0,50}?(?:죄송|미안|유감|안타깝).{0,80}?(?:수 없|없습니다|못합니다|어렵습니다|불가)",
    r"(?:(?:rất |thành thật )?(?:xin lỗi|tiếc)|rất tiếc).{0,60}?không",
    r"(?:tôi|mình) không thể\b",
    r"(?:ขออภัย|ขอโทษ|เสียใจ).{0,80}?ไม่",
)
_REFUSAL_OPENING = re.compile("|".join(f"(?:{each})" for each in _REFUSAL_OPENINGS))
_LEADING_MARKS = re.compile(r"[\s\"'«“„*_>#\-–—.…!¡¿:()\[\]⚠️❌🚫😔]+")


def any_refusal(texts: Iterable[str]) -> bool:
    """Tell whether one of several texts, each the whole text of a choice, is a refusal."""
    return any(map(is_refusal, texts))


def is_refusal(text: str) -> bool:
    """Tell whether a text is short and begins with the usual words of a refusal. A long one is not examined."""
    text = strip_reasoning(text).strip() if text.lstrip()[:1] == "<" else text.strip()
    if not text or len(text) > _MAX_REFUSAL_CHARS:
        return False
    head = " ".join(text[:_OPENING_CHARS].lower().replace("\u2019", "'").replace("\u02bc", "'").split())
    if (lead := _LEADING_MARKS.match(head)) is not None:
        head = head[lead.end() :]
    apology = _APOLOGY.match(head)
    if apology is not None and _UNABLE.search(head, apology.end(), apology.end() + _MAX_CHARS_AFTER_APOLOGY):
        return True
    return bool(_UNABLE.match(head) or _REFUSAL_OPENING.match(head))
