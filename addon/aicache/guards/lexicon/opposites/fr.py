"""Opposites in French: what is done, qualities, people. Data only; see the package for the form."""

OPPOSITES = """
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

haut haute hauts élevé élevée / bas basse faible
augmentent augmente / diminuent diminue baissent
pair / impair
positif positive / négatif négative
actif active / passif passive
public publique / privé privée
célibataire / marié mariée
mouillé humide / sec sèche
plein pleine / vide
épais épaisse / mince fin
large / étroit étroite
profond profonde / superficiel
mou doux / dur dure
clair claire / foncé sombre
propre / sale
sain saine / malade malsain
vrai vraie / faux fausse
réussi réussir succès / échoué échouer échec
entrant entrante / sortant sortante
s'abonner abonner / se_désabonner désabonner résilier
se_marier mariage / divorcer divorce
naissance né née / mort décès
cru crue / cuit cuite
interne / externe
avant devant / arrière derrière
singulier / pluriel
fixe / variable
en_ligne / hors_ligne
manuel manuellement / automatique automatiquement
perdre_du_poids perdre / prendre_du_poids grossir
été / hiver
printemps / automne
matin / soir

mère maman / père papa
épouse femme / époux mari
sœur / frère
fille / garçon fils
copine petite_amie / copain petit_ami
tante / oncle
nièce / neveu
grand-mère mamie / grand-père papi
reine / roi
acheteur acheteuse / vendeur vendeuse
employeur / employé salarié
propriétaire / locataire
professeur enseignant / élève étudiant
médecin docteur / patient
parents / enfants enfant
adultes adulte / enfants enfant
expéditeur / destinataire
"""
