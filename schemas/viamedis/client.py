"""The adapter's road for this dialect: its files and words for client_road.py."""

from __future__ import annotations

from lxml import etree

from tierspayant.schemas import lexique
from tierspayant.schemas.client_road import ClientRoad, Detail, Grammaire, Tour
from tierspayant.schemas.messages import (
    EtatServiceDemande,
)
from tierspayant.schemas.operations import SERVICE_OF, Operation, Service
from tierspayant.schemas.soap import SoapVersion
from tierspayant.schemas.viamedis import CHEMINS, COMMUN, NOMS, PACKAGE
from tierspayant.schemas.viamedis.client_answers import ANSWERS
from tierspayant.schemas.viamedis.client_question_blocks import say_entete
from tierspayant.schemas.viamedis.client_questions import QUESTIONS
from tierspayant.schemas.xml import local_name


def client() -> ClientRoad:
    """platforms.DialectClient of this dialect."""
    tours = {une: _tour(service, une) for service, operations in CHEMINS.items() for une in operations}
    tours[Operation.ETAT_SERVICE] = _ETATS[Service.DROITS]
    return ClientRoad(
        Grammaire(
            package=PACKAGE,
            version=SoapVersion.V11,
            tours=tours,
            tour_of=_tour_of,
            entete="entete",
            entete_xsd="commun.xsd",
            build_entete=say_entete,
            detail=_detail,
            id_message=_id_message,
        )
    )


def _tour(service: str, operation: Operation, xsd: str | None = None) -> Tour:
    return Tour(
        nom=NOMS[operation],
        chemin=f"/{service}",
        wsdl=f"{service}.wsdl",
        xsd=xsd or f"{service}.xsd",
        build=QUESTIONS[operation],
        read=ANSWERS[operation],
    )


def _tour_of(demande: object) -> Tour | None:
    """EtatService is asked on the path that serves the logical service; every other operation has one path."""
    return _ETATS[demande.service] if isinstance(demande, EtatServiceDemande) else None


def _id_message(body: etree._Element) -> str | None:
    return body[0].text


def _detail(element: etree._Element) -> Detail | None:
    if element.tag != f"{{{COMMUN}}}fauteTechnique":
        return None
    champs = {local_name(enfant): enfant.text or "" for enfant in element}
    motif = lexique.motif(PACKAGE, champs.get("code", ""), champs.get("texteFrancais", ""), champs.get("chemin"))
    return Detail(motif.code, champs.get("regle", ""), motif)


_CHEMIN_OF = {
    Service.AUTHENTIFICATION: "authentification",
    **{SERVICE_OF[une]: chemin for chemin, operations in CHEMINS.items() for une in operations},
    Service.ANNULATION: "prises-en-charge",
}
_ETATS = {service: _tour(chemin, Operation.ETAT_SERVICE, "commun.xsd") for service, chemin in _CHEMIN_OF.items()}
