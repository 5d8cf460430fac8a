"""The viamedis-style dialect with stock zeep: python -m interop.python.viamedis VERSION BASE.

Five services share one business header. Amounts are decimal euros with two decimals, dates ISO, and the shop picks the
insurer's `organisme` from a list. Every answer carries a `compteRendu`; a technical error is a `fauteTechnique`.
"""

from __future__ import annotations

import datetime as dt
import itertools
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import zeep

from interop.python.rapport import Rapport, egal

MAGASIN = "759999014"
version, base = sys.argv[1:]
chemins = ("droits", "prises-en-charge", "facturation", "retours", "authentification")
suffixe = "?wsdl=soap12" if version == "1.2" else "?wsdl"
clients = {chemin: zeep.Client(f"{base}/{chemin}{suffixe}") for chemin in chemins}
numeros = itertools.count(1)
rapport = Rapport("viamedis")


def appelle(chemin: str, operation: str, magasin: str = MAGASIN, **champs: Any) -> Any:
    """One call with its business header. Every idMessage is new; the answer must echo it."""
    entete = {
        "idMessage": f"zeep-{next(numeros)}",
        "magasin": magasin,
        "horodatage": dt.datetime(2024, 1, 31, 9, 0, tzinfo=dt.UTC),
    }
    reponse = clients[chemin].service[operation](**champs, _soapheaders={"entete": entete})
    egal("idMessage", reponse.idMessage, entete["idMessage"])
    return reponse


def traite(chemin: str, operation: str, **champs: Any) -> Any:
    """A call that the platform must have dealt with."""
    reponse = appelle(chemin, operation, **champs)
    egal("statut", reponse.compteRendu.statut, "TRAITE")
    return reponse


def refuse(ou: str, regle: str, chemin: str, appel: Callable[[], Any]) -> None:
    """The call to service `ou` must fail with the typed fault, at that place in the message, by that rule."""
    try:
        appel()
    except zeep.exceptions.Fault as erreur:
        [element] = erreur.detail
        faute = clients[ou].wsdl.types.deserialize(element)
    else:
        raise AssertionError("aucune faute")
    egal("code", faute.code, "MESSAGE_NON_CONFORME")
    egal("regle", faute.regle, regle)
    egal("chemin", faute.chemin, chemin)


def operation(chemin: str, nom: str, appel: Callable[[], None], **champs: Any) -> None:
    """The two cases of an operation: the good call, and the same question from a shop that has no valid number."""
    rapport.cas(chemin, nom, "nominal", appel)
    refus = (chemin, "VALEUR_FORME", "/Envelope/Header/entete/magasin")
    rapport.cas(chemin, nom, "faute", lambda: refuse(*refus, lambda: appelle(chemin, nom, magasin="MAGASIN", **champs)))


def personne(adherent: str, nir: str, ne_le: dt.date, nom: str, prenom: str) -> dict[str, Any]:
    """The blocks that say who: card, policy holder, wearer, and the insurer the shop picked."""
    carte = {
        "numeroAmc": "00990011",
        "typeConvention": "TP",
        "csr": "003",
        "numeroAdherent": adherent,
        "valideDu": dt.date(2024, 1, 1),
        "valideAu": dt.date(2024, 12, 31),
    }
    beneficiaire = {"dateNaissance": ne_le, "rangNaissance": 1, "nom": nom, "prenom": prenom, "qualite": "ASSURE"}
    return {"organisme": "M011", "carte": carte, "assure": {"nir": nir}, "beneficiaire": beneficiaire}


def ligne(numero: int, type_ligne: str, lpp: str, prix: str, **champs: str) -> dict[str, Any]:
    montants = {"prix": Decimal(prix), "remise": Decimal("0.00"), "quantite": 1}
    return {"numero": numero, "type": type_ligne, "lpp": lpp, "classe": "B", **montants, **champs}


alice = personne("A1234567", "285057599900197", dt.date(1985, 5, 12), "DUPRE", "ALICE")
paul = personne("B7654321", "179037599900220", dt.date(1979, 3, 14), "BERNIER", "PAUL")
lignes = [
    ligne(1, "MONTURE", "2299026", "120.00"),
    ligne(2, "VERRE", "2299121", "90.00", oeil="D", zone="SIMPLE"),
    ligne(3, "VERRE", "2299121", "90.00", oeil="G", zone="SIMPLE"),
]
totaux = {
    "total": Decimal("300.00"),
    "partAmo": Decimal("0.09"),
    "partAmc": Decimal("179.91"),
    "resteACharge": Decimal("120.00"),
}
demande = {
    "dossier": "D-ZEEP",
    "dateSoins": dt.date(2024, 1, 31),
    **alice,
    "prescription": {
        "datePrescription": dt.date(2023, 11, 2),
        "type": "RENOUVELLEMENT",
        "prescripteur": "10101010105",
    },
    "equipementPrecedent": {"dateFacturation": dt.date(2021, 6, 15)},
    "equipement": {"numero": 1, "type": "UNIFOCAL", "ligne": lignes},
}
devis = {**demande, "reference": "D-ZEEP/DEV-1"}
consentement = {"donne": True, "dateConsentement": dt.date(2024, 1, 31)}
pec = {**demande, "reference": "D-ZEEP/PEC-1", "consentement": consentement}
droits = {"dateSoins": dt.date(2024, 1, 31), **alice}
panier = {
    "dateSoins": dt.date(2024, 1, 31),
    "organisme": "M011",
    "carte": alice["carte"],
    "typeEquipement": "UNIFOCAL",
}
annulation = {
    "numero": "V240124000002",
    "reference": "D-DEMO-2/ANN-1",
    "motifAnnulation": "CHANGEMENT_EQUIPEMENT",
}
piece = {"type": "ORDONNANCE", "nom": "ordonnance.pdf", "mime": "application/pdf", "contenu": b"%PDF-1.4 essai"}
depot = {"numero": "V240124000003", "reference": "D-DEMO-3/PJ-1", "piece": [piece]}
facture = {
    "dossier": "D-DEMO-1",
    "reference": "D-DEMO-1/FAC-1",
    "numeroPec": "V240124000001",
    "numeroFacture": "240131001",
    "dateFacture": dt.date(2024, 1, 31),
    "dateDelivrance": dt.date(2024, 1, 30),
    **paul,
    "montants": totaux,
    "ligne": lignes,
}
annulation_facture = {
    "numeroFacture": "240120002",
    "reference": "D-DEMO-5/ANN-1",
    "motifAnnulation": "ERREUR_SAISIE",
}


def montants(vus: Any) -> None:
    """The standard equipment: 0.09 + 179.91 + 120.00 euros, line by line too."""
    for nom, attendu in totaux.items():
        egal(nom, vus[nom], attendu)
    details = [(str(detail.partAmo), str(detail.partAmc), str(detail.resteACharge)) for detail in vus.detail]
    verre = ("0.03", "64.97", "25.00")
    egal("detail", details, [("0.03", "49.97", "70.00"), verre, verre])


def consulter_droits() -> None:
    reponse = traite("droits", "ConsulterDroits", **droits)
    egal("statutDroits", reponse.statutDroits, "OUVERTS")
    egal("organisme", reponse.organisme, "M011")
    egal("pecRequise", reponse.droits.pecRequise, True)
    egal("dernierEquipement", reponse.droits.dernierEquipement, dt.date(2021, 6, 15))


def rechercher_panier() -> None:
    offres = traite("droits", "RechercherPanier", **panier).offre
    egal("offres à un prix", len(offres) > 0 and all(offre.prix > 0 for offre in offres), True)


def lister_organismes() -> None:
    organismes = traite("droits", "ListerOrganismes").organisme
    egal("numeroAmc de M011", {o.code: o.numeroAmc for o in organismes}.get("M011"), "00990011")


def deposer_devis() -> None:
    reponse = traite("prises-en-charge", "DeposerDevis", demande=devis)
    egal("etat", reponse.devis.etat, "Chiffre")
    montants(reponse.devis.montants)


def demander_pec() -> None:
    accordee = traite("prises-en-charge", "DemanderPriseEnCharge", demande=pec).priseEnCharge
    egal("etat", accordee.etat, "Accordee")
    egal("valideAu", accordee.valideAu, dt.date(2024, 3, 31))
    egal("facturableJusquAu", accordee.facturableJusquAu, dt.date(2024, 4, 30))
    montants(accordee.montants)


def consulter_pec() -> None:
    [trouvee] = traite("prises-en-charge", "ConsulterPriseEnCharge", reference="D-ZEEP/PEC-1").priseEnCharge
    [la_meme] = traite("prises-en-charge", "ConsulterPriseEnCharge", numero=trouvee.numero).priseEnCharge
    egal("reference", la_meme.reference, "D-ZEEP/PEC-1")
    montants(la_meme.montants)


def annuler_pec() -> None:
    reponse = traite("prises-en-charge", "AnnulerPriseEnCharge", **annulation)
    egal("suite", reponse.suite, "DEMANDEE")
    egal("numero", reponse.numero, "V240124000002")


def deposer_pieces() -> None:
    egal("suite", traite("prises-en-charge", "DeposerPieces", **depot).suite, "RECUES")


def deposer_facture() -> None:
    reponse = traite("facturation", "DeposerFacture", facture=facture)
    egal("accuse", reponse.accuse, "POSITIF")
    egal("numeroFacture", reponse.facture.numeroFacture, "240131001")


def consulter_facture() -> None:
    [connue] = traite("facturation", "ConsulterFacture", numeroFacture="240120001").facture
    egal("etat", connue.etat, "Acceptee")
    egal("montantAmc", connue.montantAmc, Decimal("179.91"))
    [la_notre] = traite("facturation", "ConsulterFacture", reference="D-DEMO-1/FAC-1").facture
    egal("numeroPec", la_notre.numeroPec, "V240124000001")


def annuler_facture() -> None:
    reponse = traite("facturation", "AnnulerFacture", **annulation_facture)
    egal("suite", reponse.suite, "CONFIRMEE")
    egal("numeroFacture", reponse.numeroFacture, "240120002")


def lister_retours() -> None:
    [bordereau] = traite("retours", "ListerRetours").bordereau
    egal("total", bordereau.total, Decimal("179.91"))
    [paiement] = bordereau.ligne
    egal("numeroFacture", paiement.numeroFacture, "240110003")
    egal("montantPaye", paiement.montantPaye, Decimal("179.91"))


def ouvrir_session() -> None:
    jeton = traite("authentification", "OuvrirSession", identifiant=MAGASIN).jetonSession
    egal("jetonSession", bool(jeton), True)


def fermer_session() -> None:
    jeton = traite("authentification", "OuvrirSession", identifiant=MAGASIN).jetonSession
    egal("fermee", traite("authentification", "FermerSession", jetonSession=jeton).fermee, True)


def etat_service(chemin: str, service: str) -> None:
    def appel() -> None:
        reponse = traite(chemin, "EtatService", service=service)
        egal("ouvert", (reponse.service, reponse.ouvert), (service, True))

    operation(chemin, "EtatService", appel, service=service)


etat_service("droits", "DROITS")
operation("droits", "ConsulterDroits", consulter_droits, **droits)
operation("droits", "RechercherPanier", rechercher_panier, **panier)
operation("droits", "ListerOrganismes", lister_organismes)
etat_service("prises-en-charge", "PEC")
operation("prises-en-charge", "DeposerDevis", deposer_devis, demande=devis)
operation("prises-en-charge", "DemanderPriseEnCharge", demander_pec, demande=pec)
operation("prises-en-charge", "ConsulterPriseEnCharge", consulter_pec, reference="D-ZEEP/PEC-1")
operation("prises-en-charge", "AnnulerPriseEnCharge", annuler_pec, **annulation)
operation("prises-en-charge", "DeposerPieces", deposer_pieces, **depot)
etat_service("facturation", "FACTURE")
operation("facturation", "DeposerFacture", deposer_facture, facture=facture)
operation("facturation", "ConsulterFacture", consulter_facture, numeroFacture="240120001")
operation("facturation", "AnnulerFacture", annuler_facture, **annulation_facture)
etat_service("retours", "RETOURS")
operation("retours", "ListerRetours", lister_retours)
etat_service("authentification", "AUTHENTIFICATION")
operation("authentification", "OuvrirSession", ouvrir_session, identifiant=MAGASIN)
operation("authentification", "FermerSession", fermer_session, jetonSession="jeton")

mauvaise_cle: dict[str, Any] = {**pec, "assure": {"nir": "285057599900198"}}
lieu = "/Envelope/Body/DemanderPriseEnCharge/demande/assure/nir"
rapport.cas(
    "prises-en-charge",
    "DemanderPriseEnCharge",
    "faute_nir",
    lambda: refuse(
        "prises-en-charge",
        "NIR_CLE",
        lieu,
        lambda: appelle("prises-en-charge", "DemanderPriseEnCharge", demande=mauvaise_cle),
    ),
)
