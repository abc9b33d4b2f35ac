"""Endings that make other forms of a word, by language. Data only; standard inflection, written for this project.

Endings for the other sex of a person, for the doer, or for the lack of something are left out: they make other words.
"""

from __future__ import annotations

ENDINGS: dict[str, frozenset[str]] = {
    language: frozenset(["", *endings.split()])
    for language, endings in {
        "en": "s es e ed d ing ion ions ation ations y ies ied ly ment ments al ally ance ence n en ity",
        "de": "e en em er es s n nen st t te ten et est ung ungen",
        "fr": "s e es x ée és ées é ent ez er ons ait aient ais ant ion ions ement r",
        "es": "o s es e en an ar er ir ando iendo é ó ado ados ido idos ción ciones mos r n",
        "it": "i re are ere ire ando endo ato ati ano ono zione zioni mo e",
        "pt": "o s es e em am ar er ir ando endo indo ei ou ado ados ido ção ções r m",
        "nl": "e en s n t d de den ing ingen te ten",
        "pl": "a ą ę e i y u o owi em ie ego emu ej ych ym ymi ami ach ów om ć ł ła ło li ły m sz my cie ją w",
        "ru": "а я ы и у ю е о ой ей ом ем ам ям ов ев ах ях ами ями ая ое ые ый ий ого его ому ему ую ть т ет ит ют "
        "ут ат ят л ла ло ли в м ю ешь ишь",
        "tr": "ı i u ü a e da de ta te dan den tan ten ın in un ün ım im um üm sı si su sü lar ler ları leri larım "
        "lerim mı mi r ar er ır ir yor ıyor iyor mak mek ım yı yi ya ye nın nin m n dir dır dur dür tir tır tur tür",
        "ar": "ه ها ي ة ات ين ون ا",
        "ko": "은 는 이 가 을 를 의 도 만 요 에 로 으로 와 과 나요 니다 예요 이에요 에요 인가요 입니까 입니다 야 이야 "
        "일까요 어요 아요 습니까 습니다 죠 지 까요 은가요 나 니",
    }.items()
}
TURNING_ENDINGS = frozenset(
    frozenset(pair)
    for pair in (
        ("o", "a"), ("os", "as"), ("", "a"), ("e", "a"), ("i", "e"), ("er", "in"), ("", "in"), ("r", "rin"),
        ("er", "erin"), ("y", "al"), ("ion", "al"), ("e", "al"), ("ity", "y"), ("ed", "er"),
    )
)  # fmt: skip
"""Pairs that may be two persons, or two things: hermano, hermana."""
DISTINCT_ENDINGS: dict[str, frozenset[str]] = {
    language: frozenset(endings.split())
    for language, endings in {
        "de": "te ten test",
        "nl": "te ten de den",
        "fr": "ait aient ais",
        "es": "ó",
        "pt": "ou",
        "pl": "ł ła ło li ły",
        "ru": "л ла ло ли",
        "tr": "dan den tan ten",
    }.items()
}
"""Endings of a past, or of where something comes from, which are no other form of the same: стоит, стоил."""
TURNING_ENDINGS_OF: dict[str, frozenset[frozenset[str]]] = {
    language: frozenset(frozenset(pair.strip().split("/")) for pair in pairs.split(","))
    for language, pairs in {
        "ar": "/ة, ه/ها, ه/ي, ها/ي, ين/ات",
        "fr": "/e",
        "es": "o/as, o/es",
        "pt": "o/as, o/es",
        "de": "e/st",
        "ru": "ю/ешь, ю/ишь, у/ешь, у/ишь",
        "ko": "도/야, 도/만, /만",
        "tr": "ım/ın, im/in, um/un, üm/ün",
    }.items()
}
"""Those of one language: a teacher and a woman who is one (معلم, معلمة); what I do and what you do (hablo, hablas)."""
