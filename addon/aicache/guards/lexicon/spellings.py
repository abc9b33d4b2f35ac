"""Two spellings of one word, of which neither is another word. Data only; standard spelling of each language."""

from __future__ import annotations

CONTRACTIONS = """
what's:what is
who's:who is
where's:where is
how's:how is
when's:when is
why's:why is
that's:that is
there's:there is
i'm:i am
i've:i have
i'll:i will
you're:you are
you've:you have
we're:we are
they're:they are
don't:do not
doesn't:does not
didn't:did not
isn't:is not
aren't:are not
wasn't:was not
weren't:were not
can't:cannot
couldn't:could not
shouldn't:should not
wouldn't:would not
won't:will not
haven't:have not
hasn't:has not
"""
"""English words that are written apart just as well."""

VARIANTS = """
über=ueber für=fuer können=koennen könnte=koennte könnten=koennten könnt=koennt möchte=moechte möchten=moechten
wäre=waere wären=waeren hätte=haette hätten=haetten würde=wuerde würden=wuerden müssen=muessen müsste=muesste
dürfen=duerfen zurück=zurueck österreich=oesterreich münchen=muenchen köln=koeln zürich=zuerich düsseldorf=duesseldorf
nürnberg=nuernberg größte=groesste größe=groesse grösse=groesse grösste=groesste groß=gross heißt=heisst heißen=heissen
weiß=weiss daß=dass muß=muss straße=strasse schließen=schliessen außer=ausser außerdem=ausserdem dreißig=dreissig
öffnen=oeffnen ändern=aendern erklären=erklaeren gefährlich=gefaehrlich möglich=moeglich nächste=naechste später=spaeter
lösen=loesen löschen=loeschen hören=hoeren gehört=gehoert während=waehrend schön=schoen
être=etre même=meme après=apres très=tres français=francais française=francaise système=systeme problème=probleme
téléphone=telephone
méxico=mexico perú=peru japón=japon canadá=canada españa=espana teléfono=telefono número=numero contraseña=contrasena
también=tambien inglés=ingles francés=frances alemán=aleman corazón=corazon razón=razon jardín=jardin avión=avion
fácil=facil difícil=dificil rápido=rapido energía=energia tecnología=tecnologia biología=biologia psicología=psicologia
não=nao você=voce vocês=voces português=portugues informação=informacao função=funcao educação=educacao
coração=coracao são=sao
perchè=perché perche=perché città=citta qual'è=qual-è
"""
"""The left one is read as the right one, wherever it stands."""

FIRST_VARIANTS = """
cómo=como cuál=cual cuáles=cuales qué=que quién=quien quiénes=quienes cuándo=cuando dónde=donde cuánto=cuanto
cuánta=cuanta cuántos=cuantos cuántas=cuantas qual'è=qual-è perché=perché perchè=perché perche=perché
"""
"""As the first word of a question only: elsewhere, "como" and "cómo" are two words."""

YO_MATTERS = """
все небо осел мел чем узнает берег совершенный падеж лен слез нем тем всем чертов узнаем поем пет лет мед лед пес
истекший заем актер-а крестный признает передохнем передохнет вперед-о запорошенный отлет взлет полет
"""
"""Russian words with е that are not the same as those with ё."""
