"""Words by which a question asks something else though its subject stays: not, all, only. Data only.

Own knowledge of each language. In `QUANTIFIERS` words stand after their meaning, which has the same
name in all languages. Japanese, Chinese, Thai and Korean negations are endings or parts of words: see also `negation`.
"""

from __future__ import annotations

from typing import Final

from aicache.guards.lexicon.tables import named, words

NEGATIONS: Final = words(
    {
        "en": "not no never none nor neither nobody nothing nowhere without cannot hardly",
        "de": """
nicht kein keine keinen keinem keiner keines nie niemals niemand nichts nirgends nirgendwo ohne weder kaum
""",
        "fr": "ne n pas jamais aucun aucune rien sans ni nulle_part",
        "es": "no nunca jamás ningún ninguno ninguna nada nadie sin ni tampoco",
        "it": "non mai nessuno nessuna nessun niente nulla senza né neanche nemmeno",
        "pt": "não nunca jamais nenhum nenhuma nada ninguém sem nem tampouco",
        "nl": "niet geen nooit niemand niets nergens zonder noch nauwelijks",
        "pl": "nie nigdy żaden żadna żadne żadnego żadnej nikt nic nigdzie bez ani",
        "ru": "не нет ни никогда никто ничего ничто нигде никакой никакая нельзя без",
        "tr": "değil yok hiçbir asla hiçbir_zaman hiç_kimse hiçbir_şey olmayan olmaz",
        "ar": "لا لم لن ليس ليست غير بدون أبدا ابدا دون عدم",
        "ko": "안 못 없이 없는 없나요 없다 않는 않고 않나요 아닌 아니 말고",
        "ja": "ない ません なく なし ず ぬ 不 無 非 決して 誰も 何も",
        "th": "ไม่ ไม่มี ไม่ใช่ ไม่เคย ไม่ได้ ห้าม อย่า ไร้ ปราศจาก",
        "zh": "不 没 无 非 别 未 勿 莫 从不 从未 绝不 没人 不能 不会 不要",
        "zh-tw": "不 沒 無 非 別 未 勿 從不 從未 絕不 沒人 甭",
    }
)
"""What negates. An even number of them in one sentence may cancel out."""

QUANTIFIERS: Final = named(
    {
        "en": """
all: all every each everyone everybody everything; some: some certain several; any: any anyone anybody anything
none: none nobody nothing; only: only just solely merely; also: also too; always: always
sometimes: sometimes occasionally; often: often frequently usually; rarely: rarely seldom; never: never; both: both
most: most; least: least; more: more; less: less fewer; first: first firstly; last: last lastly; next: next
other: other another else; same: same; enough: enough; again: again; still: still yet; many: many much
few: few little
""",
        "de": """
all: alle alles allen aller jeder jede jedes jeden jedem sämtliche; some: einige manche etliche mehrere
any: irgendein irgendeine irgendwelche irgendjemand; none: keiner niemand nichts
only: nur lediglich bloss ausschliesslich; also: auch ebenfalls; always: immer stets
sometimes: manchmal gelegentlich; often: oft häufig meistens; rarely: selten; never: nie niemals
both: beide beiden beides; most: meisten meiste am_meisten; least: wenigsten wenigste am_wenigsten; more: mehr
less: weniger; first: erste ersten erster erstes zuerst; last: letzte letzten letzter letztes zuletzt
next: nächste nächsten nächster nächstes; other: andere anderen anderer anderes; same: gleiche gleichen selbe selben
enough: genug genügend; again: wieder nochmal; still: noch immer_noch; many: viele viel vielen; few: wenige wenig
""",
        "fr": """
all: tout tous toute toutes chaque; some: quelques certains certaines plusieurs
any: n'importe_quel n'importe_quelle n'importe_qui quelconque; none: aucun aucune personne rien
only: seulement uniquement seul seule; also: aussi également; always: toujours; sometimes: parfois quelquefois
often: souvent fréquemment habituellement; rarely: rarement; never: jamais; both: les_deux
most: la_plupart le_plus la_plus les_plus; least: le_moins la_moins les_moins; more: plus davantage; less: moins
first: premier première premiers premières; last: dernier dernière derniers dernières
next: prochain prochaine suivant suivante; other: autre autres; same: même mêmes; enough: assez suffisamment
again: à_nouveau; still: encore; many: beaucoup nombreux; few: peu
""",
        "es": """
all: todo todos toda todas cada; some: algunos algunas algún alguna varios varias; any: cualquier cualquiera
none: ninguno ninguna ningún nadie nada; only: solo sólo solamente únicamente; also: también; always: siempre
sometimes: a_veces en_ocasiones; often: a_menudo frecuentemente normalmente; rarely: rara_vez raramente
never: nunca jamás; both: ambos ambas; most: la_mayoría; least: al_menos; more: más; less: menos
first: primero primera primer primeros; last: último última últimos últimas; next: próximo próxima siguiente
other: otro otra otros otras; same: mismo misma mismos mismas; enough: suficiente bastante; again: otra_vez de_nuevo
still: todavía aún; many: muchos muchas mucho mucha; few: pocos pocas poco poca
""",
        "it": """
all: tutto tutti tutta tutte ogni ciascuno ognuno; some: alcuni alcune qualche diversi
any: qualsiasi qualunque chiunque; none: nessuno nessuna niente nulla; only: solo soltanto solamente unicamente
also: anche pure; always: sempre; sometimes: a_volte talvolta qualche_volta; often: spesso frequentemente di_solito
rarely: raramente; never: mai; both: entrambi entrambe; most: la_maggior_parte la_maggioranza; least: almeno
more: più; less: meno; first: primo prima_volta primi; last: ultimo ultima ultimi ultime
next: prossimo prossima successivo; other: altro altra altri altre; same: stesso stessa stessi stesse
enough: abbastanza sufficiente; again: di_nuovo; still: ancora; many: molti molte molto molta
few: pochi poche poco poca
""",
        "pt": """
all: todo todos toda todas tudo cada; some: alguns algumas algum alguma vários várias; any: qualquer quaisquer
none: nenhum nenhuma ninguém nada; only: só somente apenas unicamente; also: também; always: sempre
sometimes: às_vezes de_vez_em_quando; often: frequentemente geralmente muitas_vezes; rarely: raramente
never: nunca jamais; both: ambos ambas; most: a_maioria; least: pelo_menos; more: mais; less: menos
first: primeiro primeira primeiros; last: último última últimos últimas; next: próximo próxima seguinte
other: outro outra outros outras; same: mesmo mesma mesmos mesmas; enough: suficiente bastante
again: de_novo novamente; still: ainda; many: muitos muitas muito muita; few: poucos poucas pouco pouca
""",
        "nl": """
all: alle alles iedereen elke elk iedere ieder; some: sommige enkele enige verschillende
any: willekeurig welke_dan_ook; none: niemand niets geen_enkele; only: alleen slechts enkel; also: ook eveneens
always: altijd; sometimes: soms af_en_toe; often: vaak meestal; rarely: zelden; never: nooit; both: beide allebei
most: meeste; least: minste; more: meer; less: minder; first: eerste; last: laatste; next: volgende
other: andere ander; same: dezelfde hetzelfde; enough: genoeg voldoende; again: opnieuw weer; still: nog nog_steeds
many: veel vele; few: weinig
""",
        "pl": """
all: wszystko wszystkie wszyscy wszystkich każdy każda każde każdego; some: niektóre niektórzy niektórych kilka
any: jakikolwiek jakakolwiek jakiekolwiek ktokolwiek dowolny; none: żaden żadna żadne nikt nic
only: tylko jedynie wyłącznie; also: też także również; always: zawsze; sometimes: czasem czasami niekiedy
often: często zwykle zazwyczaj; rarely: rzadko; never: nigdy; both: oba obie oboje obydwa
most: większość najwięcej najbardziej; least: najmniej; more: więcej bardziej; less: mniej
first: pierwszy pierwsza pierwsze pierwszego pierwszej; last: ostatni ostatnia ostatnie ostatniego ostatniej
next: następny następna następne kolejny; other: inny inna inne innych; same: ten_sam ta_sama to_samo
enough: dość wystarczająco; again: znowu ponownie; still: nadal wciąż jeszcze; many: wiele wielu dużo
few: mało niewiele
""",
        "ru": """
all: все всё всех всем каждый каждая каждое каждого; some: некоторые некоторых несколько
any: любой любая любое любого какой-либо; none: никто ничто ничего никакой; only: только лишь исключительно
also: также тоже; always: всегда; sometimes: иногда порой; often: часто обычно; rarely: редко; never: никогда
both: оба обе обоих; most: большинство больше_всего; least: меньше_всего наименее; more: больше более
less: меньше менее; first: первый первая первое первые первого первой
last: последний последняя последнее последние последнего последней; next: следующий следующая следующее следующие
other: другой другая другое другие других; same: тот_же та_же то_же те_же одинаковый; enough: достаточно хватит
again: снова опять; still: ещё еще по-прежнему; many: много многие многих; few: мало немного
""",
        "tr": """
all: bütün tüm hepsi her herkes; some: bazı kimi birkaç; any: herhangi herhangi_bir; none: hiçbiri hiç_kimse
only: sadece yalnızca yalnız; also: ayrıca dahi; always: her_zaman daima; sometimes: bazen ara_sıra
often: sık_sık genellikle; rarely: nadiren; never: asla hiçbir_zaman; both: her_ikisi ikisi_de
most: çoğu en_çok en_fazla; least: en_az; more: daha_fazla daha_çok; less: daha_az; first: ilk birinci
last: son sonuncu; next: sonraki gelecek; other: diğer başka öteki; same: aynı; enough: yeterli yeterince
again: tekrar yine; still: hâlâ hala henüz; many: çok birçok; few: az
""",
        "ar": """
all: كل جميع كافة; some: بعض عدة; any: أي اي أحد; none: لا_أحد لا_شيء; only: فقط; also: أيضا كذلك; always: دائما
sometimes: أحيانا; often: غالبا كثيرا عادة; rarely: نادرا; never: أبدا مطلقا; both: كلا كلتا كلاهما; most: معظم أغلب
least: على_الأقل; more: أكثر اكثر المزيد; less: أقل اقل; first: أول الأول الأولى; last: آخر الأخير الأخيرة
next: التالي القادم المقبل; other: آخرون أخرى غيره; same: نفس ذات; enough: كاف كافية يكفي; again: مجددا ثانية
still: لا_يزال ما_زال; many: كثير العديد; few: قليل القليل
""",
        "ko": """
all: 모든 모두 전부 다 매 각; some: 일부 어떤 몇몇; any: 아무 어느; none: 아무도 아무것도; only: 오직 오로지 만 뿐
also: 또한 역시; always: 항상 언제나 늘; sometimes: 가끔 때때로; often: 자주 보통; rarely: 드물게; never: 절대 결코
both: 둘_다 양쪽; most: 대부분 가장_많은; least: 최소 가장_적은; more: 더; less: 덜; first: 첫 첫번째 처음
last: 마지막; next: 다음; other: 다른; same: 같은 동일한; enough: 충분히 충분한; again: 다시 또; still: 아직 여전히
many: 많은 많이; few: 적은
""",
        "ja": """
all: すべて 全て 全部 全員 みんな 毎 各; some: いくつか 一部 ある; any: どれでも 誰でも 任意; none: 誰も 何も 一つも
only: だけ のみ しか; also: も また; always: いつも 常に 必ず; sometimes: 時々 たまに; often: よく しばしば 普段
rarely: めったに; never: 決して 絶対に; both: 両方 どちらも; most: 最も 一番 ほとんど; least: 少なくとも 最低
more: もっと より; less: より少ない; first: 最初 初めて 第一; last: 最後; next: 次; other: 他 別 ほか; same: 同じ
enough: 十分; again: もう一度 再び; still: まだ; many: 多く たくさん; few: 少し
""",
        "th": """
all: ทั้งหมด ทุก ทุกคน; some: บาง บางส่วน; any: ใดๆ ใครก็ได้; none: ไม่มีใคร ไม่มีอะไร; only: เท่านั้น เพียง แค่
also: ด้วย เช่นกัน; always: เสมอ ตลอด; sometimes: บางครั้ง; often: บ่อย มักจะ; rarely: นานๆครั้ง; never: ไม่เคย
both: ทั้งสอง ทั้งคู่; most: ส่วนใหญ่ ที่สุด; least: อย่างน้อย; more: มากกว่า; less: น้อยกว่า; first: แรก
last: สุดท้าย; next: ถัดไป; other: อื่น; same: เดียวกัน เหมือนกัน; enough: เพียงพอ; again: อีกครั้ง; still: ยัง
many: มาก หลาย; few: น้อย
""",
        "zh": """
all: 所有 全部 全都 每 每个 各 都; some: 一些 有些 某些 部分; any: 任何 任意 随便; none: 没有人 没人
only: 只 仅 仅仅 只有 唯一; also: 也 还 同时; always: 总是 一直 始终; sometimes: 有时 有时候 偶尔
often: 经常 常常 通常; rarely: 很少 罕见; never: 从不 从来不 绝不; both: 两个都 双方 两者
most: 最 大多数 大部分 最多; least: 最少 至少; more: 更 更多; less: 更少; first: 第一 首先 首次; last: 最后
next: 下一; other: 其他 其它 另外 别的; same: 相同 同样 一样; enough: 足够 够; again: 再 再次 又; still: 仍 仍然 依然
many: 许多 很多; few: 几个 少数
""",
        "zh-tw": """
all: 所有 全部 每個 全都; some: 一些 有些; any: 任何; only: 只 僅 只有; also: 也 還; always: 總是 一直
sometimes: 有時 有時候 偶爾; often: 經常 常常; never: 從不 從來不; both: 兩者; other: 其他 其它 另外; same: 相同 一樣
enough: 足夠; again: 再 再次
""",
    }
)
"""Amounts, frequencies and orders, by meaning."""
