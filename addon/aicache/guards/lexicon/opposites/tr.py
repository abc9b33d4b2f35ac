"""Opposites in Turkish: what is done, qualities, people. Data only; see the package for the form."""

OPPOSITES = """
önce önceki / sonra sonraki
açmak aç açarım açılır açma açık / kapatmak kapat kapatırım kapanır kapatma kapalı
etkinleştirmek etkinleştir / devre_dışı_bırakmak
sol sola solda / sağ sağa sağda
daha_fazla fazla / daha_az az
artırmak artır artırma yükseltmek / azaltmak azalt azaltma düşürmek
ile / olmadan
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

yüksek / düşük
artıran artırır / azaltan azaltır düşüren düşürür
çift / tek
pozitif olumlu / negatif olumsuz
aktif / pasif
kamu / özel
bekar / evli
ıslak / kuru
dolu / boş
kalın / ince
geniş / dar
derin / sığ
yumuşak / sert
açık_renk / koyu
temiz / kirli
sağlıklı / hasta sağlıksız
doğru / yanlış
başarılı geçti / başarısız kaldı
gelen / giden
abone_olmak / abonelikten_çıkmak
bağlanmak / bağlantıyı_kesmek
evlenmek evlilik / boşanmak boşanma
doğum doğdu / ölüm öldü
çiğ / pişmiş
ön / arka
tekil / çoğul
sabit / değişken
çevrimiçi / çevrimdışı
manuel elle / otomatik
yaz yazın / kış kışın
ilkbahar / sonbahar
sabah / akşam

anne annem anneme / baba babam babama
karı eşim_kadın / koca
kız_kardeş kız_kardeşim abla / erkek_kardeş erkek_kardeşim ağabey abi
kızım / oğlum
kız / erkek_çocuk oğlan
teyze hala / amca dayı
büyükanne nine / büyükbaba dede
kraliçe / kral
alıcı / satıcı
işveren / çalışan işçi
ev_sahibi / kiracı
öğretmen / öğrenci
doktor / hasta
ebeveyn / çocuk
yetişkin yetişkinler / çocuk çocuklar
gönderen / alıcı
"""
