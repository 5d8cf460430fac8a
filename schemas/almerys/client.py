"""The adapter's side of this dialect (zeep): its words handed to the shared client road."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from lxml import etree

from tierspayant.schemas.almerys import client_answers as answers
from tierspayant.schemas.almerys import client_questions as questions
from tierspayant.schemas.almerys.client_answer_blocks import read_unless_unavailable
from tierspayant.schemas.almerys.client_question_blocks import entete
from tierspayant.schemas.almerys.words import CHEMIN, INCIDENT, NS, PACKAGE, WSDL, XSD
from tierspayant.schemas.client_road import ClientRoad, Detail, Grammaire, Tour
from tierspayant.schemas.lexique import motif
from tierspayant.schemas.messages import Reponse, ResultatPec
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.soap import SoapVersion


def _tour(nom: str, build: Callable[[Any], dict[str, Any]], read: Callable[[Any], Reponse]) -> Tour:
    return Tour(nom, CHEMIN, WSDL, XSD, build, read_unless_unavailable(read))


_O = Operation
TOURS = {
    _O.DROITS: _tour("IdentifierBeneficiaire", questions.droits, answers.droits),
    _O.PANIER: _tour("RechercherPanier", questions.panier, answers.panier),
    _O.DEVIS: _tour("Valoriser", questions.valorisation, answers.valorisation(ResultatPec.REFUSE)),
    _O.PEC: _tour("Valoriser", questions.valorisation, answers.valorisation(ResultatPec.REFUSEE)),
    _O.ETAT_PEC: _tour("ConsulterDossier", questions.etat_dossier, answers.etat_dossier),
    _O.ANNULATION_PEC: _tour("AnnulerDossier", questions.annulation_dossier, answers.annulation),
    _O.PIECES: _tour("DeposerPieces", questions.pieces, answers.pieces),
    _O.FACTURE: _tour("DeposerLot", questions.lot, answers.lot),
    _O.ETAT_LOT: _tour("ConsulterLot", questions.etat_lot, answers.lot),
    _O.ETAT_FACTURE: _tour("ConsulterFacture", questions.etat_facture, answers.etat_facture),
    _O.ANNULATION_FACTURE: _tour("AnnulerFacture", questions.annulation_facture, answers.annulation),
    _O.RETOURS: _tour("ReleverBordereaux", questions.bordereaux, answers.bordereaux),
    _O.OUVRIR_SESSION: _tour("OuvrirSession", questions.ouvrir_session, answers.session),
    _O.FERMER_SESSION: _tour("FermerSession", questions.fermer_session, answers.fermeture),
    _O.ETAT_SERVICE: _tour("EtatService", questions.etat_service, answers.etat_service),
}


def detail(element: etree._Element) -> Detail | None:
    """The typed detail of a SOAP fault, or None when it is not this dialect's."""
    if element.tag != f"{{{NS}}}{INCIDENT}":
        return None
    textes = {etree.QName(enfant).localname: enfant.text or "" for enfant in element}
    raison = motif(PACKAGE, textes.get("codeIncident", ""), textes.get("francais", ""), textes.get("chemin") or None)
    return Detail(raison.code, textes.get("regle", ""), raison)


def id_message(corps: etree._Element) -> str | None:
    """Which message an answer's body says it answers."""
    return corps.findtext(f"{{{NS}}}idMessage")


@cache
def client() -> ClientRoad:
    return ClientRoad(
        Grammaire(
            package=PACKAGE,
            version=SoapVersion.V12,
            tours=TOURS,
            entete="entete",
            entete_xsd=XSD,
            build_entete=entete,
            detail=detail,
            id_message=id_message,
            adressage=True,
        )
    )
