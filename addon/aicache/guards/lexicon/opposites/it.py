"""Opposites in Italian: what is done, qualities, people. Data only; see the package for the form."""

OPPOSITES = """
prima / dopo
accendere accendo attivare attivo / spegnere spengo disattivare disattivo
sinistra sinistro / destra destro
più / meno
aumentare aumento alzare / diminuire abbassare ridurre riduco
aprire apro aperto aperta / chiudere chiudo chiuso chiusa
con / senza
comprare compro acquistare acquisto / vendere vendo vendita
importare importazione / esportare esportazione
dentro entrare / fuori uscire
entrata ingresso / uscita
vincere vinto / perdere perso
guadagno profitto / perdita
caldo calda / freddo fredda
riscaldare / raffreddare
iniziare inizio cominciare avviare / fermare finire terminare smettere fine
aggiungere aggiungo / rimuovere rimuovo eliminare togliere cancellare
sopra su / sotto giù
salire / scendere
caricare / scaricare
installare / disinstallare
connettere collegare / disconnettere scollegare
bloccare / sbloccare
cifrare criptare crittografare / decifrare decriptare
inviare invio spedire / ricevere ricevo
prestare / prendere_in_prestito
depositare versare / prelevare
minimo minima / massimo massima
primo prima_volta / ultimo ultima_volta
migliore meglio / peggiore peggio
accettare / rifiutare
permettere permesso consentito / vietare vietato proibito
arrivo arrivare / partenza partire
spingere / tirare
mostrare / nascondere
crescente / decrescente
orizzontale / verticale
nord / sud
est oriente / ovest occidente
giorno / notte
vantaggi vantaggio / svantaggi svantaggio
causa cause / effetto effetti conseguenze
grande grandi / piccolo piccola piccoli
lungo lunga / corto corta breve
veloce rapido / lento lenta
vecchio vecchia / giovane nuovo nuova
buono buona bene / cattivo cattiva male
caro cara costoso / economico economica
forte / debole
leggero leggera / pesante
facile / difficile
sicuro sicura / pericoloso pericolosa
presto / tardi
uomo uomini maschile / donna donne femminile
inspirare / espirare
ingrassare / dimagrire
lordo / netto

alto alta alti / basso bassa bassi
aumentano aumenta / diminuiscono diminuisce
pari / dispari
positivo positiva / negativo negativa
attivo attiva / passivo passiva
pubblico pubblica / privato privata
single celibe nubile / sposato sposata
bagnato umido / secco asciutto
pieno piena / vuoto vuota
spesso spessa / sottile
largo larga / stretto stretta
profondo profonda / superficiale
morbido morbida / duro dura
chiaro chiara / scuro scura
pulito pulita / sporco sporca
sano sana / malato malata
vero vera / falso falsa
giusto corretto / sbagliato errato
promosso superato successo / bocciato fallito fallimento
in_entrata / in_uscita
iscriversi abbonarsi / disiscriversi disdire
sposarsi matrimonio / divorziare divorzio
nascita nato nata / morte morto morta
crudo cruda / cotto cotta
interno interna / esterno esterna
davanti / dietro
singolare / plurale
fisso fissa / variabile
online / offline
manuale manualmente / automatico automaticamente
perdere_peso dimagrire / prendere_peso ingrassare
estate / inverno
primavera / autunno
mattina / sera

madre mamma / padre papà
moglie / marito
sorella / fratello
figlia / figlio
ragazza bambina / ragazzo bambino
fidanzata / fidanzato
zia / zio
nonna / nonno
regina / re
acquirente compratore / venditore
datore_di_lavoro / dipendente lavoratore
locatore proprietario / inquilino conduttore
insegnante professore / studente alunno
medico dottore / paziente
genitori / figli
adulti adulto / bambini
mittente / destinatario
"""
