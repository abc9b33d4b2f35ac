"""Words that carry no meaning of their own, by language: articles, copulas, particles, dummy subjects. Data only.

Own knowledge of each language's standard grammar. None of them negates, counts, compares, points in a direction or in
time, names a person (I, he, my), or asks (who, how). Of the prepositions only those that join nouns are listed (of, de,
von): a route or an order is told by the others.
"""

from __future__ import annotations

from typing import Final

from aicache.guards.lexicon.tables import words

_FUNCTION_WORDS = {
    "en": """
a an the is are am be been being do does did has have had having will would can could that there it its of s
""",
    "de": """
der die das den dem des ein eine einen einem einer eines ist sind sein wird werden es man so denn doch mal
eigentlich eben halt ja dass kann können könnte könnten hat haben von sich
""",
    "fr": """
le la les l un une des du de d est sont être c ce cela ça y on qu que se s t ont avoir peut peuvent pourrait donc
""",
    "es": "el la los las lo un una unos unas de del es son ser está están estar hay ha han que se pues puede pueden",
    "it": """
il lo la i gli le l un uno una di del dello della dei degli delle d è sono essere c ci ha hanno che si può possono
""",
    "pt": "o os as um uma uns umas de do da dos das é são ser está estão estar há que se pode podem então",
    "nl": "de het een is zijn wordt worden er dat men te van kan kunnen heeft hebben zich dan toch eens eigenlijk",
    "pl": "jest są być to się że czy można może mogą ma mają ten ta te właściwie",
    "tr": "bir mi mı mu mü midir mıdır mudur müdür dir dır dur dür tir tır tur tür olan ki ise acaba",
    "ru": "это этот эта эти есть быть является являются ли же что бы может могут вот то как_бы",
    "ar": "ال هو هي هل إن أن ان قد يا ذلك هذا هذه الذي التي يكون تكون يمكن",
    "ko": "은 는 의 그 것 건 게 수 있나요 인가요 입니까 이에요 예요 건가요 나요 까요 요 이란 란",
    "ja": "は の です ます か だ である のは という って こと もの ね よ ん のか",
    "th": "ครับ ค่ะ คะ นะ จ้ะ ที่ ซึ่ง ว่า เป็น คือ ก็ ล่ะ น่ะ สิ อะ",
    "zh": "的 地 得 了 着 吗 呢 吧 啊 呀 哦 嘛 么 是 就 都是 一个 那个 这个 啦 呗 的话",
    "zh-tw": "的 了 嗎 呢 吧 啊 呀 喔 囉 啦 耶 唷 欸 是 一個 這個 那個 的話",
}
FUNCTION_WORDS: Final = words(_FUNCTION_WORDS)

ROLE_PARTICLES: Final = words(
    {
        "ja": "が を に へ で と より から まで も",
        "ko": "이 가 을 를 에 에서 에게 한테 께 로 으로 와 과 랑 도 만 까지 부터 보다",
    }
)
"""Particles for the part of a noun: who does it, to whom, whither. Not harmless where the nouns change places."""

_QUESTION_FRAMES = {
    "en": "what_is what_are what_s which_is which_are what_does what_do how_do how_does how_to how_can",
    "de": "was_ist was_sind wie_ist wie_sind welches_ist wie_kann wie_macht",
    "fr": """
qu'est-ce_que qu'est-ce_qu qu'est-ce_qui est-ce_que est-ce_qu quel_est quelle_est quels_sont quelles_sont c'est_quoi
""",
    "es": "qué_es qué_son cuál_es cuáles_son cómo_es cómo_son cómo_se",
    "it": "che_cos'è cos'è cosa_è qual_è quali_sono com'è come_si",
    "pt": "o_que_é o_que_são qual_é quais_são como_é como_são como_se",
    "nl": "wat_is wat_zijn welke_is hoe_is",
    "pl": "co_to_jest co_to jaki_jest jaka_jest jakie_jest jakie_są",
    "tr": "nedir nelerdir ne_demek hangisidir kimdir",
    "ru": "что_такое что_это какой какая какое какие каков какова каковы",
    "ar": "ما_هو ما_هي من_هو من_هي ما",
    "ko": "무엇인가요 무엇입니까 뭐예요 뭔가요 뭐야 무엇이에요",
    "ja": "とは何ですか とは何 とは は何ですか は何 何ですか って何 ってなに とはなんですか",
    "th": "คืออะไร คือ อะไรคือ เป็นอย่างไร",
    "zh": "是什么 什么是 是啥 是什么意思 是多少 有哪些",
    "zh-tw": "是什麼 什麼是 是啥 是多少 有哪些",
}
QUESTION_FRAMES: Final = words(_QUESTION_FRAMES)
"""How a question opens or ends that asks what something is; two texts may differ in it."""
