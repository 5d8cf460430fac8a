"""The emulator's road for this dialect: its files and words for server_road.py."""

from __future__ import annotations

from lxml import etree

from tierspayant.schemas import lexique
from tierspayant.schemas.champs import ajoute
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.server_road import Grammaire, Mot, ServerRoad
from tierspayant.schemas.viamedis import CHEMINS, COMMUN, NOMS, PACKAGE
from tierspayant.schemas.viamedis.server_answers import ecrire, espace
from tierspayant.schemas.viamedis.server_question_blocks import read_entete
from tierspayant.schemas.viamedis.server_questions import QUESTIONS


def server() -> ServerRoad:
    """platforms.DialectServer of this dialect."""
    return ServerRoad(
        Grammaire(
            package=PACKAGE,
            wsdl={f"/{nom}": f"{nom}.wsdl" for nom in CHEMINS},
            schemas=frozenset({"commun.xsd", *(f"{nom}.xsd" for nom in CHEMINS)}),
            mots={f"/{nom}": (*(_mot(nom, une) for une in CHEMINS[nom]), _ETAT_SERVICE) for nom in CHEMINS},
            entete=f"{{{COMMUN}}}entete",
            entete_xsd="commun.xsd",
            read_entete=read_entete,
            detail=write_detail,
        )
    )


def _mot(service: str, operation: Operation) -> Mot:
    return Mot(
        element=f"{{{espace(service)}}}{NOMS[operation]}",
        xsd=f"{service}.xsd",
        operations=frozenset({operation}),
        read=QUESTIONS[operation],
        write=ecrire,
        documents=operation is Operation.PIECES,
    )


def write_detail(faute: Faute) -> etree._Element:
    """The typed fault: c:fauteTechnique."""
    root = etree.Element(f"{{{COMMUN}}}fauteTechnique", nsmap={"c": COMMUN})
    code = lexique.mots(PACKAGE, "motifs").plateforme.get(faute.code, faute.code)
    champs = (
        ("code", code),
        ("regle", faute.regle),
        ("chemin", faute.xpath[:500] if faute.xpath else None),
        ("texteFrancais", faute.francais[:500]),
        ("texteAnglais", faute.anglais[:500]),
    )
    for nom, texte in champs:
        ajoute(root, f"{{{COMMUN}}}{nom}", texte)
    return root


_ETAT_SERVICE = Mot(
    element=f"{{{COMMUN}}}EtatService",
    xsd="commun.xsd",
    operations=frozenset({Operation.ETAT_SERVICE}),
    read=QUESTIONS[Operation.ETAT_SERVICE],
    write=ecrire,
)
