"""Words for the first person and the present, in the languages of the local encoder. Data only."""

from __future__ import annotations

FIRST_PERSON = """
i my mine me myself we our ours ourselves im ive ich mein meine meinen meinem meiner meines mir mich wir uns unser
unsere unseren unserem unserer unseres je j mon ma mes mien mienne miens moi nous notre nos yo mi mis mío mía míos
mías mí conmigo nosotros nosotras nuestro nuestra nuestros nuestras tengo debo soy estoy gasté compré pedí pagué io
mio mia miei mie noi ci nostro nostra nostri nostre ho devo eu meu minha meus minhas mim comigo nós nosso nossa
nossos nossas tenho sou estou gastei comprei pedi paguei ik mijn mij mezelf wij ons onze mój moja moje mojego mojej
mojemu moim moich moją moimi mnie mną nam nas nasz nasza nasze mam jestem wydałem wydałam kupiłem kupiłam zamówiłem
zamówiłam zapłaciłem zapłaciłam muszę płacę ben beni bana benim bende benden biz bizim bize я мой моя моё мое мои
моего моей моему моим моих мою моими моем моём меня мне мной мы наш наша наше наши нас нам нами أنا انا لي عندي لدي
نحن لنا عندنا لدينا معي مني عني علي إلي بي 내 제 나 저 나의 저의 내가 제가 나는 저는 나도 저도 나를 저를 나에게
저에게 내게 제게 나한테 저한테 우리 저희 우리의 저희의
"""

NOW = """
now current currently recent recently lately ago here nearby tonight today yesterday tomorrow jetzt hier vorhin
kürzlich morgen gestern heute maintenant ici récemment demain ahora aquí mañana ayer hoy adesso ieri oggi domani
agora ontem hoje amanhã nu vandaag gisteren teraz tutaj niedawno dziś dzisiaj jutro wczoraj şimdi burada bugün yarın
dün сейчас здесь недавно сегодня завтра вчера الآن الان هنا اليوم غدا أمس 지금 여기 방금
"""

ARABIC_OTHERS = """
الذي التي اللتي حتى حوالي تالي التالي بالتالي عادي شرقي غربي عربي العربي العربية كي لكي ثاني الثاني ماضي الماضي
رئيسي الرئيسي طبيعي الطبيعي يجري يأتي يعني ينبغي يكفي تكفي ذكي الذكي أساسي الأساسي إلكتروني الإلكتروني علمي العلمي
عالمي العالمي تلقائي حقيقي الحقيقي مجاني المجاني دولي الدولي
"""
"""Arabic words that end like a first-person possessive but are none."""

FRAMES = """
how do i / how can i / how could i / how should i / how would i / how might i / how must i / how do we / how can we
how should we / how may i / tell me / show me / give me / help me / let me know / explain to me / teach me
i want to know / i would like to know / i d like to know / i need to know / i wonder / i was wondering
i am wondering / i m wondering / i have a question / i am curious / i m curious / can i ask / may i ask
wie kann ich / wie könnte ich / wie mache ich / wie sollte ich / wie soll ich / sag mir / sagen sie mir
können sie mir sagen / kannst du mir sagen / erklär mir / erklären sie mir / ich möchte wissen / ich habe eine frage
hilf mir / comment puis je / comment je peux / comment pourrais je / comment dois je / dis moi / dites moi
pouvez vous me dire / peux tu me dire / explique moi / expliquez moi / je voudrais savoir / j aimerais savoir
j ai une question / aide moi / aidez moi / dime / me puedes decir / puedes decirme / me puede decir / explícame
me gustaría saber / tengo una pregunta / mi puoi dire / mi sai dire / mi può dire / vorrei sapere / come faccio
come posso / mi spieghi / ho una domanda / me diga / pode me dizer / me explique / me explica / você pode me dizer
eu gostaria de saber / tenho uma pergunta / hoe kan ik / hoe moet ik / hoe zou ik / vertel me / kun je me vertellen
kunt u mij vertellen / leg me uit / ik wil weten / ik heb een vraag / jak mogę / powiedz mi / proszę mi powiedzieć
czy możesz mi powiedzieć / wytłumacz mi / mam pytanie / bana söyle / bana anlat / bana açıkla / bana söyler misin
bana söyler misiniz / как мне / как я могу / скажи мне / скажите мне / расскажи мне / объясни мне / подскажи мне
подскажите мне / у меня вопрос / قل لي / لدي سؤال / عندي سؤال / 제가 어떻게 / 내가 어떻게 / 나에게 알려줘
저에게 알려주세요
"""
"""Frames in the first person of questions whose answer does not depend on the caller."""

DUTCH_WORDS = "een het de hoe van wat waarom waar wanneer kun kan moet"
"""In a text with one of these words, "je" is Dutch (you), not French (I)."""

FIRST_PERSON_UNSPACED = """
我 咱 俺 本人 私(?![人有立营募家下自密信营運運]) わたし わたくし あたし 僕 ぼく おれ 自分 我々 弊社 当社 小生 手元
ฉัน ผม ดิฉัน กระผม ข้าพเจ้า ของเรา พวกเรา ของหนู 现在 現在 目前 当前 當前 刚才 剛才 刚刚 剛剛 最近 附近 这里 這裡 今 昨
明天 明日 最新 この近く このへん さっき ただいま ตอนนี้ ที่นี่ แถวนี้
"""
"""Patterns for the first person and the present, for languages without spaces between words."""

FRAMES_UNSPACED = """
我怎么 我如何 我怎样 我该怎么 我该如何 我应该怎么 我应该如何 我想知道 我想问 我想请问 我想了解 告诉我 给我 帮我 教我
请教我 让我知道 我要怎么 我要如何 私に教えて 私はどうやって 私はどのように 自分で ฉันจะ ฉันสามารถ ผมจะ ผมสามารถ
ดิฉันจะ บอกฉัน บอกผม ช่วยฉัน ช่วยผม
"""

BEGINNINGS = """
balance overdraft overdrawn overdue unread inbox voicemail parcel shipment deliver invoice appointment meeting
reservation booking itinerary payslip paycheck salary wages upcoming remaining refund emails mails calendar reminder
weather traffic forecast price bitcoin ethereum delayed unpaid outstanding kontost guthaben paket päckchen sendung
lieferung bestellung rechnung termin besprechung posteingang ungelesen resturlaub urlaub gehalt kalender dienstplan
stundenplan buchung reservierung überzogen erinnerung nachrichten nächst vorig letzte vergangen verbleibend restlich
übrig fällig verspät wechselkurs aktienkurs spielstand mahnung colis livraison factur rendez réunion courriel messages
congés découvert prochain dernier dernière suivant précédent restant restent salaire virements bouchon embouteillage
agenda réservation solde rappels impayé pacch pacco consegn spedizion fattur bollett appuntament riunion ferie restano
rimanent rimang prossim scors successiv scadenz promemoria messaggi stipendi quotazion punteggi traffico prenotazion
arretrat saldo paquete envío pedido reunión correo mensaje vacacion quedan próxim últim siguiente pendient cotizaci
marcador tráfico nómina anterior reserva vencid recordatorio horario encomend pacote entrega reunião mensage correio
férias seguinte restam restante cotação trânsito placar salário boleto lembrete vencim pakket pakje bezorg levering
afspra vergader ongelezen berichten vakantiedag verlof volgend vorige laatste resterend koers salaris rooster
reservering herinnering achterstall paczk przesył dostaw zamówi faktur rachunk wizyt spotkani skrzynk nieprzeczyt
wiadomoś urlop następn ostatni poprzedni pozosta zosta kursy korki debet wypłat rezerwac kalendarz zaległ баланс
посылк доставк заказ выписк встреч совещан непрочит сообщен отпуск следующ последн предыдущ прошл остал остат курс
пробк зарплат запис брониров расписан календар напоминан задолжен bakiye kargo sipariş fatura randevu toplantı
okunmamış mesaj iznim izin borc borç sonraki önceki kaldı kalan trafik skoru maaş rezervasyon hatırlat takvim vadesi
gecik schedul precedente precedenti facturen factuur почтов timetab
"""
"""Beginnings of words for things that usually belong to a person, and for the last or next one of a kind."""

PHRASES = """
status / reply / replies / replied / the bus / the tram / bus come / bus leave / train leave / train arrive / any new
shop open / store open / bank open / pharmacy open / office open / library open / restaurant open / gym open
how much is / how much are / how much does / how much do / wie steht / pünktlich / was kostet / wie viel kostet
wieviel kostet / combien coûte / combien coûtent / combien vaut / cuánto cuesta / cuánto vale / quanto costa
quanto vale / quanto custa / hoeveel kost / apotheek open / winkel open / ile kosztuje / ile kosztują / kaç para
сколько стоит / сколько стоят / كم ثمن / كم يكلف
next / previous / previously / still / already / yet / score / scores / queue / news / mail / invoices / worth
delay / last night / last time / last one / last message / last call / last order / last visit / last payment
you just / just now / just tell / just told / just said / just asked / did you / you said / you told / we agreed
much left / many left / days left / leave left / time left / money left / credit left / data left / minutes left
hours left / weeks left / is left / are left / left on / left in / anything left / new message / new messages
open now / is it open / the package / package arrive / package arrived / the order / order status / status of
tracking number / verification code / pin code / interest rate / mortgage rate / how late is / the queue / is down
noch / schon / bereits / saldo / gerade gesagt / gerade erzählt / eben gesagt / hast du / hat noch / wetter
neue post / neue mails / kurs / offen / geöffnet / geschlossen / encore / déjà / toujours ouvert / toujours ouverte
reste t il / la commande / non lus / non lu / nouveaux messages / ouvert / ouverte / fermé / viens de / as tu dit
ancora / già / in rosso / non letti / non letta / l'ordine / aperto / aperta / chiuso / chiusa / nuove mail
hai detto / todavía / aún / números rojos / sin leer / abierto / abierta / cerrado / cerrada / acabas de / has dicho
ainda / já / por ler / não lidas / no vermelho / aberto / aberta / fechado / fechada / acabaste / disseste / nog
geopend / gesloten / zei je / heb je / nieuwe mail / jeszcze / już / otwarte / otwarta / otwarty / zamknięte / korek
powiedziałeś / nowe maile / ещё / еще / уже / открыт / открыта / открыто / закрыт / закрыта / закрыто / новые письма
новых писем / счёт / ты сказал / вы сказали / hâlâ / hala / henüz / açık mı / kapalı mı / gelen kutusu / yeni mesaj
e posta / kaç gün / söyledin / dedin / رصيد / الرصيد / الطرد / طرد / الشحنة / شحنة / الطلبية / الطلب / الفاتورة
فاتورة / الموعد / موعد / الاجتماع / اجتماع / رسائل / الرسائل / البريد / إجازة / الإجازة / الراتب / راتب / القادم
القادمة / التالي / التالية / المقبل / المقبلة / السابق / السابقة / الأخير / الأخيرة / لا يزال / لا تزال / ما زال
ما زالت / مفتوح / مفتوحة / مغلق / مقروءة / المتبقي / المتبقية / بقي / تبقى / سعر / قلت / الطلبات / مواعيد / التوصيل
تأخر / the bill / bill due / bills due / due date / cita / citas / stau / dispo / ultimo / ultima / ultimi / ultime
consulta / почта / почту / почте / почты / reset code / sent code / what did we / remind me
"""
"""Whole words and phrases of the same meanings."""

THINGS_UNSPACED = r"""
开着 開著 开门 開門 比特币 比特幣 多少钱 多少錢 いくら 얼마예요 얼마에요 얼마인가요 비트코인 ビットコイン เปิดอยู่ บิตคอยน์
余额 餘額 结余 快递 快遞 包裹 物流 订单 訂單 账单 帳單 發票 发票 预约 預約 会议 會議 开会 開會 日程 行程 邮件 郵件
信件 未读 未讀 新消息 年假 假期 工资 工資 薪水 薪资 欠款 欠费 话费 流量 积分 積分 (?<![以天])下一 下次 下個 下个
下场 下班车 上次 上一次 上一个 上一個 还剩 還剩 剩余 剩餘 剩下 还有几 還有幾 还有多少 還有多少 还开 還開 还没 還沒
到了吗 到了嗎 到哪 验证码 驗證碼 堵车 塞車 路况 路況 比分 价格 價格 多少钱一 几点 幾點 你刚 你剛 透支 到期 提醒 排队
排隊 还款 還款 残高 荷物 宅配 宅急便 配達 配送 注文 請求書 予約 会議 打ち合わせ 打合せ 予定 未読 メール 受信 有給
休暇 残って 残りの あと何 次の 次は 次に来 前回 前の まだ もう着 給料 給与 明細 通知 渋滞 株価 値段 価格 何時 開いて
届い 届き 滞納 支払い期限 さきほど 잔액 잔고 택배 소포 배송 주문 청구서 송장 예약 회의 약속 일정 메일 메시지 읽지
연차 휴가 남은 남았 다음 지난 아직 월급 급여 몇\s?시 시세 가격 교통 열려 열었 닫았 도착 연체 알림 스케줄 방금
ยอดเงิน คงเหลือ พัสดุ จัดส่ง คำสั่งซื้อ ออเดอร์ ใบแจ้งหนี้ ค่าบิล นัดหมาย ประชุม ข้อความ อีเมล ยังไม่ได้อ่าน วันลา
ลาพักร้อน ถัดไป ต่อไป(?!นี้) ครั้งหน้า ครั้งต่อไป ครั้งที่แล้ว ครั้งก่อน ยังเปิด ยังไม่ เหลือ(?!ง|เชื่อ|เกิน)
เงินเดือน รถติด ราคา ค้างชำระ ถึงไหน มาถึงหรือยัง หรือยัง
"""
"""Patterns of the same meanings, for languages in which spaces do not separate words."""
