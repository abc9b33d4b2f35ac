"""Words for things of the caller's own, by language. Data only; own knowledge of each language.

Questions that anybody may ask, such as how to reset my password, are in none of the lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MINE: Final[Mapping[str, str]] = {
    "en": "my our",
    "de": "mein meine meinen meinem meiner meines unser unsere unserer unseren unserem",
    "fr": "mon ma mes notre nos",
    "es": "mi mis mío mía nuestro nuestra nuestros nuestras",
    "it": "mio mia miei mie nostro nostra nostri nostre",
    "pt": "meu minha meus minhas nosso nossa nossos nossas",
    "nl": "mijn m'n ons onze",
    "pl": "mój moja moje moją mojego mojej mojemu moim moich moimi nasz nasza nasze naszą naszego naszej",
    "tr": "benim bizim",
    "ru": "мой моя моё мое мои моего моей моему моим моих мою моими моем моём меня мне наш наша наше наши нашего нашей",
    "ar": "لي لدي عندي",
    "ko": "내 제 나의 저의 우리 저희",
}
"""Words that say whose a thing is, where they stand before it."""

THINGS: Final[Mapping[str, str]] = {
    "en": """
order orders balance balances statement statements package packages parcel parcels delivery shipment shipments refund
refunds transaction transactions ticket tickets booking bookings reservation reservations appointment appointments
flight flights bill bills invoice invoices subscription subscriptions calendar schedule meeting meetings alarm alarms
reminder reminders inbox email emails messages location name birthday points quota usage payslip paycheck salary
itinerary overdraft voicemail notifications timetable shift shifts
""",
    "de": """
bestellung kontostand guthaben saldo paket päckchen lieferung sendung rückerstattung erstattung transaktion buchung
überweisung ticket fahrkarte reservierung termin flug rechnung abo abonnement kalender wecker erinnerung postfach
e-mail email mails nachricht standort geburtstag punkte kontoauszug besprechung meeting einkaufsliste bonuspunkte
verbrauch antrag urlaub gehalt zahlung lohnzettel schicht dienstplan retoure mahnung
""",
    "fr": """
commande solde colis livraison remboursement transaction billet réservation rendez vol facture agenda
calendrier réveil rappel messagerie courriel message position anniversaire points relevé réunion consommation
virement paiement congé congés salaire demande dossier abonnement planning
""",
    "es": """
pedido paquete envío entrega reembolso transacción transacciones billete boleto reserva cita vuelo factura suscripción
calendario alarma recordatorio correo mensaje ubicación cumpleaños puntos extracto reunión consumo transferencia
saldo solicitud nómina sueldo vacaciones devolución turno
""",
    "it": """
ordine ordini pacco spedizione consegna rimborso transazione biglietto prenotazione appuntamento volo fattura bolletta
abbonamento sveglia promemoria posta messaggi posizione compleanno punti estratto riunione bonifico saldo stipendio
ferie richiesta turno pagamento
""",
    "pt": """
encomenda pacote transação transações bilhete passagem consulta voo fatura assinatura calendário alarme lembrete
mensagem mensagens localização aniversário pontos extrato reunião pedido entrega saldo salário férias reembolso
transferência pagamento boleto solicitação turno
""",
    "nl": """
bestelling pakket pakje levering terugbetaling transactie reservering afspraak vlucht factuur wekker herinnering
bericht locatie verjaardag punten afschrift vergadering verbruik saldo declaratie overschrijving betaling verlof
vakantiedagen salaris aanvraag bezorging rooster ticket
""",
    "pl": """
zamówieni przesyłk paczk dostaw zwrot transakcj bilet rezerwacj wizyt lot lotu rachun faktur subskrypcj abonament
kalendarz harmonogram budzik przypomnieni skrzynk wiadomoś lokalizacj urodzin punkt wyciąg spotkani przelew wniosek
urlop wypłat saldo grafik reklamacj
""",
    "tr": """
siparişim bakiyem kargom paketim faturam randevum biletim rezervasyonum uçuşum maaşım iznim borcum talebim
""",
    "ru": """
заказ баланс посылк доставк возврат транзакц билет бронирован запис рейс подписк календар расписан будильник напоминан
почт сообщен местополож день балл выписк встреч лимит остат перевод отпуск зарплат заявк заявлен курьер платёж платеж
""",
    "ar": "رصيد طلب طلبية شحنة طرد فاتورة موعد رحلة تذكرة حجز اشتراك",
    "ko": """
주문 잔액 잔고 택배 배송 환불 거래 티켓 예약 약속 항공편 비행 청구서 영수증 구독 일정 캘린더 알람 알림 메일 이메일
메시지 위치 이름 생일 포인트 사용량 회의 송금 연차 휴가 급여 월급 마일리지 신청 반품 교환 소포
""",
}
"""Beginnings of words for things of the caller's own (English: whole words): an order, a balance, an appointment."""

PHRASES: Final[Mapping[str, str]] = {
    "en": """
my account balance / my to do list / my todo list / my shopping list / my leave request / my vacation days
my credit score
my credit limit / my ip / my public ip / my test results / my exam results / my grades / my application status
my username / my user id / my account number / my phone number / my screen time / my step count / my pto
where am i / who am i / do i have any / did i / have i spent / have i paid / have i used / do i owe / do i still owe
do i still have / do i have left / have i got left / left on my / left in my / am i logged in / am i signed in
am i connected / i am connected from / i am connecting from / i last order / i ordered yet / i have left
where is my / where are my
""",
    "de": """
wo bin ich / wer bin ich / wie heiße ich / wie heisse ich / mein name / meinen namen / habe ich irgendwelche
wie viel schulde ich / wie viel habe ich / stand meines kontos / habe ich noch / habe ich übrig / hab ich noch
habe ich heute / meine ip / meine adresse / wo ist mein / wo ist meine / wo sind meine / wo bleibt mein
wo bleibt meine / habe ich ausgegeben / habe ich bezahlt / bin ich angemeldet / bin ich eingeloggt / kontostand
""",
    "fr": """
où suis je / qui suis je / comment je m'appelle / comment m'appelle / mon nom / solde de mon compte / combien je dois
combien dois je / état de ma commande / mon adresse actuelle / mon adresse ip / combien me reste / il me reste
me reste t il / ai je dépensé / ai je payé / où est mon / où est ma / où sont mes / où en est mon / où en est ma
suis je connecté
""",
    "es": """
dónde estoy / quién soy / cómo me llamo / mi nombre / saldo de mi cuenta / cuánto debo / cuánto dinero tengo
cuánto tengo / estado de mi pedido / mi dirección ip / me queda / me quedan / he gastado / he pagado / dónde está mi
dónde están mis / mi saldo
""",
    "it": """
dove sono / chi sono io / come mi chiamo / il mio nome / saldo del mio conto / quanto devo / stato del mio ordine
il mio indirizzo ip / il mio ip / mi resta / mi restano / mi rimane / mi rimangono / ho speso / ho pagato
dov'è il mio / dov'è la mia / dove sono i miei / il mio saldo
""",
    "pt": """
onde estou / quem sou eu / como me chamo / meu nome / saldo da minha conta / quanto dinheiro tenho / quanto devo
meu ip / meu endereço ip / me resta / me restam / me sobra / eu gastei / já gastei / já paguei / onde está o meu
onde está a minha / onde está meu / onde está minha / cadê meu / cadê minha / quanto falta para o meu / meu saldo
""",
    "nl": """
waar ben ik / wie ben ik / hoe heet ik / mijn naam / saldo van mijn rekening / hoeveel geld heb ik
mijn rekeningsaldo / mijn ip / mijn ip adres / heb ik nog / heb ik over / heb ik uitgegeven / waar is mijn
waar blijft mijn / waar zijn mijn / ben ik ingelogd
""",
    "pl": """
gdzie jestem / kim jestem / jak mam na imię / jak się nazywam / moje imię / stan mojego konta / stan konta / ile mam
ile jestem winien / ile jestem winna / mój adres ip / moje ip / mi zostało / mi pozostało / ile wydałem / ile wydałam
gdzie jest mój / gdzie jest moja / gdzie są moje / punktów mam
""",
    "tr": """
neredeyim / ben kimim / benim adım / adım ne / ne kadar borcum / bakiyem / siparişim / kargom / paketim / faturam
randevum / biletim / rezervasyonum / uçuşum / aboneliğim / iadem / takvimim / konumum / puanım / puanlarım
siparişlerim / talebim / başvurum / iznim / maaşım / kredim / borcum / ip adresim / mesajlarım / gönderim / havalem
teslimatım / hesabımda / ne kadar harcadım / toplantım / toplantılarım / uçağım / faturalarım / sipariş numaram
sözleşmem / notlarım / sınavım / pasaportum
vizem / kartım / ehliyetim / üyeliğim / garantim / kiram / ödemem / maaş bordrom / sigortam / izinlerim
""",
    "ru": """
где я / кто я / как меня зовут / моё имя / мое имя / сколько я должен / сколько я должна / сколько у меня
остаток на моём / баланс моего счёта / баланс моего счета / мой ip / мой ip адрес / у меня осталось / мне осталось
я потратил / я потратила / где мой / где моя / где моё / где мои / у меня на счету / у меня на счёте
""",
    "ar": """
طلبي / طلبيتي / طلباتي / رصيدي / شحنتي / طردي / فاتورتي / فواتيري / موعدي / مواعيدي / رحلتي / تذكرتي / حجزي
اشتراكي / موقعي / اسمي / نقاطي / رسائلي / بريدي / رصيد حسابي / استرداد أموالي / أين أنا / من أنا / كم أدين / تقويمي
اجتماعاتي / إجازتي / إجازاتي / راتبي / عنواني / تحويلي / حوالتي / طرودي / مدفوعاتي / كم أنفقت / كم بقي لي / كم تبقى لي
كم تبقى من / عقدي / جوازي / تأشيرتي / عضويتي / درجاتي / نتائجي / بطاقتي / قرضي / إيجاري / ضماني / الخاص بي آي بي
عنوان ip الخاص بي
""",
    "ko": """
나는 누구 / 내가 누구 / 여기가 어디 / 내 이름 / 제 이름 / 내 계좌 잔액 / 제 계좌 잔액 / 내 아이피 / 내 ip / 제 ip
내 점수 / 제 점수 / 내 한도 / 제 한도
""",
}
"""The same where the words stand otherwise. The last word may go on, of a Turkish one with its case."""

UNSPACED: Final[Mapping[str, str]] = {
    "zh": r"""
我(?:们|家|公司|自己)?的?(?:最近|上个|下个|这个|本月|上月|当前|账户|账号)?(?:的)?(?:订单|快递|包裹|余额|账单)
我(?:们|家|公司|自己)?的?(?:最近|上个|下个|这个|本月|上月|当前|账户|账号)?(?:的)?(?:额度|积分|预约|机票|车票)
我(?:们|家|公司|自己)?的?(?:账户)?(?:退款|物流|发票|位置|名字|工单|日程|闹钟|会议|邮件)
我(?:们|家|公司|自己)?的?(?:账户)?(?:欠款|流量|话费|工资|年假|假期|绩点|成绩|信用分|公积金|社保)
我(?:的)?(?:手机|电脑)?(?:ip|IP)(?:地址)?
我(?:是谁|在哪儿|叫什么名字|欠多少|还欠|还剩|还有(?:多少|几)|什么时候还款|花了多少|用了多少)
我(?:今天|昨天|这个月|上个月)?(?:有|有没有)(?:什么)?(?:安排|会议|日程)
查(?:询|看)?(?:一?下)?(?:我的?)?(?:余额|订单|账单|快递|物流|流量|话费)
(?:余额|话费|流量|年假)(?:还)?(?:有|剩)?(?:下)?(?:多少|几天) 余额[?？]?$
""",
    "zh-tw": r"""
我的?(?:订单|包裹|余额|账单|点数|预约|机票|车票|退款|发票|行程|薪水|薪资|特休|会议|信箱|ip)
查(?:询)?(?:余额|订单|点数|账单)
(?:余额|点数|特休)(?:还)?(?:有|剩)(?:下)?(?:多少|几)
""",
    "ja": r"""
(?:私|わたし|僕|ぼく|俺|自分|うち)(?:たち)?の(?:最新の|最後の|次の|口座の?|今月の?)?(?:注文|残高|荷物)
(?:私|わたし|僕|ぼく|俺|自分|うち)(?:たち)?の(?:最新の|最後の|次の|口座の?|今月の?)?(?:配送|返金|取引|チケット)
(?:私|わたし|僕|ぼく|俺|自分|うち)(?:たち)?の(?:最新の|最後の|次の|口座の?|今月の?)?(?:予約|フライト|請求)
(?:私|わたし|僕|ぼく|俺|自分|うち)(?:たち)?の(?:最新の|最後の|次の|口座の?|今月の?)?(?:明細|定期購読|サブスク|予定)
(?:私|わたし|僕|ぼく|俺|自分|うち)(?:たち)?の(?:最新の|最後の|次の)?(?:カレンダー|アラーム|リマインダー|メール)
(?:私|わたし|僕|ぼく|俺|自分|うち)(?:たち)?の(?:最新の|最後の|次の)?(?:メッセージ|現在地|位置|名前|誕生日)
(?:私|わたし|僕|ぼく|俺|自分|うち)(?:たち)?の(?:最新の|最後の|次の)?(?:ポイント|使用量|会議|有給|給料)
(?:私|わたし|僕|ぼく|俺|自分|うち)(?:たち)?の(?:最新の|最後の|次の)?(?:給与|ip|成績|申請|送金)
(?:私|わたし|僕|俺)は(?:誰|だれ|どこ) 口座残高(?!証明) 残高(?:を|は|が)?(?:教え|確認し|照会し|いくら|[?？]|$)
ポイント.{0,6}残って 有給(?:休暇)?.{0,6}(?:残|あと何)
あと何日(?:残|休) あと何ポイント
""",
    "ko": r"""
(?:잔액|잔고)(?:이|은|을|를|좀)?\s?(?:알려|얼마|조회|확인해|[?？]|$)
(?:내|제|나의|저의|우리)\s(?:\S+\s)?(?:잔액|잔고|주문|택배|예약|포인트|연차|환불)
(?:연차|포인트|휴가)\S{0,2}\s(?:\S+\s)?남았 남은\s(?:연차|휴가|포인트|잔액)
""",
    "th": r"""
(?:คำสั่งซื้อ|ออเดอร์|ยอดเงิน|ยอดคงเหลือ)(?:ในบัญชี|ล่าสุด|ทั้งหมด)?(?:ของ)?(?:ฉัน|ผม|ดิฉัน|หนู|เรา)
(?:พัสดุ|การจัดส่ง|เงินคืน|ธุรกรรม)(?:ในบัญชี|ล่าสุด|ทั้งหมด)?(?:ของ)?(?:ฉัน|ผม|ดิฉัน|หนู|เรา)
(?:ตั๋ว|การจอง|นัดหมาย|เที่ยวบิน)(?:ในบัญชี|ล่าสุด|ทั้งหมด)?(?:ของ)?(?:ฉัน|ผม|ดิฉัน|หนู|เรา)
(?:บิล|ใบแจ้งหนี้|การสมัคร|ปฏิทิน|ตาราง)(?:ในบัญชี|ล่าสุด|ทั้งหมด)?(?:ของ)?(?:ฉัน|ผม|ดิฉัน|หนู|เรา)
(?:นาฬิกาปลุก|การแจ้งเตือน|อีเมล|ข้อความ)(?:ในบัญชี|ล่าสุด|ทั้งหมด|สะสม)?(?:ของ)?(?:ฉัน|ผม|ดิฉัน|หนู|เรา)
(?:ตำแหน่ง|ชื่อ|วันเกิด|คะแนน)(?:ในบัญชี|ล่าสุด|ทั้งหมด|สะสม)?(?:ของ)?(?:ฉัน|ผม|ดิฉัน|หนู|เรา)
(?:แต้ม|คะแนนสะสม|การประชุม|เงินเดือน)(?:ในบัญชี|ล่าสุด|ทั้งหมด|สะสม)?(?:ของ)?(?:ฉัน|ผม|ดิฉัน|หนู|เรา)
(?:วันลา|คำขอ|ไอพี|ip)(?:ในบัญชี|ล่าสุด|ทั้งหมด|สะสม)?(?:ของ)?(?:ฉัน|ผม|ดิฉัน|หนู|เรา)
(?:ฉัน|ผม|ดิฉัน)(?:คือใคร|เป็นใคร|อยู่ที่ไหน|ชื่ออะไร|เหลือ|มีเงิน) ยอด(?:เงิน)?ในบัญชี
(?:เหลือ)(?:วันลา|เงิน|แต้ม)(?:กี่|เท่า)
""",
}
"""The same, as patterns. Chinese is written as `normalize` writes it."""

SHARED: Final[Mapping[str, str]] = {
    "en": """
code program script query function computer laptop pc browser app essay cv resume excel dog cat baby car plant
""",
    "de": """
code programm skript abfrage funktion computer rechner laptop browser app aufsatz lebenslauf hund katze baby
auto pflanze handy
""",
    "fr": """
code programme script requête fonction ordinateur portable navigateur appli rédaction cv chien chat bébé
voiture plante
""",
    "es": """
código programa script consulta función computadora ordenador portátil navegador ensayo currículum perro gato
bebé coche planta
""",
    "it": """
codice programma script query funzione computer portatile browser saggio curriculum disco cane gatto bambino
auto pianta
""",
    "pt": """
código programa script função computador portátil navegador ensaio currículo cachorro cão gato bebê carro
planta
""",
    "nl": "code programma script query functie computer laptop browser app essay cv hond kat baby auto plant",
    "pl": """
kod program skrypt zapytani funkcj komputer laptop przeglądark aplikacj wypracowani pies psa kot dziecko
samochód roślin
""",
    "tr": "kodum programım bilgisayarım tarayıcım uygulamam köpeğim kedim bebeğim arabam telefonum",
    "ru": """
код программ скрипт запрос функци компьютер ноутбук браузер приложени сочинени собак кошк ребён машин телефон
""",
    "ar": "كودي برنامجي حاسوبي جهازي متصفحي كلبي قطتي طفلي سيارتي هاتفي",
    "ja": "コード プログラム スクリプト クエリ 関数 パソコン コンピュータ ブラウザ アプリ 作文 犬 猫 赤ちゃん スマホ",
    "ko": "코드 프로그램 스크립트 쿼리 함수 컴퓨터 노트북 브라우저 앱 강아지 고양이 아기 휴대폰",
    "th": "โค้ด โปรแกรม สคริปต์ คอมพิวเตอร์ เบราว์เซอร์ แอป หมา แมว ลูก โทรศัพท์",
    "zh": "代码 程序 脚本 电脑 浏览器 论文 作文 狗 猫 宝宝 手机",
    "zh-tw": "程式 程式码 笔电 电脑 浏览器",
}
"""Beginnings of words for things that all ask about in the same way, though they are their own: why my code fails."""
