"""What question words ask for, by language. Data only; written for this project.

``type: words``; the types have one name in all languages. Words that also relate (que, die, der, co) are left out, and
so is what is asked for with "what", which may be anything. ``_`` is a space.
"""

from __future__ import annotations

QUESTION_WORDS = {
    "de": """
why: warum wieso weshalb wozu; when: wann; where: wo wohin woher; who: wer wen wem wessen; how: wie
many: wie_viel wie_viele wieviel wieviele; long: wie_lange; often: wie_oft; far: wie_weit; old: wie_alt; tall: wie_hoch
""",
    "fr": "why: pourquoi; when: quand; where: où; who: qui; how: comment; many: combien; long: combien_de_temps",
    "es": """
why: por_qué; when: cuándo; where: dónde adónde; who: quién quiénes; how: cómo; many: cuánto cuánta cuántos cuántas
long: cuánto_tiempo
""",
    "it": """
why: perché; when: quando; where: dove; who: chi; how: come; many: quanto quanta quanti quante; long: quanto_tempo
""",
    "pt": """
why: por_que porque porquê por_quê; when: quando; where: onde aonde; who: quem; how: como
many: quanto quanta quantos quantas; long: quanto_tempo
""",
    "nl": """
why: waarom; when: wanneer; where: waar waarheen; who: wie; how: hoe; many: hoeveel; long: hoelang hoe_lang
often: hoe_vaak; far: hoe_ver; old: hoe_oud
""",
    "pl": """
why: dlaczego czemu; when: kiedy; where: gdzie dokąd skąd; who: kto kogo komu; how: jak; many: ile
long: jak_długo; often: jak_często
""",
    "ru": """
why: почему зачем отчего; when: когда; where: где куда откуда; who: кто кого кому кем; how: как; many: сколько
long: как_долго; often: как_часто
""",
    "tr": """
why: neden niçin niye; when: ne_zaman; where: nerede nereye nereden; who: kim kimi kime kimin; how: nasıl
many: kaç ne_kadar; long: ne_kadar_sürer
""",
    "ar": "why: لماذا; when: متى; where: أين اين; how: كيف; many: كم",
    "ko": """
why: 왜; when: 언제; where: 어디 어디서 어디에 어디에서 어디로; who: 누가 누구 누구를; how: 어떻게; many: 몇 얼마
long: 얼마나_오래
""",
    "ja": """
why: なぜ どうして なんで; when: いつ; where: どこ; who: 誰 だれ; how: どうやって どのように どうすれば
many: いくら いくつ どのくらい どれくらい
""",
    "th": "why: ทำไม; when: เมื่อไร เมื่อไหร่; where: ที่ไหน; who: ใคร; how: อย่างไร ยังไง; many: เท่าไร เท่าไหร่ กี่",
}
