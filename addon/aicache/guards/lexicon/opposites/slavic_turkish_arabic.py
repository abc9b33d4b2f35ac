"""Opposites in Polish, Russian, Turkish and Arabic. Data only; see the package for the form."""

from __future__ import annotations

from typing import Final

OPPOSITES: Final = {
    "pl": """
przed / po
wcześniej / później
włączyć włącz włączony włączyć_się / wyłączyć wyłącz wyłączony
aktywować aktywacja / dezaktywować dezaktywacja
lewo lewy lewa lewej lewą / prawo prawy prawa prawej prawą
więcej bardziej / mniej
zwiększyć zwiększać podnieść / zmniejszyć zmniejszać obniżyć
otworzyć otwórz otwierać otwarty otwarte / zamknąć zamknij zamykać zamknięty zamknięte
z / bez
kupić kupuję kupno kupować zakup / sprzedać sprzedaję sprzedaż sprzedawać
importować import / eksportować eksport
wejście wejść / wyjście wyjść
wewnątrz w_środku / zewnątrz na_zewnątrz
wygrać wygrywać wygrana / przegrać przegrywać przegrana
zysk / strata
gorący gorąca gorące ciepły ciepła / zimny zimna zimne
podgrzać ogrzać / schłodzić ochłodzić
zacząć zaczynać rozpocząć początek / skończyć zakończyć zatrzymać koniec
dodać dodawać dodaj / usunąć usuwać usuń
góra górny górę powyżej nad / dół dolny dole poniżej pod
przesłać wgrać / pobrać ściągnąć
zainstalować instalować / odinstalować
zalogować logować / wylogować
zablokować blokować / odblokować
zaszyfrować szyfrować / odszyfrować
wysłać wysyłać / odebrać otrzymać
pożyczyć_komuś / pożyczyć_od
wpłacić wpłata / wypłacić wypłata
minimum minimalny minimalna / maksimum maksymalny maksymalna
najwyższy największy największa / najniższy najmniejszy najmniejsza
pierwszy pierwsza pierwsze / ostatni ostatnia ostatnie
najstarszy / najmłodszy najnowszy
najlepszy najlepsza najlepsze / najgorszy najgorsza najgorsze
zaakceptować przyjąć / odrzucić odmówić
pozwolić dozwolony / zabronić zabroniony
przyjazd przylot / odjazd odlot wyjazd
pchać / ciągnąć
pokazać wyświetlić / ukryć schować
rosnąco / malejąco
poziomy poziomo / pionowy pionowo
północ północny / południe południowy
wschód wschodni / zachód zachodni
dzień / noc
zalety zaleta / wady wada
przyczyna przyczyny / skutek skutki
duży duża duże wielki / mały mała małe
długi długa długie / krótki krótka krótkie
szybki szybko / wolny wolno
stary stara stare / młody nowy nowa nowe
dobry dobra dobre dobrze / zły zła złe źle
drogi droga drogie drogo / tani tania tanie tanio
silny silna / słaby słaba
lekki lekka / ciężki ciężka
łatwy łatwe łatwo / trudny trudne trudno
bezpieczny bezpieczne / niebezpieczny niebezpieczne
wcześnie / późno
mężczyzna mężczyzn mężczyźni męski / kobieta kobiet kobiety damski żeński
przytyć / schudnąć
brutto / netto
""",
    "ru": """
до / после
перед / после
раньше / позже
включить включи включать включён включен / выключить выключи выключать отключить отключать выключен
активировать / деактивировать
налево слева левый левая левую / направо справа правый правая правую
больше более / меньше менее
увеличить увеличивать повысить поднять / уменьшить уменьшать понизить снизить
открыть открой открывать открыт / закрыть закрой закрывать закрыт
с со / без
купить покупать покупка куплю / продать продавать продажа продам
импортировать импорт ввоз / экспортировать экспорт вывоз
вход войти / выход выйти
внутри внутрь / снаружи наружу
выиграть выигрывать победить / проиграть проигрывать
прибыль / убыток
горячий горячая горячее тёплый теплый / холодный холодная холодное
нагреть нагревать / охладить охлаждать
начать начинать запустить начало / закончить завершить остановить прекратить конец
добавить добавлять прибавить / удалить удалять убрать
вверх наверху выше над / вниз внизу ниже под
загрузить_на закачать / скачать
установить / удалить
войти / выйти
подключить / отключить
заблокировать блокировать / разблокировать
зашифровать шифровать / расшифровать
отправить отправлять послать / получить получать
одолжить_кому / занять
внести пополнить / снять
минимум минимальный минимальная / максимум максимальный максимальная
самый_высокий наибольший / самый_низкий наименьший
первый первая первое / последний последняя последнее
старший старейший / младший новейший
лучший лучшая лучше / худший худшая хуже
принять принимать / отклонить отказаться отказать
разрешить разрешено можно / запретить запрещено нельзя
прибытие прилёт прилет приезд / отправление вылет отъезд
толкать / тянуть
показать отобразить / скрыть спрятать
возрастанию возрастание / убыванию убывание
горизонтальный горизонтально / вертикальный вертикально
север северный / юг южный
восток восточный / запад западный
день днём / ночь ночью
преимущества преимущество плюсы достоинства / недостатки недостаток минусы
причина причины / следствие последствия
большой большая большое / маленький маленькая маленькое
длинный длинная / короткий короткая
быстро быстрый / медленно медленный
старый старая / молодой новый новая
хороший хорошая хорошо / плохой плохая плохо
дорогой дорого / дешёвый дешевый дёшево дешево
сильный сильная / слабый слабая
лёгкий легкий легко / тяжёлый тяжелый тяжело
легко просто / трудно сложно
безопасно безопасный / опасно опасный
рано / поздно
мужчина мужчин мужчины мужской / женщина женщин женщины женский
вдох вдохнуть / выдох выдохнуть
поправиться / похудеть
""",
    "tr": """
önce önceki / sonra sonraki
açmak aç açarım açılır açma açık / kapatmak kapat kapatırım kapanır kapatma kapalı
etkinleştirmek etkinleştir / devre_dışı_bırakmak
sol sola solda / sağ sağa sağda
daha_fazla fazla / daha_az az
artırmak artır artırma yükseltmek / azaltmak azalt azaltma düşürmek
ile / siz olmadan
satın_almak satın_al alım / satmak sat satış
ithal ithalat / ihraç ihracat
içeri içinde iç / dışarı dışında dış
giriş girmek / çıkış çıkmak
kazanmak kazanır kazandı / kaybetmek kaybeder kaybetti
kâr kar / zarar
sıcak / soğuk
ısıtmak / soğutmak
başlamak başlatmak başlat başla başlangıç / bitirmek durdurmak durdur bitmek bitiş son
eklemek ekle ekleme / silmek sil kaldırmak çıkarmak
yukarı üst üstünde / aşağı alt altında
yüklemek karşıya_yüklemek / indirmek
kurmak kurulum / kaldırmak
oturum_açmak / oturum_kapatmak
kilitlemek kilitle / kilidi_açmak
şifrelemek / şifre_çözmek
göndermek gönder / almak teslim_almak
borç_vermek / borç_almak
yatırmak / çekmek
en_az minimum asgari / en_fazla en_çok maksimum azami
en_yüksek en_büyük / en_düşük en_küçük
ilk birinci / son sonuncu
en_eski / en_yeni
en_iyi / en_kötü
kabul_etmek / reddetmek
izin_vermek / yasaklamak
varış varmak / kalkış kalkmak
itmek / çekmek
göstermek göster / gizlemek gizle
artan / azalan
yatay / dikey
kuzey / güney
doğu / batı
gündüz / gece
avantajları avantaj / dezavantajları dezavantaj
neden nedeni / sonuç sonucu
büyük / küçük
uzun / kısa
hızlı / yavaş
eski yaşlı / yeni genç
iyi / kötü
pahalı / ucuz
güçlü / zayıf
hafif / ağır
kolay / zor
güvenli / tehlikeli
erken / geç
erkek erkekler / kadın kadınlar
kilo_almak / kilo_vermek
brüt / net
""",
    "ar": """
قبل / بعد
تشغيل شغل أشغل / إيقاف أوقف إطفاء
تفعيل تمكين / تعطيل إلغاء_تفعيل
يسار اليسار / يمين اليمين
أكثر اكثر أكبر / أقل اقل أصغر
زيادة رفع أزيد / تقليل خفض أخفض تخفيض
فتح أفتح مفتوح / إغلاق أغلق مغلق
مع / بدون
شراء أشتري اشتري / بيع أبيع
استيراد / تصدير
داخل الداخل دخول / خارج الخارج خروج
فوز أفوز ربح / خسارة أخسر
حار ساخن ساخنة / بارد باردة
تسخين / تبريد
بدء بداية أبدأ / إنهاء نهاية أنهي توقف
إضافة أضيف / حذف إزالة أحذف
فوق أعلى / تحت أسفل
رفع / تنزيل تحميل
تثبيت / إلغاء_تثبيت
تسجيل_الدخول / تسجيل_الخروج
قفل / فتح_القفل
حظر / إلغاء_الحظر
تشفير / فك_التشفير
إرسال أرسل / استلام استقبال
إقراض / اقتراض
إيداع / سحب
الحد_الأدنى / الحد_الأقصى
الأعلى / الأدنى
الأول أول الأولى / الأخير آخر الأخيرة
الأقدم / الأحدث
الأفضل أفضل / الأسوأ أسوأ
قبول / رفض
سماح مسموح / منع ممنوع
وصول الوصول / مغادرة المغادرة
دفع / سحب
إظهار عرض / إخفاء
تصاعدي / تنازلي
أفقي / عمودي رأسي
شمال الشمال / جنوب الجنوب
شرق الشرق / غرب الغرب
نهار النهار / ليل الليل
مزايا فوائد إيجابيات / عيوب أضرار سلبيات
سبب أسباب / نتيجة نتائج
كبير كبيرة / صغير صغيرة
طويل طويلة / قصير قصيرة
سريع سريعة / بطيء بطيئة
قديم قديمة / جديد جديدة حديث
جيد جيدة / سيئ سيئة
غال غالي / رخيص رخيصة
قوي قوية / ضعيف ضعيفة
خفيف خفيفة / ثقيل ثقيلة
سهل سهلة / صعب صعبة
آمن آمنة / خطير خطيرة
مبكرا / متأخرا
رجل رجال الرجال ذكر / امرأة نساء النساء أنثى
شهيق / زفير
زيادة_الوزن / إنقاص_الوزن
""",
}
