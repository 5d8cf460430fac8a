"""The words of the contract: operations, logical services, and which service each operation belongs to.

A *logical service* is the unit of lanes, effects, tapes and availability (interfaces.md); it is never a URL path.
"""

from __future__ import annotations

from enum import StrEnum


class Service(StrEnum):
    AUTHENTIFICATION = "authentification"
    DROITS = "droits"
    DEVIS = "devis"
    PEC = "pec"
    PIECES = "pieces"
    FACTURE = "facture"
    ANNULATION = "annulation"
    RETOURS = "retours"


class Operation(StrEnum):
    """One logical operation, whatever name a dialect gives it on the wire."""

    DROITS = "droits"
    PANIER = "panier"
    ORGANISMES = "organismes"
    DEVIS = "devis"
    PEC = "pec"
    ETAT_PEC = "etat_pec"
    ANNULATION_PEC = "annulation_pec"
    PIECES = "pieces"
    FACTURE = "facture"
    ETAT_LOT = "etat_lot"
    ETAT_FACTURE = "etat_facture"
    ANNULATION_FACTURE = "annulation_facture"
    RETOURS = "retours"
    OUVRIR_SESSION = "ouvrir_session"
    FERMER_SESSION = "fermer_session"
    ETAT_SERVICE = "etat_service"


SERVICE_OF: dict[Operation, Service] = {
    Operation.DROITS: Service.DROITS,
    Operation.PANIER: Service.DROITS,
    Operation.ORGANISMES: Service.DROITS,
    Operation.DEVIS: Service.DEVIS,
    Operation.PEC: Service.PEC,
    Operation.ETAT_PEC: Service.PEC,
    Operation.ANNULATION_PEC: Service.ANNULATION,
    Operation.PIECES: Service.PIECES,
    Operation.FACTURE: Service.FACTURE,
    Operation.ETAT_LOT: Service.FACTURE,
    Operation.ETAT_FACTURE: Service.FACTURE,
    Operation.ANNULATION_FACTURE: Service.ANNULATION,
    Operation.RETOURS: Service.RETOURS,
    Operation.OUVRIR_SESSION: Service.AUTHENTIFICATION,
    Operation.FERMER_SESSION: Service.AUTHENTIFICATION,
}
"""ETAT_SERVICE is absent: it belongs to the service its question names."""

WRITES: frozenset[Operation] = frozenset(
    {
        Operation.DEVIS,
        Operation.PEC,
        Operation.ANNULATION_PEC,
        Operation.PIECES,
        Operation.FACTURE,
        Operation.ANNULATION_FACTURE,
    }
)
"""Operations that change what the platform knows: after an unknown answer, ask the state before sending again."""
