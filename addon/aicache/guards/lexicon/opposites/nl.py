"""Opposites in Dutch: what is done, qualities, people. Data only; see the package for the form."""

OPPOSITES = """
voor / na
aanzetten inschakelen / uitzetten uitschakelen
activeren / deactiveren
links linker / rechts rechter
meer / minder
verhogen / verlagen verminderen
openen open / sluiten dicht gesloten
met / zonder
kopen koop koopt gekocht / verkopen verkoop verkoopt verkocht
importeren import invoer / exporteren export uitvoer
binnen / buiten
winnen gewonnen / verliezen verloren
winst / verlies
heet warm warme / koud koude
beginnen starten start / stoppen eindigen stop
toevoegen / verwijderen wissen
boven / onder beneden
omhoog / omlaag
uploaden / downloaden
installeren / verwijderen deïnstalleren
aanmelden inloggen / afmelden uitloggen
vergrendelen / ontgrendelen
versleutelen / ontsleutelen
verzenden sturen / ontvangen
uitlenen / lenen
storten / opnemen
minimum minimaal minstens / maximum maximaal hoogstens
hoogste grootste / laagste kleinste
eerste / laatste
oudste / nieuwste jongste
beste / slechtste
accepteren aanvaarden / weigeren afwijzen
toestaan toegestaan / verbieten verboden
aankomst aankomen / vertrek vertrekken
duwen / trekken
invoer / uitvoer
verbergen / tonen weergeven
oplopend / aflopend
horizontaal / verticaal
noorden / zuiden
oosten / westen
dag / nacht
voordelen voordeel / nadelen nadeel
oorzaak oorzaken / gevolg gevolgen
groot grote / klein kleine
lang lange / kort korte
snel snelle / langzaam langzame traag
oud oude / jong jonge nieuw nieuwe
goed goede / slecht slechte
duur dure / goedkoop goedkope
sterk sterke / zwak zwakke
licht lichte / zwaar zware
veilig veilige / gevaarlijk gevaarlijke onveilig
vroeg vroeger / laat later
mannelijk mannen / vrouwelijk vrouwen
aankomen / afvallen
bruto / netto

hoog hoge hoger / laag lage lager
even / oneven
positief positieve / negatief negatieve
actief actieve / passief passieve
openbaar openbare / privé
alleenstaand / getrouwd
nat / droog
vol volle / leeg lege
dik dikke / dun dunne
breed brede / smal smalle
zacht zachte / hard harde
lichte / donker donkere
schoon / vuil
gezond gezonde / ziek zieke ongezond
waar / onwaar
goed juist / fout onjuist
geslaagd / gezakt mislukt
stijgt stijgen / daalt dalen
inkomend inkomende / uitgaand uitgaande
abonneren / opzeggen
verbinden / verbreken
trouwen / scheiden
geboren geboorte / overleden dood
rauw / gekookt
intern / extern
vast vaste / variabel variabele
online / offline
handmatig / automatisch
zomer / winter
lente / herfst
ochtend / avond

moeder mama / vader papa
vrouw echtgenote / man echtgenoot
zus / broer
dochter / zoon
meisje meisjes / jongen jongens
vriendin / vriend
tante / oom
nicht / neef
oma / opa
bruid / bruidegom
koningin / koning
koper / verkoper
werkgever / werknemer
verhuurder / huurder
leraar docent / leerling student
arts dokter / patiënt
ouders / kinderen kind
volwassenen volwassene / kinderen kind
afzender / ontvanger
"""
