"""Names of languages by language, by which a question asks for an answer in one of them. Data only.

From CLDR (by Babel 2.19), with the adverbs (po polsku, по-русски, بالعربية), the German endings and the usual other
names from own knowledge. The order is that of the codes (ISO 639).
"""

from __future__ import annotations

from typing import Final

from aicache.guards.lexicon.tables import numbered

_CODES = "ar bn cs da de el en es fa fi fr he hi hu id it ja ko la nb nl pl pt ro ru sv th tr uk ur vi zh".split()

LANGUAGE_NAMES: Final = numbered(
    {
        "ar": """
العربية بالعربية باللغة_العربية عربية / البنغالية بالبنغالية باللغة_البنغالية بنغالية /
التشيكية بالتشيكية باللغة_التشيكية تشيكية / الدانمركية بالدانمركية باللغة_الدانمركية دانمركية /
الألمانية بالألمانية باللغة_الألمانية ألمانية / اليونانية باليونانية باللغة_اليونانية يونانية /
الإنجليزية بالإنجليزية باللغة_الإنجليزية إنجليزية / الإسبانية بالإسبانية باللغة_الإسبانية إسبانية /
الفارسية بالفارسية باللغة_الفارسية فارسية / الفنلندية بالفنلندية باللغة_الفنلندية فنلندية /
الفرنسية بالفرنسية باللغة_الفرنسية فرنسية / العبرية بالعبرية باللغة_العبرية عبرية /
الهندية بالهندية باللغة_الهندية هندية / الهنغارية بالهنغارية باللغة_الهنغارية هنغارية /
الإندونيسية بالإندونيسية باللغة_الإندونيسية إندونيسية / الإيطالية بالإيطالية باللغة_الإيطالية إيطالية /
اليابانية باليابانية باللغة_اليابانية يابانية / الكورية بالكورية باللغة_الكورية كورية /
اللاتينية باللاتينية باللغة_اللاتينية لاتينية / النرويجية بالنرويجية باللغة_النرويجية نرويجية /
الهولندية بالهولندية باللغة_الهولندية هولندية / البولندية بالبولندية باللغة_البولندية بولندية /
البرتغالية بالبرتغالية باللغة_البرتغالية برتغالية / الرومانية بالرومانية باللغة_الرومانية رومانية /
الروسية بالروسية باللغة_الروسية روسية / السويدية بالسويدية باللغة_السويدية سويدية /
التايلاندية بالتايلاندية باللغة_التايلاندية تايلاندية / التركية بالتركية باللغة_التركية تركية /
الأوكرانية بالأوكرانية باللغة_الأوكرانية أوكرانية / الأوردية بالأوردية باللغة_الأوردية أوردية /
الفيتنامية بالفيتنامية باللغة_الفيتنامية فيتنامية / الصينية بالصينية باللغة_الصينية صينية
""",
        "de": """
arabisch arabische arabischen / bengalisch bengalische bengalischen / tschechisch tschechische tschechischen /
dänisch dänische dänischen / deutsch / griechisch griechische griechischen / englisch englische englischen /
spanisch spanische spanischen / persisch persische persischen / finnisch finnische finnischen /
französisch französische französischen / hebräisch hebräische hebräischen / hindi / ungarisch ungarische ungarischen /
indonesisch indonesische indonesischen / italienisch italienische italienischen / japanisch japanische japanischen /
koreanisch koreanische koreanischen / latein / norwegisch norwegische norwegischen /
niederländisch niederländische niederländischen / polnisch polnische polnischen /
portugiesisch portugiesische portugiesischen / rumänisch rumänische rumänischen / russisch russische russischen /
schwedisch schwedische schwedischen / thailändisch thailändische thailändischen / türkisch türkische türkischen /
ukrainisch ukrainische ukrainischen / urdu / vietnamesisch vietnamesische vietnamesischen /
chinesisch chinesische chinesischen
""",
        "en": """
arabic / bangla / czech / danish / german / greek / english / spanish / persian farsi / finnish / french / hebrew /
hindi / hungarian / indonesian / italian / japanese / korean / latin / norwegian / dutch / polish / portuguese /
romanian / russian / swedish / thai / turkish / ukrainian / urdu / vietnamese / chinese mandarin
""",
        "es": """
árabe / bengalí / checo / danés / alemán / griego / inglés / español castellano / persa / finés / francés / hebreo /
hindi / húngaro / indonesio / italiano / japonés / coreano / latín / noruego / neerlandés holandés / polaco /
portugués / rumano / ruso / sueco / tailandés / turco / ucraniano / urdu / vietnamita / chino mandarín
""",
        "fr": """
arabe / bengali / tchèque / danois / allemand / grec / anglais anglaise / espagnol / persan / finnois / français /
hébreu / hindi / hongrois / indonésien / italien / japonais / coréen / latin / norvégien / néerlandais / polonais /
portugais / roumain / russe / suédois / thaï / turc / ukrainien / ourdou / vietnamien / chinois mandarin
""",
        "it": """
arabo / bengalese / ceco / danese / tedesco / greco / inglese / spagnolo / persiano / finlandese / francese /
ebraico / hindi / ungherese / indonesiano / italiano / giapponese / coreano / latino / norvegese /
olandese neerlandese / polacco / portoghese / rumeno / russo / svedese / thailandese / turco / ucraino / urdu /
vietnamita / cinese
""",
        "ja": """
アラビア語 / ベンガル語 / チェコ語 / デンマーク語 / ドイツ語 / ギリシャ語 / 英語 / スペイン語 / ペルシア語 /
フィンランド語 / フランス語 / ヘブライ語 / ヒンディー語 / ハンガリー語 / インドネシア語 / イタリア語 / 日本語 /
韓国語 / ラテン語 / ノルウェー語 / オランダ語 / ポーランド語 / ポルトガル語 / ルーマニア語 / ロシア語 /
スウェーデン語 / タイ語 / トルコ語 / ウクライナ語 / ウルドゥー語 / ベトナム語 / 中国語 北京語
""",
        "ko": """
아랍어 / 벵골어 / 체코어 / 덴마크어 / 독일어 / 그리스어 / 영어 영문 / 스페인어 / 페르시아어 / 핀란드어 / 프랑스어 /
히브리어 / 힌디어 / 헝가리어 / 인도네시아어 / 이탈리아어 / 일본어 / 한국어 한글 / 라틴어 / 노르웨이어 / 네덜란드어 /
폴란드어 / 포르투갈어 / 루마니아어 / 러시아어 / 스웨덴어 / 태국어 / 튀르키예어 터키어 / 우크라이나어 / 우르두어 /
베트남어 / 중국어
""",
        "nl": """
arabisch / bengaals / tsjechisch / deens / duits / grieks / engels / spaans / perzisch / fins / frans / hebreeuws /
hindi / hongaars / indonesisch / italiaans / japans / koreaans / latijn / noors / nederlands / pools / portugees /
roemeens / russisch / zweeds / thai / turks / oekraïens / urdu / vietnamees / chinees
""",
        "pl": """
arabski po_arabsku arabskim arabskiego / bengalski po_bengalsku bengalskim bengalskiego /
czeski po_czesku czeskim czeskiego / duński po_duńsku duńskim duńskiego /
niemiecki po_niemiecku niemieckim niemieckiego / grecki po_grecku greckim greckiego /
angielski po_angielsku angielskim angielskiego / hiszpański po_hiszpańsku hiszpańskim hiszpańskiego /
perski po_persku perskim perskiego / fiński po_fińsku fińskim fińskiego /
francuski po_francusku francuskim francuskiego / hebrajski po_hebrajsku hebrajskim hebrajskiego / hindi /
węgierski po_węgiersku węgierskim węgierskiego / indonezyjski po_indonezyjsku indonezyjskim indonezyjskiego /
włoski po_włosku włoskim włoskiego / japoński po_japońsku japońskim japońskiego /
koreański po_koreańsku koreańskim koreańskiego / łaciński po_łacińsku łacińskim łacińskiego łacina łacinie /
norweski po_norwesku norweskim norweskiego / niderlandzki holenderski po_holendersku /
polski po_polsku polskim polskiego / portugalski po_portugalsku portugalskim portugalskiego /
rumuński po_rumuńsku rumuńskim rumuńskiego / rosyjski po_rosyjsku rosyjskim rosyjskiego / szwedzki /
tajski po_tajsku tajskim tajskiego / turecki po_turecku tureckim tureckiego /
ukraiński po_ukraińsku ukraińskim ukraińskiego / urdu / wietnamski po_wietnamsku wietnamskim wietnamskiego /
chiński po_chińsku chińskim chińskiego
""",
        "pt": """
árabe / bengali / tcheco / dinamarquês / alemão / grego / inglês / espanhol / persa / finlandês / francês / hebraico /
hindi / húngaro / indonésio / italiano / japonês / coreano / latim / norueguês / holandês neerlandês /
polonês polaco / português / romeno / russo / sueco / tailandês / turco / ucraniano / urdu / vietnamita / chinês
""",
        "ru": """
арабский по-арабски арабском арабского / бенгальский по-бенгальски бенгальском бенгальского /
чешский по-чешски чешском чешского / датский по-датски датском датского / немецкий по-немецки немецком немецкого /
греческий по-гречески греческом греческого / английский по-английски английском английского /
испанский по-испански испанском испанского / персидский по-персидски персидском персидского /
финский по-фински финском финского / французский по-французски французском французского / иврит иврите / хинди /
венгерский по-венгерски венгерском венгерского / индонезийский по-индонезийски индонезийском индонезийского /
итальянский по-итальянски итальянском итальянского / японский по-японски японском японского /
корейский по-корейски корейском корейского / латинский по-латински латинском латинского латынь латыни /
норвежский по-норвежски норвежском норвежского /
нидерландский по-нидерландски нидерландском нидерландского голландский по-голландски /
польский по-польски польском польского / португальский по-португальски португальском португальского /
румынский по-румынски румынском румынского / русский по-русски русском русского /
шведский по-шведски шведском шведского / тайский по-тайски тайском тайского / турецкий по-турецки турецком турецкого /
украинский по-украински украинском украинского / урду / вьетнамский по-вьетнамски вьетнамском вьетнамского /
китайский по-китайски китайском китайского
""",
        "th": """
ภาษาอาหรับ / ภาษาบังกลา / ภาษาเช็ก / ภาษาเดนมาร์ก / ภาษาเยอรมัน / ภาษากรีก / ภาษาอังกฤษ / ภาษาสเปน / ภาษาเปอร์เซีย /
ภาษาฟินแลนด์ / ภาษาฝรั่งเศส / ภาษาฮิบรู / ภาษาฮินดี / ภาษาฮังการี / ภาษาอินโดนีเซีย / ภาษาอิตาลี / ภาษาญี่ปุ่น /
ภาษาเกาหลี / ภาษาละติน / ภาษานอร์เวย์ / ภาษาดัตช์ / ภาษาโปแลนด์ / ภาษาโปรตุเกส / ภาษาโรมาเนีย / ภาษารัสเซีย /
ภาษาสวีเดน / ภาษาไทย / ภาษาตุรกี / ภาษายูเครน / ภาษาอูรดู / ภาษาเวียดนาม / ภาษาจีน
""",
        "tr": """
arapça / bengalce / çekçe / danca / almanca / yunanca / ingilizce / ispanyolca / farsça / fince / fransızca /
ibranice / hintçe / macarca / endonezce / italyanca / japonca / korece / latince / norveççe / felemenkçe hollandaca /
lehçe polonyaca / portekizce / rumence / rusça / isveççe / tayca / türkçe / ukraynaca / urduca / vietnamca / çince
""",
        "zh": """
阿拉伯语 阿拉伯文 / 孟加拉语 / 捷克语 / 丹麦语 / 德语 德文 / 希腊语 希腊文 / 英语 英文 / 西班牙语 西班牙文 西语 /
波斯语 / 芬兰语 / 法语 法文 / 希伯来语 / 印地语 / 匈牙利语 / 印度尼西亚语 / 意大利语 意大利文 意语 / 日语 日文 /
韩语 韩文 韩国语 / 拉丁语 拉丁文 / 挪威语 / 荷兰语 / 波兰语 / 葡萄牙语 葡萄牙文 葡语 / 罗马尼亚语 / 俄语 俄文 /
瑞典语 / 泰语 泰文 / 土耳其语 / 乌克兰语 / 乌尔都语 / 越南语 越南文 / 中文 汉语 普通话 汉字 国语
""",
        "zh-tw": """
阿拉伯文 / 孟加拉文 / 捷克文 / 丹麥文 / 德文 德語 / 希臘文 / 英文 英語 / 西班牙文 西語 西班牙語 / 波斯文 / 芬蘭文 /
法文 法語 / 希伯來文 / 印地文 / 匈牙利文 / 印尼文 / 義大利文 / 日文 日語 / 韓文 韓語 / 拉丁文 / 挪威文 / 荷蘭文 /
波蘭文 / 葡萄牙文 / 羅馬尼亞文 / 俄文 俄語 / 瑞典文 / 泰文 泰語 / 土耳其文 / 烏克蘭文 / 烏都文 / 越南文 越語 越南語 /
中文 華語 國語 漢語
""",
    },
    _CODES,
)
