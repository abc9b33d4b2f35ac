"""Names of units by language and symbol. Data only.

From CLDR (by Babel 2.19: long forms in all numbers), with the traditional units of East Asia, Germany, the Netherlands
and Russia from own knowledge. Symbols are those of the SI and of common use; their sizes are in `unit_sizes`.
"""

from __future__ import annotations

from typing import Final

from aicache.guards.lexicon.tables import named

UNITS: Final = named(
    {
        "ar": """
mg: مليغرام; µg: ميكروغرام; g: غرام غرامات غرامًا; kg: كيلوغرام; t: طن_متري; lb: رطل رطلًا; oz: أونصة; st: ستون
mm: مليمتر; cm: سنتيمتر; m: متر أمتار مترًا; km: كيلومتر كيلومترات كيلومترًا; mi: ميل أميال ميلاً; yd: ياردة; ft: قدم
in: بوصة; m²: متر_مربع; km²: كيلومتر_مربع; ha: هكتار; ac: فدان; ft²: قدم_مربعة; ml: مليلتر; l: لتر; m³: متر_مكعب
gal: غالون; fl oz: أونصة_سائلة; cup: كوب أكواب كوبًا; tbsp: ملعقة_كبيرة; tsp: ملعقة_صغيرة; W: واط; kW: كيلوواط
MW: ميغا_واط; mW: ملي_واط; hp: قوة_حصان; kWh: كيلو_واط/ساعة; J: جول; kJ: كيلو_جول; cal: سعرة; kcal: كيلو_سعرة
V: فولت; A: أمبير; mA: ملي_أمبير; Ω: أوم; °C: درجة_مئوية; °F: درجة_فهرنهايت; K: درجة_كلفن; bar: بار
psi: رطل_لكل_بوصة_مربعة; km/h: كيلومتر_في_الساعة; mph: ميل_في_الساعة; m/s: متر_في_الثانية; Hz: هرتز; kHz: كيلو_هرتز
MHz: ميغا_هرتز; GHz: غيغا_هرتز; bit: بت; B: بايت; kB: كيلوبايت; MB: ميغابايت; GB: غيغابايت; TB: تيرابايت
s: ثانية ثوان; min: دقيقة دقائق; h: ساعة ساعات; d: يوم أيام يومًا; wk: أسبوع أسابيع أسبوعًا; mo: شهر أشهر شهرًا
yr: سنة سنوات; ms: ملي_ثانية; %: بالمائة ٪; °: درجة درجات
""",
        "de": """
mg: milligramm; µg: mikrogramm; g: gramm; kg: kilogramm; t: tonnen tonne; lb: pfund; oz: unzen unze; st: stones stone
mm: millimeter; cm: zentimeter; m: meter; km: kilometer; mi: meilen meile; yd: yards yard; ft: fuß; in: zoll
m²: quadratmeter; km²: quadratkilometer; ha: hektar; ac: acres acre; ft²: quadratfuß; ml: milliliter; l: liter
m³: kubikmeter; gal: gallonen gallone; fl oz: flüssigunzen flüssigunze; cup: tassen tasse; tbsp: esslöffel
tsp: teelöffel; W: watt; kW: kilowatt; MW: megawatt; mW: milliwatt; hp: pferdestärken pferdestärke
kWh: kilowattstunden kilowattstunde; J: joule; kJ: kilojoule; cal: kalorien kalorie; kcal: kilokalorien kilokalorie
V: volt; A: ampere; mA: milliampere; Ω: ohm; °C: grad_celsius; °F: grad_fahrenheit; K: kelvin; bar: bar
psi: pfund_pro_quadratzoll; km/h: kilometer_pro_stunde; mph: meilen_pro_stunde meile_pro_stunde
m/s: meter_pro_sekunde; Hz: hertz; kHz: kilohertz; MHz: megahertz; GHz: gigahertz; bit: bit; B: byte; kB: kilobyte
MB: megabyte; GB: gigabyte; TB: terabyte; s: sekunden sekunde; min: minuten minute; h: stunden stunde; d: tage tag
wk: wochen woche; mo: monate monat; yr: jahre jahr; ms: millisekunden millisekunde; %: prozent; °: grad
zentner: zentner
""",
        "en": """
mg: milligrams milligram; µg: micrograms microgram; g: grams gram; kg: kilograms kilogram; t: metric_tons metric_ton
lb: pounds pound; oz: ounces ounce; st: stones stone; mm: millimeters millimeter; cm: centimeters centimeter
m: meters meter; km: kilometers kilometer; mi: miles mile; yd: yards yard; ft: feet foot; in: inches inch
m²: square_meters square_meter; km²: square_kilometers square_kilometer; ha: hectares hectare; ac: acres acre
ft²: square_feet square_foot; ml: milliliters milliliter; l: liters liter; m³: cubic_meters cubic_meter
gal: gallons gallon; fl oz: fluid_ounces fluid_ounce; cup: cups cup; tbsp: tablespoons tablespoon
tsp: teaspoons teaspoon; W: watts watt; kW: kilowatts kilowatt; MW: megawatts megawatt; mW: milliwatts milliwatt
hp: horsepower; kWh: kilowatt-hours kilowatt_hour; J: joules joule; kJ: kilojoules kilojoule; cal: calories calorie
kcal: kilocalories kilocalorie; V: volts volt; A: amperes ampere; mA: milliamperes milliampere; Ω: ohms ohm
°C: degrees_celsius degree_celsius; °F: degrees_fahrenheit degree_fahrenheit; K: kelvins kelvin; bar: bars bar
psi: pounds-force_per_square_inch pound-force_per_square_inch; km/h: kilometers_per_hour kilometer_per_hour
mph: miles_per_hour mile_per_hour; m/s: meters_per_second meter_per_second; Hz: hertz; kHz: kilohertz; MHz: megahertz
GHz: gigahertz; bit: bits bit; B: bytes byte; kB: kilobytes kilobyte; MB: megabytes megabyte; GB: gigabytes gigabyte
TB: terabytes terabyte; s: seconds second; min: minutes minute; h: hours hour; d: days day; wk: weeks week
mo: months month; yr: years year; ms: milliseconds millisecond; %: percent; °: degrees degree
""",
        "es": """
mg: miligramos miligramo; µg: microgramos microgramo; g: gramos gramo; kg: kilogramos kilogramo
t: toneladas tonelada; lb: libras libra; oz: onzas onza; st: stones stone; mm: milímetros milímetro
cm: centímetros centímetro; m: metros metro; km: kilómetros kilómetro; mi: millas milla; yd: yardas yarda
ft: pies pie; in: pulgadas pulgada; m²: metros_cuadrados metro_cuadrado; km²: kilómetros_cuadrados kilómetro_cuadrado
ha: hectáreas hectárea; ac: acres acre; ft²: pies_cuadrados pie_cuadrado; ml: mililitros mililitro; l: litros litro
m³: metros_cúbicos metro_cúbico; gal: galones galón; fl oz: onzas_líquidas onza_líquida; cup: tazas taza
tbsp: cucharadas cucharada; tsp: cucharaditas cucharadita; W: vatios vatio; kW: kilovatios kilovatio
MW: megavatios megavatio; mW: milivatios milivatio; hp: caballos_de_vapor caballo_de_vapor
kWh: kilovatios_hora kilovatio_hora; J: julios julio; kJ: kilojulios kilojulio; cal: calorías caloría
kcal: kilocalorías kilocaloría; V: voltios voltio; A: amperios amperio; mA: miliamperios miliamperio; Ω: ohmios ohmio
°C: grados_celsius grado_celsius; °F: grados_fahrenheit grado_fahrenheit; K: kelvin; bar: bares bar
psi: libras_por_pulgada_cuadrada libra_por_pulgada_cuadrada; km/h: kilómetros_por_hora kilómetro_por_hora
mph: millas_por_hora milla_por_hora; m/s: metros_por_segundo metro_por_segundo; Hz: hercios hercio
kHz: kilohercios kilohercio; MHz: megahercios megahercio; GHz: gigahercios gigahercio; bit: bits bit; B: bytes byte
kB: kilobytes kilobyte; MB: megabytes megabyte; GB: gigabytes gigabyte; TB: terabytes terabyte; s: segundos segundo
min: minutos minuto; h: horas hora; d: días día; wk: semanas semana; mo: meses mes; yr: años año
ms: milisegundos milisegundo; %: por_ciento; °: grados grado
""",
        "fr": """
mg: milligrammes milligramme; µg: microgrammes microgramme; g: grammes gramme; kg: kilogrammes kilogramme
t: tonnes tonne; lb: livres livre; oz: onces once; st: stones stone; mm: millimètres millimètre
cm: centimètres centimètre; m: mètres mètre; km: kilomètres kilomètre; mi: miles mile; yd: yards yard; ft: pieds pied
in: pouces pouce; m²: mètres_carrés mètre_carré; km²: kilomètres_carrés kilomètre_carré; ha: hectares hectare
ac: acres_anglo-saxonnes acre_anglo-saxonne; ft²: pieds_carrés pied_carré; ml: millilitres millilitre
l: litres litre; m³: mètres_cubes mètre_cube; gal: gallons gallon; fl oz: onces_liquides once_liquide
cup: tasses tasse; tbsp: cuillères_à_soupe cuillère_à_soupe; tsp: cuillères_à_café cuillère_à_café; W: watts watt
kW: kilowatts kilowatt; MW: mégawatts mégawatt; mW: milliwatts milliwatt; hp: chevaux-vapeur cheval-vapeur
kWh: kilowatt-heures kilowatt-heure; J: joules joule; kJ: kilojoules kilojoule; cal: calories calorie
kcal: kilocalories kilocalorie; V: volts volt; A: ampères ampère; mA: milliampères milliampère; Ω: ohms ohm
°C: degrés_celsius degré_celsius; °F: degrés_fahrenheit degré_fahrenheit; K: kelvins kelvin; bar: bars bar
psi: livres-force_par_pouce_carré livre-force_par_pouce_carré; km/h: kilomètres_par_heure kilomètre_par_heure
mph: miles_par_heure mile_par_heure; m/s: mètres_par_seconde mètre_par_seconde; Hz: hertz; kHz: kilohertz
MHz: mégahertz; GHz: gigahertz; bit: bits bit; B: octets octet; kB: kilooctets kilooctet; MB: mégaoctets mégaoctet
GB: gigaoctets gigaoctet; TB: téraoctets téraoctet; s: secondes seconde; min: minutes minute; h: heures heure
d: jours jour; wk: semaines semaine; mo: mois; yr: ans an; ms: millisecondes milliseconde; %: pour_cent
°: degrés degré
""",
        "it": """
mg: milligrammi milligrammo; µg: microgrammi microgrammo; g: grammi grammo; kg: chilogrammi chilogrammo
t: tonnellate_metriche tonnellata_metrica; lb: libbre libbra; oz: once oncia; st: stone; mm: millimetri millimetro
cm: centimetri centimetro; m: metri metro; km: chilometri chilometro; mi: miglia miglio; yd: iarde iarda
ft: piedi piede; in: pollici pollice; m²: metri_quadrati metro_quadrato; km²: chilometri_quadrati chilometro_quadrato
ha: ettari ettaro; ac: acri acro; ft²: piedi_quadrati piede_quadrato; ml: millilitri millilitro; l: litri litro
m³: metri_cubi metro_cubo; gal: galloni gallone; fl oz: once_liquide oncia_liquida; cup: tazze tazza
tbsp: cucchiai_da_tavola cucchiaio_da_tavola; tsp: cucchiai_da_tè cucchiaio_da_tè; W: watt; kW: kilowatt
MW: megawatt; mW: milliwatt; hp: cavalli_vapore cavallo_vapore; kWh: chilowattora; J: joule; kJ: kilojoule
cal: calorie caloria; kcal: chilocalorie chilocaloria; V: volt; A: ampere; mA: milliampere; Ω: ohm
°C: gradi_celsius grado_celsius; °F: gradi_fahrenheit grado_fahrenheit; K: kelvin; bar: bar
psi: libbre_per_pollice_quadrato libbra_per_pollice_quadrato; km/h: chilometri_orari chilometro_orario
mph: miglia_all’ora miglio_all’ora; m/s: metri_al_secondo metro_al_secondo; Hz: hertz; kHz: kilohertz; MHz: megahertz
GHz: gigahertz; bit: bit; B: byte; kB: kilobyte; MB: megabyte; GB: gigabyte; TB: terabyte; s: secondi secondo
min: minuti minuto; h: ore ora; d: giorni giorno; wk: settimane settimana; mo: mesi mese; yr: anni anno
ms: millisecondi millisecondo; %: percento; °: gradi grado
""",
        "ja": """
mg: ミリグラム; µg: マイクログラム; g: グラム; kg: キログラム; t: トン; lb: ポンド; oz: オンス; st: ストーン
mm: ミリメートル; cm: センチメートル; m: メートル; km: キロメートル; mi: マイル; yd: ヤード; ft: フィート; in: インチ
m²: 平方メートル; km²: 平方キロメートル; ha: ヘクタール; ac: エーカー; ft²: 平方フィート; ml: ミリリットル
l: リットル; m³: 立方メートル; gal: ガロン; fl oz: 液量オンス; cup: カップ_-_米国; tbsp: テーブルスプーン
tsp: ティースプーン; W: ワット; kW: キロワット; MW: メガワット; mW: ミリワット; hp: 馬力; kWh: キロワット時
J: ジュール; kJ: キロジュール; cal: カロリー; kcal: キロカロリー; V: ボルト; A: アンペア; mA: ミリアンペア; Ω: オーム
°C: 摂氏__度; °F: 華氏__度; K: ケルビン; bar: バール; psi: 重量ポンド毎平方インチ; km/h: 時速__キロメートル
mph: 時速__マイル; m/s: 秒速__メートル; Hz: ヘルツ; kHz: キロヘルツ; MHz: メガヘルツ; GHz: ギガヘルツ; bit: ビット
B: バイト; kB: キロバイト; MB: メガバイト; GB: ギガバイト; TB: テラバイト; s: 秒; min: 分; h: 時間; d: 日; wk: 週間
mo: か月; yr: 年; ms: ミリ秒; %: パーセント; °: 度; ping: 坪; tatami: 畳; shaku: 尺; go: 合; sho: 升
""",
        "ko": """
mg: 밀리그램; µg: 마이크로그램; g: 그램; kg: 킬로그램; t: 메트릭_톤; lb: 파운드; oz: 온스; st: 스톤; mm: 밀리미터
cm: 센티미터; m: 미터; km: 킬로미터; mi: 마일; yd: 야드; ft: 피트; in: 인치; m²: 제곱미터; km²: 제곱킬로미터
ha: 헥타르; ac: 에이커; ft²: 제곱피트; ml: 밀리리터; l: 리터; m³: 세제곱미터; gal: 갤런; fl oz: 액량_온스; cup: 컵
tbsp: 테이블스푼; tsp: 티스푼; W: 와트; kW: 킬로와트; MW: 메가와트; mW: 밀리와트; hp: 마력; kWh: 킬로와트시; J: 줄
kJ: 킬로줄; cal: 칼로리; kcal: 킬로칼로리; V: 볼트; A: 암페어; mA: 밀리암페어; Ω: 옴; °C: 섭씨_도; °F: 화씨_도
K: 켈빈; bar: 바; psi: 제곱인치당_파운드; km/h: 시속_킬로미터; mph: 시속_마일; m/s: 초속_미터; Hz: 헤르츠
kHz: 킬로헤르츠; MHz: 메가헤르츠; GHz: 기가헤르츠; bit: 비트; B: 바이트; kB: 킬로바이트; MB: 메가바이트
GB: 기가바이트; TB: 테라바이트; s: 초; min: 분; h: 시간; d: 일; wk: 주; mo: 개월; yr: 년; ms: 밀리초; %: %; °: 도
ping: 평; geun: 근; don: 돈
""",
        "nl": """
mg: milligram; µg: microgram; g: gram; kg: kilogram; t: metrische_ton; lb: pound; oz: ounce; st: stone
mm: millimeter; cm: centimeter; m: meter; km: kilometer; mi: mijl; yd: yards yard; ft: voet; in: inches inch
m²: vierkante_meter; km²: vierkante_kilometer; ha: hectare; ac: acres acre; ft²: vierkante_voet; ml: milliliter
l: liter; m³: kubieke_meter; gal: gallon; fl oz: fluid_ounce; cup: cup; tbsp: eetlepels eetlepel
tsp: theelepels theelepel; W: watt; kW: kilowatt; MW: megawatt; mW: milliwatt; hp: paardenkrachten paardenkracht
kWh: kilowattuur; J: joules joule; kJ: kilojoules kilojoule; cal: calorieën calorie; kcal: kilocalorieën kilocalorie
V: volt; A: ampère; mA: milliampère; Ω: ohm; °C: graden_celsius graad_celsius; °F: graden_fahrenheit graad_fahrenheit
K: kelvin; bar: bar; psi: psi; km/h: kilometer_per_uur; mph: mijl_per_uur; m/s: meter_per_seconde; Hz: hertz
kHz: kilohertz; MHz: megahertz; GHz: gigahertz; bit: bits bit; B: byte; kB: kilobyte; MB: megabyte; GB: gigabyte
TB: terabyte; s: seconden seconde; min: minuten minuut; h: uur; d: dagen dag; wk: weken week; mo: maanden maand
yr: jaar; ms: milliseconden milliseconde; %: procent; °: booggraden booggraad; pond: pond
""",
        "pl": """
mg: miligrama miligram miligramy miligramów; µg: mikrograma mikrogram mikrogramy mikrogramów
g: grama gram gramy gramów; kg: kilograma kilogram kilogramy kilogramów; t: tony tona ton
lb: funta funt funty funtów; oz: uncji uncja uncje; st: kamienia kamień kamienie kamieni
mm: milimetra milimetr milimetry milimetrów; cm: centymetra centymetr centymetry centymetrów
m: metra metr metry metrów; km: kilometra kilometr kilometry kilometrów; mi: mili mila mile mil
yd: jarda jard jardy jardów; ft: stopy stopa stóp; in: cala cal cale cali
m²: metra_kwadratowego metr_kwadratowy metry_kwadratowe metrów_kwadratowych
km²: kilometra_kwadratowego kilometr_kwadratowy kilometry_kwadratowe kilometrów_kwadratowych
ha: hektara hektar hektary hektarów; ac: akra akr akry akrów
ft²: stopy_kwadratowej stopa_kwadratowa stopy_kwadratowe stóp_kwadratowych
ml: mililitra mililitr mililitry mililitrów; l: litra litr litry litrów
m³: metra_sześciennego metr_sześcienny metry_sześcienne metrów_sześciennych
gal: galona_amerykańskiego galon_amerykański galony_amerykańskie galonów_amerykańskich
fl oz: uncji_płynu_amerykańskiej uncja_płynu_amerykańska uncje_płynu_amerykańskie uncji_płynu_amerykańskich
cup: ćwierćkwarty_amerykańskiej ćwierćkwarta_amerykańska ćwierćkwarty_amerykańskie ćwierćkwart_amerykańskich
tbsp: łyżki_stołowej łyżka_stołowa łyżki_stołowe łyżek_stołowych; tsp: łyżeczki łyżeczka łyżeczek
W: wata wat waty watów; kW: kilowata kilowat kilowaty kilowatów; MW: megawata megawat megawaty megawatów
mW: miliwata miliwat miliwaty miliwatów; hp: konia_mechanicznego koń_mechaniczny konie_mechaniczne koni_mechanicznych
kWh: kilowatogodziny kilowatogodzina kilowatogodzin; J: dżula dżul dżule dżuli
kJ: kilodżula kilodżul kilodżule kilodżuli; cal: kalorii kaloria kalorie; kcal: kilokalorii kilokaloria kilokalorie
V: wolta wolt wolty woltów; A: ampera amper ampery amperów; mA: miliampera miliamper miliampery miliamperów
Ω: oma om omy omów; °C: stopnia_celsjusza stopień_celsjusza stopnie_celsjusza stopni_celsjusza
°F: stopnia_fahrenheita stopień_fahrenheita stopnie_fahrenheita stopni_fahrenheita
K: kelwina kelwin kelwiny kelwinów; bar: bara bar bary barów
psi: funta_na_cal_kwadratowy funt_na_cal_kwadratowy funty_na_cal_kwadratowy funtów_na_cal_kwadratowy
km/h: kilometra_na_godzinę kilometr_na_godzinę kilometry_na_godzinę kilometrów_na_godzinę
mph: mili_na_godzinę mila_na_godzinę mile_na_godzinę mil_na_godzinę
m/s: metra_na_sekundę metr_na_sekundę metry_na_sekundę metrów_na_sekundę; Hz: herca herc herce herców
kHz: kiloherca kiloherc kiloherce kiloherców; MHz: megaherca megaherc megaherce megaherców
GHz: gigaherca gigaherc gigaherce gigaherców; bit: bita bit bity bitów; B: bajta bajt bajty bajtów
kB: kilobajta kilobajt kilobajty kilobajtów; MB: megabajta megabajt megabajty megabajtów
GB: gigabajta gigabajt gigabajty gigabajtów; TB: terabajta terabajt terabajty terabajtów; s: sekundy sekunda sekund
min: minuty minuta minut; h: godziny godzina godzin; d: dnia dzień dni; wk: tygodnia tydzień tygodnie tygodni
mo: miesiąca miesiąc miesiące miesięcy; yr: roku rok lata lat; ms: milisekundy milisekunda milisekund; %: procent
°: stopnia stopień stopnie stopni
""",
        "pt": """
mg: miligramas miligrama; µg: microgramas micrograma; g: gramas grama; kg: quilogramas quilograma
t: toneladas_métricas tonelada_métrica; lb: libras libra; oz: onças onça; st: stones stone; mm: milímetros milímetro
cm: centímetros centímetro; m: metros metro; km: quilômetros quilômetro; mi: milhas milha; yd: jardas jarda
ft: pés pé; in: polegadas polegada; m²: metros_quadrados metro_quadrado
km²: quilômetros_quadrados quilômetro_quadrado; ha: hectares hectare; ac: acres acre; ft²: pés_quadrados pé_quadrado
ml: mililitros mililitro; l: litros litro; m³: metros_cúbicos metro_cúbico; gal: galões galão
fl oz: onças_fluidas onça_fluida; cup: xícaras xícara; tbsp: colheres_de_sopa colher_de_sopa
tsp: colheres_de_chá colher_de_chá; W: watts watt; kW: quilowatts quilowatt; MW: megawatts megawatt
mW: miliwatts miliwatt; hp: cavalos-vapor cavalo-vapor; kWh: quilowatts-hora quilowatt-hora; J: joules joule
kJ: quilojoules quilojoule; cal: calorias caloria; kcal: quilocalorias quilocaloria; V: volts volt; A: amperes ampere
mA: miliamperes miliampere; Ω: ohms ohm; °C: graus_celsius grau_celsius; °F: graus_fahrenheit grau_fahrenheit
K: kelvins kelvin; bar: bars bar; psi: libras_por_polegada_quadrada libra_por_polegada_quadrada
km/h: quilômetros_por_hora quilômetro_por_hora; mph: milhas_por_hora milha_por_hora
m/s: metros_por_segundo metro_por_segundo; Hz: hertz; kHz: kilohertz; MHz: megahertz; GHz: gigahertz; bit: bits bit
B: bytes byte; kB: kilobytes kilobyte; MB: megabytes megabyte; GB: gigabytes gigabyte; TB: terabytes terabyte
s: segundos segundo; min: minutos minuto; h: horas hora; d: dias dia; wk: semanas semana; mo: meses mês; yr: anos ano
ms: milissegundos milissegundo; %: por_cento; °: graus grau
""",
        "ru": """
mg: миллиграмма миллиграмм; µg: микрограмма микрограмм; g: грамма грамм; kg: килограмма килограмм
t: тонны тонна тонн; lb: фунта фунт фунтов; oz: унции унция унций; st: стоуна стоун стоунов
mm: миллиметра миллиметр миллиметров; cm: сантиметра сантиметр сантиметров; m: метра метр метров
km: километра километр километров; mi: мили миля миль; yd: ярда ярд ярдов; ft: фута фут футов; in: дюйма дюйм дюймов
m²: квадратного_метра квадратный_метр квадратных_метра квадратных_метров
km²: квадратного_километра квадратный_километр квадратных_километра квадратных_километров
ha: гектара гектар гектаров; ac: акра акр акров
ft²: квадратного_фута квадратный_фут квадратных_фута квадратных_футов; ml: миллилитра миллилитр миллилитров
l: литра литр литров; m³: кубического_метра кубический_метр кубических_метра кубических_метров
gal: амер._галлона амер._галлон амер._галлонов
fl oz: амер._жидкой_унции амер._жидкая_унция амер._жидкие_унции амер._жидких_унций
cup: амер._чашки амер._чашка амер._чашек; tbsp: столовой_ложки столовая_ложка столовые_ложки столовых_ложек
tsp: чайной_ложки чайная_ложка чайные_ложки чайных_ложек; W: ватта ватт; kW: киловатта киловатт
MW: мегаватта мегаватт; mW: милливатта милливатт; hp: лошадиной_силы лошадиная_сила лошадиные_силы лошадиных_сил
kWh: киловатт-часа киловатт-час киловатт-часов; J: джоуля джоуль джоулей; kJ: килоджоуля килоджоуль килоджоулей
cal: калории калория калорий; kcal: килокалории килокалория килокалорий; V: вольта вольт; A: ампера ампер
mA: миллиампера миллиампер; Ω: ома ом; °C: градуса_цельсия градус_цельсия градусов_цельсия
°F: градуса_фаренгейта градус_фаренгейта градусов_фаренгейта; K: кельвина кельвин кельвинов; bar: бара бар
psi: фунта_на_квадратный_дюйм фунт_на_квадратный_дюйм фунтов_на_квадратный_дюйм
km/h: километра_в_час километр_в_час километров_в_час; mph: мили_в_час миля_в_час миль_в_час
m/s: метра_в_секунду метр_в_секунду метров_в_секунду; Hz: герца герц; kHz: килогерца килогерц
MHz: мегагерца мегагерц; GHz: гигагерца гигагерц; bit: бита бит; B: байта байт; kB: килобайта килобайт
MB: мегабайта мегабайт; GB: гигабайта гигабайт; TB: терабайта терабайт; s: секунды секунда секунд
min: минуты минута минут; h: часа час часов; d: дня день дней; wk: недели неделя недель; mo: месяца месяц месяцев
yr: года год лет; ms: миллисекунды миллисекунда миллисекунд; %: процента процент процентов
°: градуса градус градусов; pood: пуд; verst: верста
""",
        "th": """
mg: มิลลิกรัม; µg: ไมโครกรัม; g: กรัม; kg: กิโลกรัม; t: เมตริกตัน; lb: ปอนด์; oz: ออนซ์; st: สโตน; mm: มิลลิเมตร
cm: เซนติเมตร; m: เมตร; km: กิโลเมตร; mi: ไมล์; yd: หลา; ft: ฟุต; in: นิ้ว; m²: ตารางเมตร; km²: ตารางกิโลเมตร
ha: เฮกตาร์; ac: เอเคอร์; ft²: ตารางฟุต; ml: มิลลิลิตร; l: ลิตร; m³: ลูกบาศก์เมตร; gal: แกลลอน; fl oz: ฟลูอิดออนซ์
cup: ถ้วย; tbsp: ช้อนโต๊ะ; tsp: ช้อนชา; W: วัตต์; kW: กิโลวัตต์; MW: เมกะวัตต์; mW: mw; hp: แรงม้า
kWh: กิโลวัตต์-ชั่วโมง; J: จูล; kJ: กิโลจูล; cal: แคลอรี; kcal: กิโลแคลอรี; V: โวลต์; A: แอมแปร์; mA: มิลลิแอมแปร์
Ω: โอห์ม; °C: องศาเซลเซียส; °F: องศาฟาเรนไฮต์; K: เคลวิน; bar: บาร์; psi: ปอนด์ต่อตารางนิ้ว; km/h: กิโลเมตรต่อชั่วโมง
mph: ไมล์ต่อชั่วโมง; m/s: เมตรต่อวินาที; Hz: เฮิรตซ์; kHz: กิโลเฮิรตซ์; MHz: เมกะเฮิรตซ์; GHz: กิกะเฮิรตซ์; bit: บิต
B: ไบต์; kB: กิโลไบต์; MB: เมกะไบต์; GB: กิกะไบต์; TB: เทราไบต์; s: วินาที; min: นาที; h: ชั่วโมง; d: วัน
wk: สัปดาห์; mo: เดือน; yr: ปี; ms: มิลลิวินาที; %: เปอร์เซ็นต์; °: องศา; rai: ไร่; ngan: งาน; wa2: ตารางวา
""",
        "tr": """
mg: miligram; µg: mikrogram; g: gram; kg: kilogram; t: ton; lb: libre; oz: ons; st: stone; mm: milimetre
cm: santimetre; m: metre; km: kilometre; mi: mil; yd: yarda; ft: fit; in: inç; m²: metrekare; km²: kilometrekare
ha: hektar; ac: akre; ft²: fit_kare; ml: mililitre; l: litre; m³: metreküp; gal: galon; fl oz: sıvı_ons
cup: su_bardağı; tbsp: yemek_kaşığı; tsp: çay_kaşığı; W: vat; kW: kilovat; MW: megavat; mW: milivat; hp: beygir_gücü
kWh: kilovatsaat; J: jul; kJ: kilojul; cal: kalori; kcal: kilokalori; V: volt; A: amper; mA: miliamper; Ω: ohm
°C: santigrat_derece; °F: fahrenhayt_derece; K: kelvin; bar: bar; psi: libre/inç_kare; km/h: kilometre/saat
mph: mil/saat; m/s: metre/saniye; Hz: hertz; kHz: kilohertz; MHz: megahertz; GHz: gigahertz; bit: bit; B: bayt
kB: kilobayt; MB: megabayt; GB: gigabayt; TB: terabayt; s: saniye; min: dakika; h: saat; d: gün; wk: hafta; mo: ay
yr: yıl; ms: milisaniye; %: yüzde; °: derece
""",
        "zh": """
mg: 毫克; µg: 微克; g: 克; kg: 千克 公斤; t: 公吨 吨; lb: 磅; oz: 盎司; st: 英石; mm: 毫米; cm: 厘米 公分; m: 米 公尺
km: 公里 千米; mi: 英里; yd: 码; ft: 英尺; in: 英寸; m²: 平方米; km²: 平方公里; ha: 公顷; ac: 英亩; ft²: 平方英尺
ml: 毫升; l: 升 公升; m³: 立方米; gal: 加仑; fl oz: 液盎司; cup: 杯; tbsp: 汤匙; tsp: 茶匙; W: 瓦特; kW: 千瓦
MW: 兆瓦; mW: 毫瓦; hp: 马力; kWh: 千瓦时 度电; J: 焦耳; kJ: 千焦; cal: 卡路里; kcal: 千卡; V: 伏特; A: 安培
mA: 毫安; Ω: 欧姆; °C: 摄氏度; °F: 华氏度; K: 开尔文; bar: 巴; psi: 每平方英寸磅; km/h: 每小时公里; mph: 每小时英里
m/s: 每秒米; Hz: 赫兹; kHz: 千赫; MHz: 兆赫; GHz: 吉赫; bit: 比特; B: 字节; kB: 千字节; MB: 兆字节; GB: 吉字节
TB: 太字节; s: 秒钟; min: 分钟; h: 小时; d: 天; wk: 周; mo: 个月; yr: 年; ms: 毫秒; %: %; °: 度; jin: 斤 市斤
liang: 两; mu: 亩; qing: 顷; li: 里; zhang: 丈; chi: 尺; cun: 寸
""",
        "zh-tw": """
mg: 毫克; µg: 微克; g: 克; kg: 公斤; t: 公噸; lb: 磅; oz: 盎司; st: 英石; mm: 公釐; cm: 公分; m: 公尺; km: 公里
mi: 英里; yd: 碼; ft: 英尺; in: 英寸; m²: 平方公尺; km²: 平方公里; ha: 公頃; ac: 英畝; ft²: 平方英尺; ml: 毫升
l: 公升; m³: 立方公尺; gal: 加侖; fl oz: 液盎司; cup: 杯; tbsp: 湯匙; tsp: 茶匙; W: 瓦特; kW: 千瓦特; MW: 百萬瓦特
mW: 毫瓦特; hp: 匹馬力; kWh: 千瓦小時; J: 焦耳; kJ: 千焦耳; cal: 卡路里; kcal: 千卡路里; V: 伏特; A: 安培; mA: 毫安培
Ω: 歐姆; °C: 攝氏__度; °F: 華氏__度; K: 克耳文; bar: 巴; psi: 每平方英寸__磅力; km/h: 每小時__公里; mph: 每小時__英里
m/s: 每秒__公尺; Hz: 赫茲; kHz: 千赫; MHz: 兆赫; GHz: 吉赫; bit: bit; B: byte; kB: kb; MB: mb; GB: gb; TB: tb; s: 秒
min: 分鐘; h: 小時; d: 天; wk: 週; mo: 個月; yr: 年; ms: 毫秒; %: 百分比; °: 度
taijin: 台斤; tailiang: 台兩; ping: 坪; jia: 甲
""",
    }
)
