"""Words whose capitals say something, and names whose capitals say nothing more. Data only; written for this project.

`CAPITONYMS` and `ACRONYM_WORDS` keep their case, so a line too few lets another question's answer through: "Polish" and
"polish", "US" and "us". `NAMES` and `ACRONYMS` lose theirs, so they hold no word that is one in small letters, too.
"""

from __future__ import annotations

CAPITONYMS = """
abel adele alien aliens alphabet amazon amber ampere angstrom angular ansible apollo apple april ares aries arsenal
art aspirin atlantic atlas august augusta aurora axel bane bar bard baroque basil bath becquerel beetle berliner bible
bill bing bishop blackberry blanco blazers bob bond bordeaux bourbon bp brie broadway broncos browns buck bucks
buffalo burgundy bush cancer cardigans cardinals carpenters catholic celtic chad champagne chargers chastity cheddar
cherokee chiefs chile china christian chrome chuck claude cliff cologne colon colt colts columbia columbus commanders
compass concord concorde confederate conservative cooper copilot cork corolla coulomb cowboys cranberries crane
cricket crisp cruz crystal curie curium cyclops daisy dale dane danish dart deal dell delta democrat democratic dick
docker dodge dodgers dollar dolphins don donne doubt drew dune dutchman earth echo economist eliot elle enlightenment
evita excel falcons farad faraday fed federalist felicity fermi fiat fiesta finnish flea flink ford fortune franc
frank frankfurter frisbee frozen gambit gates gauss gemini gene genesis glamour glee glen go gobi golf gothic grass
gray greens guinea guy hamburger hamlet hardy harrow harry hawkeye hawking henry hercules hertz hulk hull impala
inception iris ivy jack jade jaguar jaguars java jazz jeep jersey job jobs john joker jordan joule julia june juno
kafka kelvin kindle kiss labor labour lancet lap latin lent leo leone leopard liberal libra lily lima limerick lira ma
madonna magneto male mali malibu manhattan manila marathon march mark mars mass maxim maxwell may maya melody mercury
meta miles mobile moon moonlight mustang mystique nan nana nas negro nest newton nexus nice nick nirvana nomad nook
nun observer ohm olive oman oracle orange orthodox outlook packers panthers papa papas paramount pascal passport pat
patriots pats pearl peg penny perl phoenix pierce pilgrim pixel playboy poe pole polish polo port pretenders prius
prodigy puma python quartz raiders ram rams randy raspberry ravens ray reading reconstruction regina renaissance
renegade republican rich riddler rift robin rockies roman rose rovers ruby rugby rust safari salon sandwich saturn
scot scotch scratch scripture sentra sherry sienna sierra sievert slack slash slough southwest stein sting stripe sue
swede swift tangier telegram telegraph tenet tequila tesla tiger titanic titans tom tory toto trinity trump turing
turkey twain venus verizon verve victoria vikings violet viper virgo visa vive vogue vue wanderers wasp watt weber
wells welsh whig wicked wii will windows wolfe word wrangler xerox yen yuan zoom
"""
"""Words that mean something else with a capital: months, people, places, products, papers, works, teams, titles."""

ACRONYM_WORDS = """
act ada aid aids aim ajax al am ant ants apt ar arc arm arms art asap bar base basic bat bios bit bits boss byte ca
cad cam can cap car care cat cell chat chip chips class clip co code cola cop cope core crisp crud ct dare dart dash
data de dear deer delta dial diet dim dip dope dos dose dot draw drop duel dues ear ears easy echo edge edit ego elf
end era eta eve eye fad fair fan far fast fat fee fema few fig fin fir fit fix flag flat flip floss flu fly foe fog
for form fun fuse ga gag gal gap gas gel gem get gift gig gin gis goat got grit gut gym hal ham has hat heat hero hi
hip hit hope hub hud hug ice id ill imp in ion ira it jam jar jet jobs joy jug jump keg kid kin kit ky la lab lag lamp
lan lap laser law lax led leg let lid lie life lift limb line lip list lot low lug ma mac mad madd man map maps mash
mat max md me mean met mi mind mint mix mn mo mob mom mop ms mud mug nap nasal nd ne nest net new nil nip nod not now
nut oak oar odd off oh oil ok old one or out owl own pa pad pal pan par pass past pat path paw pay pea peg pen per pet
peta pie pig pin pip pit plan play plot plum ply pm pod pop pops post pot prep press pro pub pun pus put race radar
rag raid rain rally ram range rank rap rat rate ray red rest ri rib rice rig rim ring rip road rob rod roi role rom
roof root rope row rub rug run rush rut sac sad safe sag sail salt sam sap sars sat save scan scar scuba sd seal seat
see sense set sex share ship shop sim sin sip sit six ski sky slam slot sly smart snap soap sob solo son sonar sos spa
spade spam spin spot spy star start stat stay stem step steps stool stop sub sue sum sun swat swim tab tag tan tap tar
task tax tea team tech ten test the tic tie time tin tip tips toe tom ton tool top tot tow toy trap tray trim trip try
tub tug two us use va van vat verb vet view vip vis vista vow vt wa wad wag war was wash wasp wave wax way web wed wet
whip who wig win wish wit yes yet you zen zip zone
"""
"""Words that are an abbreviation, too, in nothing but capitals (some of those of two letters are states or drugs)."""

SAFE_IN_CAPITALS = """
the for can has not now one out own per see set get put new old off two was way yes you the use one few let for six ten
see try low end got ill met in me or am
"""
"""Those of `ACRONYM_WORDS` that between small words, in a text of nothing but capitals, are words after all."""

NAMES = """
addis adidas adobe afghan afghanistan africa african afrika airbnb airpods alabama alaska albania albanian alberta
albion alemanha alemania alexa algeria algerian algiers allemagne america american amsterdam angleterre anglia anglii
antarctica arabic argentina argentine argentinian argentinien aristotle arizona arkansas armenia armenian asia asian
athens atlanta austin australia australian australie australien austria austrian autriche azerbaijan bach baghdad
bahrain bangalore bangkok bangladesh bangladeshi barcelona batman beatles beethoven beijing belarus belgian belgien
belgio belgique belgium belgrade bengali bengaluru benin berlijn berlin berlino berlín bhutan biden bitbucket bitcoin
bluetooth boeing bogota bolivia bolivian borneo boston botswana brasil brasile brasilien bratislava brazil brazilian
britain browning brussels brésil bucharest budapest buddha buddhism buddhist bulgaria bulgarian bulgarie bulgarien
burundi bélgica cairo california cambodia cambridge cameroon canada canadian canadá canberra cantonese caracas
casablanca cervantes chatgpt chekhov chennai chicago chilean chinese christianity christmas cleveland cobol colombia
colombian colorado confucius congo connecticut copenhagen copernicus cordoba cortana covid croatia croatian cuba
cyprus czechia dakar dallas danemark dania danimarca dante danube darwin debian december delaware delhi denemarken
denmark denver descartes deutschland dickens dinamarca diwali dogecoin dostoevsky dropbox dubai dublin duitsland
dumbledore dutch dylan dänemark easter ebay ecuador edinburgh egipto egitto egypt egyptian einstein eminem engeland
england english espagne espanha españa esperanto estonia estonian ethereum ethernet ethiopia ethiopian europa europe
european everest facebook february fedora ferrari fiji finland finlande finlandia finlândia finnland firefox florence
florida fortnite fortran france francia francja francji frankfurt frankreich frankrijk frança french freud friday
frodo gabon galileo gandalf gandhi gaza geneva georgia german germania germany ghana giappone github gitlab glasgow
gmail goethe google grecia grecja greece greek griechenland griekenland grèce grécia guatemala guyana hadoop haiti
halloween hanoi hanukkah haskell havana hawaii hebrew helsinki hemingway himalaya himalayas hindi hindu hinduism
hiszpania hiszpanii hitler hogwarts hollywood honda honduras hongarije hongrie houston huawei hubble hungarian hungary
hungria hungría hyderabad hyundai iceland icelandic idaho ikea illinois imac inde india indian indien indonesia
indonesian inghilterra inglaterra instagram iowa ipad iphone ipod iran iranian iraq iraqi ireland irish islam israel
israeli istanbul italia italian italie italien italië italy itália jakarta jamaica jamaican january japan japanese
japon japonia japonii japão japón javascript johannesburg jquery judaism juliet kabul kanada kansas kant kazakhstan
kentucky kenya kenyan kiev kilimanjaro kolkata korea korean kotlin kroatien kubernetes kuwait kyiv kyoto kyrgyzstan
köln lakers lamborghini lancaster laos latvia latvian lebanese lebanon lenin leonardo liberia libya libyan linkedin
linux lisbon lisbona lisbonne litecoin lithuania lithuanian ljubljana loki londen london londra londres louisiana
lufthansa luxembourg macbeth macbook madagascar madison madrid malawi malaysia malaysian malta mandarin mandela marley
maryland massachusetts matlab mauritius mediterranean melbourne memphis mercedes messico mets mexican mexico mexiko
mexique miami michelangelo michigan microsoft milan minecraft minnesota mississippi missouri modi moldova monday
mongodb mongolia mongolian montana montenegro montreal moroccan morocco mosca moscow moscú moses mozambique mozart
muhammad mumbai munich muslim myanmar mysql méxico münchen nairobi namibia naples napoleon nebraska nehru nepal nepali
netflix netherlands nevada nicaragua niederlande niemcy niemiec nietzsche niger nigeria nigerian nike nile nintendo
nissan nodejs nokia noorwegen noruega norvegia norvège norway norwegen norwegia norwegian november numpy nvidia obama
october odin ohio oklahoma onedrive ontario oostenrijk openai oregon orlando orwell osaka oslo othello ottawa oxford
pakistan pakistani palestine panama paraguay parigi parijs paris paypal pechino pekín pennsylvania peru peruvian
philadelphia philippines photoshop picasso pinterest plato playstation pokemon poland pologne polonia polônia porsche
portugal portuguese poseidon postgres postgresql powerpoint prague pretoria pune putin pytorch qatar quebec quito
quora rabat ramadan reddit reykjavik riga romania romanian rome romeo rosja rosji roumanie rowling rumania rumänien
rusia rusland russia russian russie russland rwanda rússia sahara salesforce samsung santiago saturday saudi schiller
schweden schweiz scotland seattle senegal seoul september serbia serbian serbien shakespeare shanghai sharepoint
sherlock shopify sinatra singapore singaporean siri slovak slovakia slovenia slovenian snapchat socrates sofia somali
somalia spagna spain spanien spanish spanje spider-man spiderman spotify sqlite stalin stockholm sudan sudanese suecia
suisse suiza sumatra sunday superman suécia suíça svezia svizzera swahili sweden swedish swiss switzerland sydney
syria syrian szwajcaria szwecja taiwan taiwanese tajikistan tallinn tamil tanzania tehran telugu tennessee tensorflow
texas thai thailand thanksgiving thor thursday tibetan tiktok togo tokyo tolkien tolstoy toronto toyota tschechien
tuesday tunisia tunisian turcja turkije turkish turkmenistan turquia turquie turquía typescript türkei uber ubuntu
uganda ukraine ukrainian ungarn ungheria urdu uruguay utah uzbekistan vancouver varsavia varsovie venezuela venezuelan
venice vermont vienna vietnam vietnamese vilnius virginia voldemort volga volkswagen walmart warsaw washington
wednesday wellington wenen whatsapp wi-fi wien wifi wikipedia wisconsin wordpress wyoming węgry włoch włochy xbox
xiaomi yankees yemen youtube zagreb zambia zeus zimbabwe zurich zweden zwitserland zürich ägypten égypte österreich
англии англия берлин германии германия испании испания италии италия китая лондон москва париж россии россия токио
франции франция японии япония
"""
"""Names of one word that are no other word in small letters, with the endings that a question has."""

ACRONYMS = """
adhd api atm bbc bmw ceo cfo cia cnn covid-19 cpu css csv cto dhcp dna dns dvd espn fbi fifa ftp gdp gif gps gpu hbo
hdd hdmi hiv hp html http http2 https ibm ide ip jdk jpeg jpg json jvm lcd lg llm mba mlb mp3 mp4 mri nasa nato nba
ncaa nfl nhl nlp npm ocd oled opec pdf phd php png ptsd rna sdk sms sql ssd ssh ssl svg tcp tls uae udp uefa ufo uk
unesco unicef uri url usa usb ussr vpn xml yaml
"""
"""Abbreviations that are no word in small letters, and no unit."""

GERMAN_CAPITALS = """
acht alle alte alten angst arm arme armen bad band bar bau bauen bauer berg bergen birke bitter blau blinde bot buche
bund bäcker chinesisch dank deutsch deutsche deutschen dicht dichter dürfen dürr eiche elf englisch ernst esche essen
fand fest fiel fischer fliegen floh fluch flucht folge folgen frage fragen französisch fremde fremden fuchs fulda
gebot gefangene gefangenen gehen gelb gießen groß grün gut hagen halle halt halten hart hauen haut heide heimlich
herbst hof husten ihnen ihr ihre ihrem ihren ihrer ihres italienisch japanisch jung junge jungen kaiser karte karten
klage klagen klasse klein koch kohl kosten kraft kranke kranken kreuz kurz könig können lag lage lagen lang lauf
laufen lauft laut leben leid leihe lesen licht liebe lieben linde linke linken los macht mal miete mieten morgen
müller not paar pleite polnisch rasen rate raten recht rechte regen reich reif reise reisen richter rot russisch sage
sagen sauer schaden scharf schloss schmidt schneider schreiben schuld schwarz schäfer sein sie sieben siegen singen
sollen sommer spanisch spiel spielen spinnen spitze sprechen stand stark statt stehen stein stelle stellen stern
sterne stimme stimmen suche suchen sucht süß tanne teil tote toten trotz tun türkisch ulm ulme verdienst wagen wand
warten weber weg weide weiden weiss weiß wert winter wissen wolf wollen wunder wände würde zeit ziel zielen zimmermann
zug
"""
"""German words that mean something else with a capital: nouns beside verbs and adjectives, Sie beside sie, families."""

OTHER_IN_SMALL_LETTERS = """
polish turkey china aids lent swede cork catholic reading nice bath job mobile august bill lima natal tangier wales
jersey hamlet rugby welsh march
"""
"""Those of them that are seldom meant when they are typed in small letters, in a text that has capitals."""

IN_CAPITALS = "it us who aids"
"""Those that are an abbreviation in nothing but capitals, in a text that has small letters, too: what does IT do."""

GERMAN_PRONOUNS = "sie ihr ihre ihren ihrem ihrer ihres ihnen"
"""German words that mean who is spoken to with a capital, also in a text without any other one."""
