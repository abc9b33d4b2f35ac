"""Opposites in English, German and Dutch. Data only; see the package for the form."""

from __future__ import annotations

from typing import Final

OPPOSITES: Final = {
    "en": """
before / after
earlier / later
on / off
turn_on switch_on power_on / turn_off switch_off power_off
enable enabling enabled / disable disabling disabled
activate activating activation / deactivate deactivating deactivation
left / right
more / less fewer
raise raising increase increasing / lower lowering decrease decreasing reduce reducing
open opening / close closing shut
with / without
buy buying purchase / sell selling
import importing / export exporting
in / out
inside / outside
win winning / lose losing
hot / cold
start starting begin beginning / stop stopping end ending
add adding / remove removing delete deleting
up / down
upload uploading / download downloading
install installing / uninstall uninstalling
lock locking / unlock unlocking
encrypt encrypting encryption / decrypt decrypting decryption
encode encoding / decode decoding
send sending / receive receiving
lend lending / borrow borrowing
deposit depositing / withdraw withdrawing withdrawal
above / below
over / under
minimum min / maximum max
highest largest / lowest smallest
first / last
oldest / newest
best / worst
gain / loss lose
accept accepting / reject rejecting refuse decline
allow allowing / forbid forbidding prohibit
arrive arrival / depart departure
push pushing / pull pulling
input / output
hide hiding / show showing
ascending / descending
horizontal horizontally / vertical vertically
clockwise / counterclockwise anticlockwise
north / south
east / west
day / night
advantages advantage pros / disadvantages disadvantage cons
cause causes / effect effects
safe / dangerous
legal / illegal
men male / women female
inhale / exhale
freeze / thaw
melt / freeze
""",
    "de": """
vor / nach
vorher davor / nachher danach
an / aus
einschalten anschalten anmachen eingeschaltet / ausschalten abschalten ausmachen ausgeschaltet
aktivieren aktiviere aktiviert / deaktivieren deaktiviere deaktiviert
links linke linken / rechts rechte rechten
mehr / weniger
erhöhen erhöhe erhöht steigern / senken senke gesenkt verringern reduzieren reduziert vermindern
öffnen öffne geöffnet aufmachen / schliessen schliesse geschlossen zumachen
auf offen / zu geschlossen
mit / ohne
kaufen kaufe kauft gekauft kauf / verkaufen verkaufe verkauft verkauf
importieren importiere import einfuhr / exportieren exportiere export ausfuhr
rein hinein herein / raus hinaus heraus
innen drinnen innerhalb / aussen draussen ausserhalb
gewinnen gewinnt gewonnen / verlieren verliert verloren
gewinn / verlust
heiss heisse heissen warm warme / kalt kalte kalten
erwärmen erhitzen / abkühlen kühlen
starten starte anfangen beginnen beginnt anfang beginn / stoppen beenden beende aufhören enden endet ende
hinzufügen hinzufüge einfügen / entfernen entferne löschen lösche gelöscht
oben / unten
hinauf hoch rauf / hinunter runter herunter
hochladen hochlade / herunterladen downloaden
installieren installiere / deinstallieren deinstalliere
anmelden anmelde einloggen / abmelden abmelde ausloggen
sperren sperre gesperrt / entsperren entsperre entsperrt
verschlüsseln / entschlüsseln
senden sende verschicken / empfangen empfange erhalten
verleihen leihen_an / ausleihen leihen_von
einzahlen einzahlung / abheben auszahlen auszahlung
über oberhalb / unter unterhalb
minimum minimal mindestens / maximum maximal höchstens
höchste grösste / niedrigste tiefste kleinste
erste ersten / letzte letzten
älteste ältesten / neueste neuesten jüngste jüngsten
beste besten / schlechteste schlechtesten schlimmste
annehmen akzeptieren / ablehnen lehne_ab
erlauben erlaubt gestattet / verbieten verboten
ankunft ankommen / abfahrt abflug abreise abfahren
drücken / ziehen
eingabe eingang / ausgabe ausgang
verstecken ausblenden / anzeigen einblenden
aufsteigend / absteigend
waagerecht horizontal / senkrecht vertikal
nördlich norden / südlich süden
östlich osten / westlich westen
tag / nacht
vorteile vorteil / nachteile nachteil
ursache ursachen / wirkung folge folgen
gross grosse grossen / klein kleine kleinen
lang lange langen / kurz kurze kurzen
schnell schnelle schneller / langsam langsame langsamer
alt alte alten / jung junge neu neue neuen
gut gute guten / schlecht schlechte schlechten
teuer teure / billig günstig günstige
stark starke / schwach schwache
leicht leichte / schwer schwere
sicher sichere / gefährlich gefährliche unsicher
früh früher / spät später
männlich männer mann / weiblich frauen frau
einatmen / ausatmen
zunehmen / abnehmen
brutto / netto
""",
    "nl": """
voor / na
aan / uit
aanzetten inschakelen / uitzetten uitschakelen
activeren / deactiveren
links linker / rechts rechter
meer / minder
verhogen / verlagen verminderen
openen open / sluiten dicht gesloten
met / zonder
kopen koop koopt gekocht / verkopen verkoop verkoopt verkocht
importeren import invoer / exporteren export uitvoer
in binnen / uit buiten
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
""",
}
