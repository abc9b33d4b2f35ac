"""Words for the moment and for things of the caller's own, in languages other than English and Chinese. Data only.

They cover what `time_sensitive` covers for those two: today and this week, the latest, the weather, the rate; my order,
my balance, my appointment. Questions that anybody may ask, such as how to reset my password, are in none of the lists.
"""

from __future__ import annotations

NOW = """
heute / morgen früh / heutige / heutigen / heutiger / heutiges / gestern / gestrige / gestrigen / übermorgen
vorgestern / jetzt / gerade eben / derzeit / derzeitige / derzeitigen / momentan / aktuell / aktuelle / aktuellen
aktueller / aktuelles / neueste / neuesten / neuester / neuestes / kürzlich / neulich / zurzeit / zur zeit
im moment / bisher / diese woche / dieser woche / nächste woche / nächster woche / letzte woche / letzter woche
diesen monat / dieser monat / nächsten monat / letzten monat / dieses jahr / dieses jahres / nächstes jahr
letztes jahr / dieses wochenende / nächstes wochenende / wetter / wetterbericht / wettervorhersage / wie spät
wie viel uhr / wieviel uhr / welcher tag ist / welches datum / aktienkurs / börsenkurs / wechselkurs / goldpreis
ölpreis / bitcoin kurs / dollarkurs / eurokurs / morgige / morgigen / morgiger / aujourd hui / demain / avant hier
maintenant / actuellement / actuel / actuelle / actuels / actuelles / en ce moment / récemment / dernièrement
ce soir / ce matin / cette nuit / cette semaine / semaine prochaine / semaine dernière / ce mois / mois prochain
mois dernier / cette année / année prochaine / année dernière / l'an dernier / l'an prochain / ce week end
dernière version / dernières nouvelles / dernières actualités / dernières infos / météo / quel temps / quelle heure
quel jour / taux de change / cours de l'action / cours du bitcoin / cours de l'or / prix de l'or / cours de bourse
hoy / pasado mañana / ayer / anteayer / anoche / ahora / ahora mismo / actualmente / en este momento / recientemente
últimamente / esta noche / esta mañana / esta tarde / esta semana / próxima semana / semana que viene
semana pasada / este mes / próximo mes / mes pasado / mes que viene / este año / próximo año / año pasado
año que viene / este fin de semana / últimas noticias / última versión / último modelo / precio actual
actual precio / presidente actual / actual presidente / estado actual / qué tiempo hace / el tiempo en / clima en
clima de / qué hora / qué día es / qué fecha / tipo de cambio / tasa de cambio / precio del oro / precio del bitcoin
precio de la acción / cotización / oggi / domani / dopodomani / ieri / l'altro ieri / stasera / stanotte
stamattina / adesso / attualmente / attuale / attuali / in questo momento / al momento / recentemente / ultimamente
questa settimana / settimana prossima / prossima settimana / settimana scorsa / scorsa settimana / questo mese
mese prossimo / prossimo mese / mese scorso / quest'anno / anno prossimo / prossimo anno / anno scorso / scorso anno
questo weekend / questo fine settimana / ultime notizie / ultima versione / ultimo modello / che tempo / meteo
previsioni del tempo / che ore / che ora / che giorno è / tasso di cambio / prezzo dell'oro / prezzo del bitcoin
quotazione / hoje / amanhã / depois de amanhã / ontem / anteontem / agora / atualmente / atual / atuais
neste momento / no momento / esta noite / hoje à noite / esta manhã / semana que vem / semana passada / este mês
mês que vem / próximo mês / mês passado / este ano / ano que vem / próximo ano / ano passado / este fim de semana
últimas notícias / última versão / previsão do tempo / como está o tempo / tempo em / clima em / que horas
que dia é / taxa de câmbio / câmbio / cotação / preço do ouro / preço do bitcoin / preço da ação / vandaag
morgenochtend / morgenmiddag / morgenavond / overmorgen / gisteren / eergisteren / vanavond / vannacht / vanmorgen
vanmiddag / nu / momenteel / op dit moment / huidige / actuele / onlangs / recentelijk / nieuwste / laatste nieuws
laatste versie / deze week / volgende week / vorige week / afgelopen week / deze maand / volgende maand
vorige maand / dit jaar / volgend jaar / vorig jaar / dit weekend / het weer / weerbericht / weersverwachting
hoe laat is het / welke dag is / wisselkoers / goudprijs / beurskoers / aandelenkoers / bitcoin koers / dzisiaj
dziś / dzisiejszy / dzisiejsza / dzisiejsze / jutro / jutrzejszy / jutrzejsza / pojutrze / wczoraj / wczorajszy
przedwczoraj / teraz / obecnie / aktualnie / aktualny / aktualna / aktualne / w tej chwili / ostatnio / niedawno
najnowszy / najnowsza / najnowsze / najnowszą / ostatnie wiadomości / dziś wieczorem / w tym tygodniu / tym tygodniu
ten tydzień / przyszłym tygodniu / następnym tygodniu / zeszłym tygodniu / ubiegłym tygodniu / tym miesiącu
przyszłym miesiącu / zeszłym miesiącu / tym roku / przyszłym roku / zeszłym roku / ubiegłym roku / ten weekend
pogoda / pogodę / pogody / prognoza / która godzina / która jest godzina / jaki jest dzień / kurs walut
kurs dolara / kurs euro / kurs franka / kurs bitcoina / cena złota / kurs akcji / bugün / bugünkü / yarın / yarınki
dün / dünkü / şimdi / şu an / şu anda / şu anki / güncel / mevcut durumda / son zamanlarda / geçenlerde / bu gece
bu akşam / bu sabah / bu hafta / gelecek hafta / önümüzdeki hafta / haftaya / geçen hafta / bu ay / gelecek ay
önümüzdeki ay / geçen ay / bu yıl / bu sene / gelecek yıl / geçen yıl / geçen sene / bu hafta sonu / en son
en yeni / son haberler / hava durumu / hava nasıl / havası / saat kaç / günlerden ne / döviz kuru / dolar kuru
euro kuru / altın fiyatı / altın fiyatları / bitcoin fiyatı / hisse fiyatı / kaç tl / dolar kaç / сегодня
сегодняшний / сегодняшняя / завтра / завтрашний / послезавтра / вчера / вчерашний / позавчера / сейчас
в данный момент / на данный момент / текущий / текущая / текущее / текущие / актуальный / актуальная / актуальные
недавно / в последнее время / последние новости / последняя версия / новейший / новейшая / новейшие / свежие новости
сегодня вечером / этой ночью / на этой неделе / этой неделе / эта неделя / следующей неделе / прошлой неделе
этом месяце / следующем месяце / прошлом месяце / этом году / следующем году / прошлом году / эти выходные
этих выходных / погода / погоду / погоды / прогноз / который час / сколько времени / какое сегодня / какой сегодня
курс доллара / курс евро / курс валют / курс валюты / курс рубля / обменный курс / курс биткоина / цена золота
курс акций / цена акций / اليوم / غدا / غداً / بعد غد / أمس / امس / البارحة / الآن / الان / حاليا / حالياً / الحالي
الحالية / في الوقت الحالي / مؤخرا / مؤخراً / أحدث / احدث / آخر الأخبار / اخر الاخبار / آخر إصدار / الليلة
هذا الصباح / هذا المساء / هذا الأسبوع / الأسبوع القادم / الأسبوع المقبل / الأسبوع الماضي / هذا الشهر / الشهر القادم
الشهر المقبل / الشهر الماضي / هذا العام / العام القادم / العام المقبل / العام الماضي / هذه السنة / السنة القادمة
السنة الماضية / الطقس / طقس / كم الساعة / ما التاريخ / سعر الصرف / سعر الدولار / سعر اليورو / سعر الذهب
سعر البيتكوين / سعر السهم
"""

NOW_UNSPACED = r"""
오늘 내일 모레 어제 그저께 지금 현재 최신 최근 요즘 방금 이번\s?주 다음\s?주 지난\s?주 이번\s?달 다음\s?달 지난\s?달
올해 내년 작년 날씨 몇\s?시 환율 주가 금값 시세 今日 本日 明日 明後日 昨日 一昨日 今夜(?=[ぁ-ん]) 今晩 今朝 昨夜
今すぐ 今の 今は 今どう 現在 最新 最近 先ほど さっき 今週 来週 先週 今月 来月(?![经經]) 先月 今年 来年 去年 昨年
週末の天気 天気 気温 何時ですか 今何時 何曜日 為替 株価 金価格 きょう あした あす きのう いま วันนี้ พรุ่งนี้ มะรืน
เมื่อวาน คืนนี้ เช้านี้ เย็นนี้ ตอนนี้ ขณะนี้ ปัจจุบัน ล่าสุด เร็วๆนี้ เมื่อเร็ว สัปดาห์นี้ อาทิตย์นี้ สัปดาห์หน้า อาทิตย์หน้า
สัปดาห์ที่แล้ว อาทิตย์ที่แล้ว เดือนนี้ เดือนหน้า เดือนที่แล้ว ปีนี้ ปีหน้า ปีที่แล้ว สุดสัปดาห์นี้ สภาพอากาศ พยากรณ์อากาศ อากาศวัน
อากาศเป็น กี่โมง วันที่เท่าไหร่ อัตราแลกเปลี่ยน ราคาทอง ราคาหุ้น ราคาน้ำมัน ค่าเงิน
"""
"""The same, as patterns, where words are not what stands between spaces."""

NOW_BEGINNINGS = """
heutig gestrig morgig derzeitig gegenwärtig aktuell neuest сегодняшн завтрашн вчерашн текущ новейш актуальн
dzisiejsz jutrzejsz wczorajsz najnowsz aktualn
"""
"""Beginnings of words for the present that have many endings."""

NOW_UNLESS_AFTER = """
morgen: guten gute gutn schönen am jeden jedem goede goeie elke iedere de s
mañana: la una cada las
manana: la una cada las
hier: von bis ist sind ich du wir es gibt bin in der die das den dem is zijn wat kan ik je het en und oder nicht
"""
"""Words for the present, but not after the listed words: guten Morgen, la mañana; French *hier* is here in German."""

MINE = """
mein meine meinen meinem meiner meines mon ma mes mi mis mío mía mio mia miei mie meu minha meus minhas mijn mój
moja moje moją mojego mojej mojemu moim moich moimi мой моя моё мое мои моего моей моему моим моих мою моими моем
моём меня 내 제 나의 저의
"""
"""Words that say whose a thing is, where they stand before it."""

OWN = """
bestellung kontostand guthaben saldo paket päckchen lieferung sendung rückerstattung erstattung transaktion buchung
überweisung ticket fahrkarte reservierung termin flug rechnung abo abonnement kalender wecker erinnerung postfach
e-mail email mails nachricht standort geburtstag punkte kontoauszug besprechung meeting einkaufsliste bonuspunkte
verbrauch commande solde colis livraison remboursement transaction billet réservation rendez vol facture agenda
calendrier réveil rappel messagerie courriel message position anniversaire points relevé réunion consommation pedido
paquete envío entrega reembolso transacción transacciones billete boleto reserva cita vuelo factura suscripción
calendario alarma recordatorio correo mensaje ubicación cumpleaños puntos extracto reunión consumo ordine ordini
pacco spedizione consegna rimborso transazione biglietto prenotazione appuntamento volo fattura bolletta abbonamento
sveglia promemoria posta messaggi posizione compleanno punti estratto riunione encomenda pacote transação transações
bilhete passagem consulta voo fatura assinatura calendário alarme lembrete mensagem mensagens localização
aniversário pontos extrato reunião bestelling pakket pakje levering terugbetaling transactie reservering afspraak
vlucht factuur wekker herinnering bericht locatie verjaardag punten afschrift vergadering verbruik zamówieni
przesyłk paczk dostaw zwrot transakcj bilet rezerwacj wizyt lot lotu rachun faktur subskrypcj abonament kalendarz
harmonogram budzik przypomnieni skrzynk wiadomoś lokalizacj urodzin punkt wyciąg spotkani заказ баланс посылк
доставк возврат транзакц билет бронирован запис рейс подписк календар расписан будильник напоминан почт сообщен
местополож день балл выписк встреч лимит остат 주문 잔액 잔고 택배 배송 환불 거래 티켓 예약 약속 항공편 비행 청구서
영수증 구독 일정 캘린더 알람 알림 메일 이메일 메시지 위치 이름 생일 포인트 사용량 회의
"""
"""Beginnings of words for things of the caller's own: an order, a balance, a parcel, an appointment, as in `now`."""

OWN_PHRASES = """
wo bin ich / wer bin ich / wie heiße ich / wie heisse ich / mein name / meinen namen / habe ich irgendwelche
wie viel schulde ich / wie viel habe ich / stand meines kontos / kontostand / habe ich heute / où suis je
qui suis je / comment je m'appelle / comment m'appelle / mon nom / solde de mon compte / combien je dois
combien dois je / état de ma commande / mon adresse actuelle / dónde estoy / quién soy / cómo me llamo / mi nombre
saldo de mi cuenta / cuánto debo / cuánto dinero tengo / cuánto tengo / estado de mi pedido / dove sono
chi sono io / come mi chiamo / il mio nome / saldo del mio conto / quanto devo / stato del mio ordine / onde estou
quem sou eu / como me chamo / meu nome / saldo da minha conta / quanto dinheiro tenho / waar ben ik / wie ben ik
hoe heet ik / mijn naam / saldo van mijn rekening / hoeveel geld heb ik / mijn rekeningsaldo / gdzie jestem
kim jestem / jak mam na imię / jak się nazywam / moje imię / stan mojego konta / stan konta / ile mam
ile jestem winien / ile jestem winna / neredeyim / ben kimim / benim adım / adım ne / ne kadar borcum / bakiyem
siparişim / kargom / paketim / faturam / randevum / biletim / rezervasyonum / uçuşum / aboneliğim / iadem / takvimim
konumum / puanım / puanlarım / siparişlerim / где я / кто я / как меня зовут / моё имя / мое имя / сколько я должен
сколько я должна / сколько у меня / остаток на моём / баланс моего счёта / баланс моего счета / طلبي / طلبيتي
طلباتي / رصيدي / شحنتي / طردي / فاتورتي / فواتيري / موعدي / مواعيدي / رحلتي / تذكرتي / حجزي / اشتراكي / موقعي / اسمي
نقاطي / رسائلي / بريدي / رصيد حسابي / استرداد أموالي / أين أنا / من أنا / كم أدين / تقويمي / اجتماعاتي / 나는 누구
내가 누구 / 여기가 어디 / 내 이름 / 제 이름 / 내 계좌 잔액 / 제 계좌 잔액
"""
"""The same where the words stand otherwise. The last word may go on, of a Turkish one with its case."""

OWN_JAPANESE = """
注文 残高 荷物 配送 返金 取引 チケット 予約 フライト 請求 明細 定期購読 サブスク 予定 カレンダー アラーム
リマインダー メール メッセージ 現在地 位置 名前 誕生日 ポイント 使用量 会議
"""

OWN_THAI = """
คำสั่งซื้อ ออเดอร์ ยอดเงิน ยอดคงเหลือ พัสดุ การจัดส่ง เงินคืน ธุรกรรม ตั๋ว การจอง นัดหมาย เที่ยวบิน บิล ใบแจ้งหนี้ การสมัคร
ปฏิทิน ตาราง นาฬิกาปลุก การแจ้งเตือน อีเมล ข้อความ ตำแหน่ง ชื่อ วันเกิด คะแนน แต้ม การประชุม
"""
