"""The emulator's side of this dialect: its words handed to the shared server road."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from tierspayant.schemas.almerys import server_answers as answers
from tierspayant.schemas.almerys import server_questions as questions
from tierspayant.schemas.almerys.server_answer_blocks import answer
from tierspayant.schemas.almerys.server_question_blocks import entete
from tierspayant.schemas.almerys.words import CHEMIN, ENTETE, INCIDENT, NS, PACKAGE, WSDL, XSD
from tierspayant.schemas.champs import Bloc
from tierspayant.schemas.ecriture import champ, racine
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.lexique import mots
from tierspayant.schemas.messages import (
    AnnulationReponse,
    Demande,
    DroitsReponse,
    EtatFactureReponse,
    EtatPecReponse,
    EtatServiceReponse,
    FermetureReponse,
    LotReponse,
    PanierReponse,
    PecReponse,
    PiecesReponse,
    RetoursReponse,
    SessionReponse,
)
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.platforms import Appel
from tierspayant.schemas.server_road import Grammaire, Mot, ServerRoad

R = TypeVar("R")


def _mot(
    nom: str,
    operations: Operation | tuple[Operation, ...],
    read: Callable[[Bloc], Demande],
    kind: type[R],
    write: Callable[[Appel, R], str],
    *,
    documents: bool = False,
) -> Mot:
    ensemble = frozenset({operations} if isinstance(operations, Operation) else operations)
    return Mot(f"{{{NS}}}{nom}", XSD, ensemble, read, answer(nom, kind, write), documents)


_O = Operation
MOTS = (
    _mot("IdentifierBeneficiaire", _O.DROITS, questions.droits, DroitsReponse, answers.droits),
    _mot("RechercherPanier", _O.PANIER, questions.panier, PanierReponse, answers.panier),
    _mot("Valoriser", (_O.DEVIS, _O.PEC), questions.valorisation, PecReponse, answers.valorisation),
    _mot("ConsulterDossier", _O.ETAT_PEC, questions.etat_dossier, EtatPecReponse, answers.etat_dossier),
    _mot(
        "AnnulerDossier",
        _O.ANNULATION_PEC,
        questions.annulation_dossier,
        AnnulationReponse,
        answers.annulation("numeroDossier"),
    ),
    _mot("DeposerPieces", _O.PIECES, questions.pieces, PiecesReponse, answers.pieces, documents=True),
    _mot("DeposerLot", _O.FACTURE, questions.lot, LotReponse, answers.lot, documents=True),
    _mot("ConsulterLot", _O.ETAT_LOT, questions.etat_lot, LotReponse, answers.lot),
    _mot("ConsulterFacture", _O.ETAT_FACTURE, questions.etat_facture, EtatFactureReponse, answers.etat_facture),
    _mot(
        "AnnulerFacture",
        _O.ANNULATION_FACTURE,
        questions.annulation_facture,
        AnnulationReponse,
        answers.annulation("numeroFacture"),
    ),
    _mot("ReleverBordereaux", _O.RETOURS, questions.bordereaux, RetoursReponse, answers.bordereaux),
    _mot("OuvrirSession", _O.OUVRIR_SESSION, questions.ouvrir_session, SessionReponse, answers.session),
    _mot("FermerSession", _O.FERMER_SESSION, questions.fermer_session, FermetureReponse, answers.fermeture),
    _mot("EtatService", _O.ETAT_SERVICE, questions.etat_service, EtatServiceReponse, answers.etat_service),
)
"""Each wire operation. A lot of 500 invoices outgrows the ordinary limit, so it has the one of documents."""


def incident(faute: Faute) -> str:
    """The typed detail of a SOAP fault."""
    return racine(
        INCIDENT,
        {"": NS},
        champ("codeIncident", mots(PACKAGE, "motifs").plateforme.get(faute.code, faute.code)),
        champ("cote", faute.cote.value),
        champ("regle", faute.regle),
        champ("chemin", faute.xpath[:500] if faute.xpath else None),
        champ("francais", faute.francais[:500]),
        champ("anglais", faute.anglais[:500]),
    )


@cache
def server() -> ServerRoad:
    return ServerRoad(
        Grammaire(
            package=PACKAGE,
            wsdl={CHEMIN: WSDL},
            schemas=frozenset({XSD}),
            mots={CHEMIN: MOTS},
            entete=f"{{{NS}}}{ENTETE}",
            entete_xsd=XSD,
            read_entete=entete,
            detail=incident,
        )
    )
