"""Small words that decide what is asked, by kind and language. Data only.

Standard grammar of each language, written for this project. ``word word = value``: words of one value mean the same.
"""

from __future__ import annotations

PREPOSITIONS = {
    "en": "before=before after=after until=until till=until since=since during=during without=without with=with "
    "from=from to=to into=to toward=to towards=to over=over above=over under=under below=under "
    "beneath=under against=against through=through between=between among=between except=except "
    "besides=besides despite=despite on=on onto=on upon=on off=off up=up down=down out=out in=in inside=in within=in "
    "outside=out unless=unless if=if of=of for=for by=by about=about as=as at=at near=near behind=behind beside=near "
    "beyond=beyond across=across along=along around=around per=per than=than because=because although=although "
    "while=while",
    "de": "vor=before nach=after bis=until seit=since während=during ohne=without mit=with von=from vom=from aus=out "
    "zu=to zum=to zur=to über=over unter=under gegen=against durch=through zwischen=between außer=except "
    "trotz=despite auf=on an=at am=at ein=in in=in im=in ins=in ab=off bei=by beim=by für=for um=around hinter=behind "
    "neben=near wenn=if falls=if weil=because obwohl=although",
    "fr": "avant=before après=after jusque=until jusqu=until depuis=since pendant=during sans=without avec=with "
    "sur=over sous=under contre=against entre=between sauf=except malgré=despite vers=to dans=in en=in "
    "dehors=out à=to au=to aux=to de=of d=of du=of par=by pour=for chez=by derrière=behind si=if quoique=although",
    "es": "antes=before después=after despues=after hasta=until desde=from durante=during sin=without con=with "
    "sobre=over bajo=under contra=against entre=between salvo=except hacia=to a=to al=to de=of del=of en=in por=by "
    "para=for tras=behind si=if",
    "it": "prima=before dopo=after fino=until durante=during senza=without con=with sopra=over sotto=under "
    "contro=against tra=between fra=between tranne=except verso=to a=to al=to allo=to alla=to ai=to agli=to alle=to "
    "di=of da=from dal=from dallo=from dalla=from dai=from dagli=from dalle=from in=in nel=in nella=in nei=in nelle=in "
    "nello=in su=on sul=on sulla=on sui=on sulle=on per=for dietro=behind se=if",
    "pt": "antes=before depois=after após=after até=until desde=since durante=during sem=without com=with sobre=over "
    "sob=under contra=against entre=between exceto=except ao=to aos=to à=to às=to para=to pra=to de=of do=of da=of "
    "dos=of das=of em=in no=in na=in nos=in nas=in num=in numa=in por=by pelo=by pela=by pelos=by pelas=by "
    "atrás=behind se=if",
    "nl": "voor=before na=after tot=until sinds=since tijdens=during zonder=without met=with van=from naar=to "
    "boven=over onder=under tegen=against tussen=between behalve=except aan=on uit=off in=in op=at bij=by om=around "
    "door=by over=about achter=behind naast=near als=if omdat=because hoewel=although",
    "pl": "przed=before po=after do=to od=from podczas=during bez=without z=with ze=with nad=over pod=under "
    "przeciw=against między=between oprócz=except na=on w=in we=in o=about dla=for przez=by za=behind przy=near u=near "
    "jeśli=if jeżeli=if",
    "ru": "до=before перед=before после=after от=from из=from с=with со=with без=without во=in в=in на=on над=over "
    "под=under против=against между=between кроме=except для=for к=to ко=to о=about об=about у=near при=near "
    "за=behind через=through если=if",
    "tr": "önce=before sonra=after kadar=until beri=since sırasında=during olmadan=without dan=from den=from tan=from "
    "ten=from ya=to ye=to",
    "ar": "قبل=before بعد=after حتى=until منذ=since خلال=during بدون=without من=from إلى=to الى=to فوق=over "
    "تحت=under ضد=against على=on في=in عن=about مع=with بين=between عند=near",
    "ko": "",
}
SAID_ANYWHERE = frozenset(
    "unless in on at to with if between over through up down out off from through into of for by about as near behind "
    "beyond across along around per than because although while".split()
)
"""Values that one of two texts may lack; two of them on both sides still are a difference."""

QUANTIFIERS = {
    "en": "all=all every=all each=all everyone=all everybody=all everything=all always=all some=some "
    "someone=some sometimes=some several=some few=few any=any only=only just=only most=most mostly=most "
    "least=least fewest=least none=none never=never nobody=none both=both either=either neither=neither "
    "half=half rarely=rarely seldom=rarely often=often usually=often frequently=often more=more less=less "
    "fewer=less also=also too=also again=again still=still already=already other=other another=other else=other "
    "same=same almost=almost nearly=almost exactly=exactly",
    "de": "alle=all alles=all jeder=all jede=all jedes=all immer=all einige=some manche=some manchmal=some "
    "nur=only wenige=few meisten=most keiner=none nie=never niemals=never beide=both oft=often "
    "selten=rarely mehr=more weniger=less auch=also mindestens=least höchstens=most",
    "fr": "tous=all toutes=all tout=all toute=all chaque=all toujours=all certains=some certaines=some quelques=some "
    "parfois=some seulement=only uniquement=only aucun=none aucune=none jamais=never souvent=often rarement=rarely "
    "plus=more moins=less aussi=also",
    "es": "todos=all todas=all todo=all toda=all cada=all siempre=all algunos=some algunas=some algún=some solo=only "
    "sólo=only solamente=only ninguno=none ninguna=none ningún=none nunca=never jamás=never frecuentemente=often "
    "raramente=rarely más=more menos=less también=also ambos=both veces=some",
    "it": "tutti=all tutte=all tutto=all ogni=all sempre=all alcuni=some alcune=some qualche=some solo=only "
    "soltanto=only nessuno=none nessuna=none mai=never spesso=often raramente=rarely più=more meno=less "
    "anche=also entrambi=both",
    "pt": "todos=all todas=all todo=all toda=all cada=all sempre=all alguns=some algumas=some só=only "
    "somente=only apenas=only nenhum=none nenhuma=none nunca=never raramente=rarely mais=more menos=less "
    "também=also ambos=both vezes=some",
    "nl": "alle=all alles=all elk=all elke=all ieder=all iedere=all altijd=all sommige=some enkele=some "
    "soms=some alleen=only slechts=only geen=none nooit=never vaak=often zelden=rarely meer=more "
    "minder=less ook=also beide=both",
    "pl": "wszystkie=all wszyscy=all każdy=all każda=all każde=all zawsze=all niektóre=some niektórzy=some "
    "czasami=some tylko=only żaden=none żadna=none nigdy=never często=often rzadko=rarely więcej=more "
    "mniej=less również=also także=also",
    "ru": "все=all всё=all каждый=all каждая=all каждое=all всегда=all некоторые=some иногда=some только=only "
    "никакой=none никогда=never часто=often редко=rarely больше=more меньше=less также=also тоже=also "
    "оба=both",
    "tr": "bütün=all tüm=all her=all hep=all daima=all bazı=some bazen=some sadece=only yalnızca=only hiç=none "
    "asla=never sık=often nadiren=rarely daha=more az=less",
    "ar": "كل=all جميع=all دائما=all دائماً=all بعض=some أحيانا=some أحياناً=some فقط=only أبدا=never "
    "أبداً=never غالبا=often نادرا=rarely أكثر=more أقل=less أيضا=also",
    "ko": "모든=all 모두=all 항상=all 언제나=all 매번=all 일부=some 몇몇=some 가끔=some 때때로=some 오직=only "
    "절대=never 결코=never 자주=often 드물게=rarely 더=more 덜=less 또한=also",
}
ONE_SIDED = frozenset(
    "only most least none never rarely both either neither half less few other same almost again".split()
)
"""Quantifiers that change what is asked also where only one text has one."""

MODALS = {
    "en": "can=can could=can able=can may=may might=may must=must should=should ought=should shall=should "
    "have_to=must has_to=must had_to=must need=must will=will would=will",
    "de": "kann=can kannst=can können=can könnte=can darf=may darfst=may dürfen=may muss=must musst=must müssen=must "
    "soll=should sollte=should sollen=should will=want möchte=want",
    "fr": "peut=can peux=can puis=can pouvons=can pourrait=can doit=must dois=must devons=must faut=must "
    "devrait=should devrais=should",
    "es": "puedo=can puede=can puedes=can podría=can debo=must debe=must tengo=must hay_que=must "
    "tiene_que=must debería=should",
    "it": "posso=can può=can puoi=can potrei=can devo=must deve=must dovrei=should",
    "pt": "posso=can pode=can podes=can poderia=can devo=must deve=must preciso=must tenho_que=must "
    "tem_que=must deveria=should",
    "nl": "kan=can kun=can kunt=can mag=may moet=must moeten=must zou=should",
    "pl": "mogę=can może=can można=can muszę=must musi=must trzeba=must powinienem=should powinno=should",
    "ru": "могу=can может=can можно=can должен=must должна=must нужно=must надо=must следует=should",
}

UNSPACED_MODALS = {
    "may": "てもいい|てもよい|ても良い|도 되|도 돼|可以",
    "must": "なければ|なくては|べき|야 하|야 되|야 돼|必须|一定要|必需|ต้อง",
    "can": "られます|ことができ|수 있|ได้",
    "should": "ほうがいい|ควร|应该|应当",
}
"""The same inside a text, where words are not told by spaces."""

PRONOUNS = {
    "en": "he=he him=he his=he himself=he she=she her=she hers=she herself=she",
    "de": "er=he ihn=he ihm=he sein=he seine=he seinen=he seinem=he",
    "fr": "il=he lui=he elle=she",
    "es": "él=he ella=she",
    "it": "lui=he lei=she",
    "pt": "ele=he dele=he ela=she dela=she",
    "nl": "hij=he hem=he zij=she haar=she",
    "pl": "on=he jego=he jemu=he ona=she jej=she",
    "ru": "он=he его=he ему=he она=she её=she ее=she ей=she",
    "ar": "هو=he هي=she",
    "ko": "그는=he 그가=he 그의=he 그녀는=she 그녀가=she 그녀의=she",
}
UNSPACED_PRONOUNS = {
    "他": "he",
    "她": "she",
    "彼は": "he",
    "彼が": "he",
    "彼の": "he",
    "彼女": "she",
    "เขา": "he",
    "เธอ": "she",
}
