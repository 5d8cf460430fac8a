"""The almerys-style dialect with stock zeep: python -m interop.python.almerys VERSION BASE.

Amounts are integer centimes, dates AAAAMMJJ, the NIR is cut in 13 characters and its key. A business answer carries
`retour.codeRetour`; only a technical error is a SOAP fault, whose detail is an `incidentTechnique`.
"""

from __future__ import annotations

import datetime as dt
import itertools
import sys
from collections.abc import Callable
from typing import Any

import zeep

from interop.python.rapport import Rapport, egal

CHEMIN = "tiers-payant"
MAGASIN = "759999014"
version, base = sys.argv[1:]
client = zeep.Client(f"{base}/{CHEMIN}?wsdl" + ("=soap12" if version == "1.2" else ""))
numeros = itertools.count(1)
rapport = Rapport("almerys")


def appelle(operation: str, magasin: str = MAGASIN, **champs: Any) -> Any:
    """One call with its business header. Every idMessage is new; the answer must echo it."""
    entete = {
        "idMessage": f"zeep-{next(numeros)}",
        "magasin": magasin,
        "horodatage": dt.datetime(2024, 1, 31, 9, 0, tzinfo=dt.UTC),
    }
    reponse = client.service[operation](**champs, _soapheaders={"entete": entete})
    egal("idMessage", reponse.idMessage, entete["idMessage"])
    return reponse


def traite(operation: str, **champs: Any) -> Any:
    """A call that must come back with the return code of success."""
    reponse = appelle(operation, **champs)
    egal("codeRetour", reponse.retour.codeRetour, "0000")
    return reponse


def refuse(regle: str, chemin: str, appel: Callable[[], Any]) -> None:
    """The call must fail with the typed fault, at that place in the message, by that rule."""
    try:
        appel()
    except zeep.exceptions.Fault as faute:
        [element] = faute.detail
        incident = client.wsdl.types.deserialize(element)
    else:
        raise AssertionError("aucune faute")
    egal("codeIncident", incident.codeIncident, "9105")
    egal("regle", incident.regle, regle)
    egal("chemin", incident.chemin, chemin)


def operation(nom: str, appel: Callable[[], None], **champs: Any) -> None:
    """The two cases of an operation: the good call, and the same question from a shop that has no valid number."""
    rapport.cas(CHEMIN, nom, "nominal", appel)
    refus = ("VALEUR_FORME", "/Envelope/Header/enteteMessage/magasin")
    rapport.cas(CHEMIN, nom, "faute", lambda: refuse(*refus, lambda: appelle(nom, magasin="MAGASIN", **champs)))


attestation = {
    "numeroAMC": "990020020",
    "typeConvention": "TP",
    "numeroAdherent": "C2345678",
    "debutValidite": "20240101",
    "finValidite": "20241231",
}
ouvrant_droit = {"nir": "1900975999003", "cleNir": "61"}
individu = {
    "dateNaissance": "19900923",
    "rangNaissance": 1,
    "nom": "LEROUX",
    "prenom": "HUGO",
    "lien": "OD",
}
verre = {
    "nature": "VER",
    "zoneOptique": "S",
    "codeLPP": "2299121",
    "classe": "B",
    "prixUnitaire": 9000,
    "remise": 0,
    "quantite": 1,
}
articles = [
    {
        "numeroArticle": 1,
        "nature": "MON",
        "codeLPP": "2299026",
        "classe": "B",
        "prixUnitaire": 12000,
        "remise": 0,
        "quantite": 1,
    },
    {"numeroArticle": 2, "cote": "OD", **verre},
    {"numeroArticle": 3, "cote": "OG", **verre},
]
valorisation = {"total": 30000, "partAMO": 9, "partAMC": 17991, "resteACharge": 12000}
demande = {
    "referenceDossier": "D-ZEEP",
    "dateSoins": "20240131",
    "dateLivraisonPrevue": "20240209",
    "attestation": attestation,
    "ouvrantDroit": ouvrant_droit,
    "individu": individu,
    "ordonnance": {"dateOrdonnance": "20231102", "nature": "R", "numeroPrescripteur": "10101010105"},
    "equipement": {"rang": 1, "typeVision": "UNI", "article": articles},
}
devis = {**demande, "typeDemande": "DEVIS", "referenceDemande": "D-ZEEP/DEV-1"}
consentement = {"recueilli": True, "dateRecueil": "20240131"}
pec = {**demande, "typeDemande": "PEC", "referenceDemande": "D-ZEEP/PEC-1", "consentement": consentement}
facture = {
    "referenceDossier": "D-DEMO-1",
    "referenceFacture": "D-DEMO-1/FAC-1",
    "numeroDossier": "20240124000001",
    "numeroFacture": "240131001",
    "dateFacture": "20240131",
    "dateDelivrance": "20240130",
    "attestation": {**attestation, "numeroAdherent": "D8765432"},
    "ouvrantDroit": {"nir": "2720675999004", "cleNir": "68"},
    "individu": {**individu, "dateNaissance": "19720630", "nom": "MOREL", "prenom": "JEANNE"},
    "valorisation": valorisation,
    "article": articles,
}
piece = {"nature": "ORD", "nomFichier": "ordonnance.pdf", "typeMime": "application/pdf", "contenu": b"%PDF-1.4 essai"}


def montants(vu: Any) -> None:
    """The standard equipment: 0.09 + 179.91 + 120.00 euros, line by line too."""
    for nom, attendu in valorisation.items():
        egal(nom, vu[nom], attendu)
    lignes = [(part.partAMO, part.partAMC, part.resteACharge) for part in vu.partArticle]
    egal("partArticle", lignes, [(3, 4997, 7000), (3, 6497, 2500), (3, 6497, 2500)])


def etat_service() -> None:
    reponse = traite("EtatService", serviceLogique="pec")
    egal("disponible", reponse.disponible, True)


def identifier_beneficiaire() -> None:
    reponse = traite("IdentifierBeneficiaire", **droits)
    egal("situation", reponse.situation, "OUVERTS")
    egal("codeOrganisme", reponse.codeOrganisme, "A020")
    egal("accordPrealable", reponse.droitsOuverts.accordPrealable, True)


def rechercher_panier() -> None:
    reponse = traite("RechercherPanier", **panier)
    egal("offres à un prix", all(offre.prixNegocie > 0 for offre in reponse.offre) and len(reponse.offre) > 0, True)


def valoriser() -> None:
    reponse = traite("Valoriser", **devis)
    egal("typeDemande", reponse.dossier.typeDemande, "DEVIS")
    montants(reponse.dossier.valorisation)
    reponse = traite("Valoriser", **pec)
    egal("etat", reponse.dossier.etat, "VALIDEE")
    egal("finValidite", reponse.dossier.finValidite, "20240331")
    egal("finFacturation", reponse.dossier.finFacturation, "20240430")
    montants(reponse.dossier.valorisation)


def consulter_dossier() -> None:
    [dossier] = traite("ConsulterDossier", referenceDemande="D-ZEEP/PEC-1").dossier
    [le_meme] = traite("ConsulterDossier", numeroDossier=dossier.numeroDossier).dossier
    egal("referenceDemande", le_meme.referenceDemande, "D-ZEEP/PEC-1")
    montants(le_meme.valorisation)


def annuler_dossier() -> None:
    reponse = traite("AnnulerDossier", **annulation)
    egal("suite", reponse.suite, "FAITE")
    egal("numeroDossier", reponse.numeroDossier, "20240124000002")


def deposer_pieces() -> None:
    reponse = traite("DeposerPieces", **depot)
    egal("suite", reponse.suite, "RECUES")


def deposer_lot() -> None:
    arl = traite("DeposerLot", **lot).arl
    egal("statut", arl.statut, "POSITIF")
    egal("numeroFacture", [facture.numeroFacture for facture in arl.facture], ["240131001"])


def consulter_lot() -> None:
    arl = traite("ConsulterLot", numeroLot="L-ZEEP-1").arl
    egal("montantDemande", [facture.montantDemande for facture in arl.facture], [17991])


def consulter_facture() -> None:
    [connue] = traite("ConsulterFacture", numeroFacture="240120001").facture
    egal("etat", connue.etat, "LIQUIDEE")
    egal("montantDemande", connue.montantDemande, 17991)
    [la_notre] = traite("ConsulterFacture", referenceFacture="D-DEMO-1/FAC-1").facture
    egal("numeroDossier", la_notre.numeroDossier, "20240124000001")


def annuler_facture() -> None:
    reponse = traite("AnnulerFacture", **annulation_facture)
    egal("suite", reponse.suite, "FAITE")
    egal("numeroFacture", reponse.numeroFacture, "240120002")


def relever_bordereaux() -> None:
    [bordereau] = traite("ReleverBordereaux", nombreMaximum=100).bordereau
    egal("montantVirement", bordereau.montantVirement, 17991)
    [ligne] = bordereau.ligne
    vue = (ligne.nature, ligne.numeroFacture, ligne.montantRegle)
    egal("ligne", vue, ("REGLEMENT", "240110003", 17991))


def session() -> None:
    jeton = traite("OuvrirSession", **ouverture).jetonSession
    egal("jetonSession", bool(jeton), True)


def fermer_session() -> None:
    jeton = traite("OuvrirSession", **ouverture).jetonSession
    egal("fermee", traite("FermerSession", jetonSession=jeton).fermee, True)


droits = {
    "dateSoins": "20240131",
    "attestation": attestation,
    "ouvrantDroit": ouvrant_droit,
    "individu": individu,
}
panier = {"dateSoins": "20240131", "attestation": attestation, "typeVision": "UNI"}
annulation = {
    "numeroDossier": "20240124000002",
    "referenceAnnulation": "D-DEMO-2/ANN-1",
    "motifAnnulation": "CHG",
}
depot = {"numeroDossier": "20240124000003", "referenceDepot": "D-DEMO-3/PJ-1", "piece": [piece]}
lot = {"numeroLot": "L-ZEEP-1", "facture": [facture]}
annulation_facture = {
    "numeroFacture": "240120002",
    "referenceAnnulation": "D-DEMO-5/ANN-1",
    "motifAnnulation": "ERR",
}
ouverture = {"identifiant": "759999014"}

operation("EtatService", etat_service, serviceLogique="pec")
operation("IdentifierBeneficiaire", identifier_beneficiaire, **droits)
operation("RechercherPanier", rechercher_panier, **panier)
operation("Valoriser", valoriser, **pec)
operation("ConsulterDossier", consulter_dossier, referenceDemande="D-ZEEP/PEC-1")
operation("AnnulerDossier", annuler_dossier, **annulation)
operation("DeposerPieces", deposer_pieces, **depot)
operation("DeposerLot", deposer_lot, **lot)
operation("ConsulterLot", consulter_lot, numeroLot="L-ZEEP-1")
operation("ConsulterFacture", consulter_facture, numeroFacture="240120001")
operation("AnnulerFacture", annuler_facture, **annulation_facture)
operation("ReleverBordereaux", relever_bordereaux, nombreMaximum=100)
operation("OuvrirSession", session, **ouverture)
operation("FermerSession", fermer_session, jetonSession="jeton")

mauvaise_cle: dict[str, Any] = {**pec, "ouvrantDroit": {**ouvrant_droit, "cleNir": "62"}}
rapport.cas(
    CHEMIN,
    "Valoriser",
    "faute_nir",
    lambda: refuse(
        "NIR_CLE", "/Envelope/Body/Valoriser/ouvrantDroit/cleNir", lambda: appelle("Valoriser", **mauvaise_cle)
    ),
)
