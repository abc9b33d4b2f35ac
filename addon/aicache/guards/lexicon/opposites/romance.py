"""Opposites in French, Spanish, Italian and Portuguese. Data only; see the package for the form."""

from __future__ import annotations

from typing import Final

OPPOSITES: Final = {
    "fr": """
avant / après
allumer allume activer active / éteindre éteins désactiver désactive
gauche / droite
plus / moins
augmenter augmente monter / diminuer diminue baisser baisse réduire réduit
ouvrir ouvre ouvert ouverte / fermer ferme fermé fermée
avec / sans
acheter achète achat / vendre vends vente
importer importe import importation / exporter exporte export exportation
dedans intérieur entrer / dehors extérieur sortir
entrée / sortie
gagner gagne gagné / perdre perds perdu
gain bénéfice / perte
chaud chaude chauds / froid froide froids
chauffer / refroidir
commencer commence démarrer démarre début / arrêter arrête finir terminer fin
ajouter ajoute / supprimer supprime enlever retirer effacer
haut dessus sur / bas dessous sous
monter / descendre
téléverser / télécharger
installer installe / désinstaller désinstalle
connecter connecte / déconnecter déconnecte
verrouiller / déverrouiller
bloquer / débloquer
chiffrer crypter / déchiffrer décrypter
envoyer envoie / recevoir reçois
prêter / emprunter
déposer / retirer
minimum minimal / maximum maximal
premier première / dernier dernière
meilleur meilleure / pire
accepter accepte / refuser refuse rejeter
permettre autorisé autorisée permis / interdire interdit interdite
arrivée arriver / départ partir
pousser / tirer
afficher montrer / masquer cacher
croissant ascendant / décroissant descendant
horizontal / vertical
nord / sud
jour / nuit
avantages avantage / inconvénients inconvénient
cause causes / conséquence conséquences effet effets
grand grande grands / petit petite petits
long longue / court courte
rapide vite / lent lente lentement
vieux vieille ancien ancienne / jeune nouveau nouvelle neuf
bon bonne bien / mauvais mauvaise mal
cher chère / économique abordable
fort forte / faible
léger légère / lourd lourde
facile / difficile
dangereux dangereuse / sûr sûre
tôt / tard
homme hommes masculin / femme femmes féminin
inspirer / expirer
grossir / maigrir
brut / net
""",
    "es": """
antes / después
encender enciendo activar activo prender / apagar apago desactivar desactivo
izquierda izquierdo / derecha derecho
más / menos
aumentar aumento subir subo / disminuir bajar bajo reducir reduzco
abrir abro abierto abierta / cerrar cierro cerrado cerrada
con / sin
comprar compro compra / vender vendo venta
importar importo importación / exportar exporto exportación
dentro adentro entrar / fuera afuera salir
entrada / salida
ganar gano ganado / perder pierdo perdido
ganancia ganancias / pérdida pérdidas
caliente calor / frío fría
calentar / enfriar
empezar empiezo comenzar iniciar inicio / parar detener terminar acabar fin
añadir agregar / eliminar quitar borrar
arriba encima sobre / abajo debajo bajo
subir cargar / descargar
instalar / desinstalar
conectar / desconectar
bloquear / desbloquear
cifrar encriptar / descifrar desencriptar
enviar envío / recibir recibo
prestar / pedir_prestado
depositar ingresar / retirar
mínimo mínima / máximo máxima
primero primera primer / último última
mejor / peor
aceptar / rechazar
permitir permitido / prohibir prohibido
llegada llegar / salida partida
empujar / tirar jalar
mostrar / ocultar esconder
ascendente / descendente
horizontal / vertical
norte / sur
este oriente / oeste occidente
día / noche
ventajas ventaja / desventajas desventaja inconvenientes
causa causas / efecto efectos consecuencias
grande grandes / pequeño pequeña pequeños
largo larga / corto corta
rápido rápida / lento lenta
viejo vieja antiguo antigua / joven nuevo nueva
bueno buena bien / malo mala mal
caro cara / barato barata
fuerte / débil
ligero ligera / pesado pesada
fácil / difícil
seguro segura / peligroso peligrosa
temprano / tarde
hombre hombres masculino / mujer mujeres femenino
inhalar / exhalar
engordar / adelgazar
bruto / neto
""",
    "it": """
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
""",
    "pt": """
antes / depois após
ligar ligo ativar ativo acender / desligar desligo desativar desativo apagar
esquerda esquerdo / direita direito
mais / menos
aumentar aumento subir / diminuir reduzir reduzo baixar
abrir abro aberto aberta / fechar fecho fechado fechada
com / sem
comprar compro compra / vender vendo venda
importar importação / exportar exportação
dentro entrar / fora sair
entrada / saída
ganhar ganho vencer / perder perco
lucro / prejuízo perda
quente calor / frio fria
aquecer esquentar / esfriar arrefecer
começar iniciar início / parar terminar acabar fim
adicionar acrescentar / remover excluir eliminar apagar
acima cima / abaixo baixo
subir / descer
carregar enviar / baixar descarregar
instalar / desinstalar
conectar / desconectar
bloquear / desbloquear
criptografar cifrar / descriptografar decifrar
enviar envio / receber recebo
emprestar / pedir_emprestado
depositar / sacar levantar
mínimo mínima / máximo máxima
primeiro primeira / último última
melhor / pior
aceitar / recusar rejeitar
permitir permitido / proibir proibido
chegada chegar / partida partir
empurrar / puxar
mostrar exibir / ocultar esconder
crescente / decrescente
horizontal / vertical
norte / sul
leste / oeste
dia / noite
vantagens vantagem / desvantagens desvantagem
causa causas / efeito efeitos consequências
grande grandes / pequeno pequena pequenos
longo longa comprido / curto curta
rápido rápida / lento lenta devagar
velho velha antigo antiga / jovem novo nova
bom boa bem / mau má ruim mal
caro cara / barato barata
forte / fraco fraca
leve / pesado pesada
fácil / difícil
seguro segura / perigoso perigosa
cedo / tarde
homem homens masculino / mulher mulheres feminino
inspirar / expirar
engordar / emagrecer
bruto / líquido
""",
}
