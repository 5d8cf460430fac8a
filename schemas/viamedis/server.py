"""The emulator's road for this dialect: its files and words for server_road.py."""

from __future__ import annotations

from tierspayant.schemas import lexique
from tierspayant.schemas.ecriture import champ, racine
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


def write_detail(faute: Faute) -> str:
    """The typed fault: c:fauteTechnique."""
    return racine(
        "c:fauteTechnique",
        {"c": COMMUN},
        champ("c:code", lexique.mots(PACKAGE, "motifs").plateforme.get(faute.code, faute.code)),
        champ("c:regle", faute.regle),
        champ("c:chemin", faute.xpath[:500] if faute.xpath else None),
        champ("c:texteFrancais", faute.francais[:500]),
        champ("c:texteAnglais", faute.anglais[:500]),
    )


_ETAT_SERVICE = Mot(
    element=f"{{{COMMUN}}}EtatService",
    xsd="commun.xsd",
    operations=frozenset({Operation.ETAT_SERVICE}),
    read=QUESTIONS[Operation.ETAT_SERVICE],
    write=ecrire,
)
