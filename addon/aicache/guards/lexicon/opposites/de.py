"""Opposites in German: what is done, qualities, people. Data only; see the package for the form."""

OPPOSITES = """
vor / nach
vorher davor / nachher danach
einschalten anschalten anmachen eingeschaltet / ausschalten abschalten ausmachen ausgeschaltet
aktivieren aktiviere aktiviert / deaktivieren deaktiviere deaktiviert
links linke linken / rechts rechte rechten
mehr / weniger
erhöhen erhöhe erhöht steigern / senken senke gesenkt verringern reduzieren reduziert vermindern
öffnen öffne geöffnet aufmachen / schliessen schliesse geschlossen zumachen
offen offene / geschlossen geschlossene
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

hoch hohe hoher hohen höher / niedrig niedrige niedriger niedrigen tief
gerade / ungerade
positiv positive / negativ negative
aktiv aktive / passiv passive
öffentlich öffentliche / privat private
ledig / verheiratet
nass / trocken
voll volle / leer leere
dick dicke / dünn dünne
breit breite / schmal schmale
weich weiche / hart harte
hell helle / dunkel dunkle
sauber / schmutzig
gesund gesunde / krank kranke ungesund
wahr / falsch
richtig richtige / falsch falsche
erfolg bestanden / misserfolg durchgefallen gescheitert
steigt steigen / sinkt sinken fällt fallen
eingehend eingehende / ausgehend ausgehende
abonnieren / abbestellen kündigen
verbinden / trennen
heiraten heirat / scheidung scheiden
geburt geboren / tod gestorben
roh / gekocht
intern interne / extern externe
vorne / hinten
singular / plural
fest feste / variabel variable
online / offline
manuell / automatisch
synchron / asynchron
mindestalter / höchstalter
mindestens / höchstens
sommer / winter
frühling / herbst
morgens / abends

mutter mama / vater papa
ehefrau / ehemann
schwester / bruder
tochter / sohn
mädchen / junge jungen
freundin / freund
tante / onkel
nichte / neffe
oma grossmutter / opa grossvater
braut / bräutigam
königin / könig
käufer käuferin / verkäufer verkäuferin
arbeitgeber / arbeitnehmer
vermieter / mieter
lehrer lehrerin / schüler schülerin
arzt ärztin / patient patientin
eltern / kinder kind
erwachsene erwachsener / kinder kind
absender / empfänger
"""
