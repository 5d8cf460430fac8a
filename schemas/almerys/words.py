"""What both roads of this dialect share: names of its files, and its word tables (codes.toml).

How a value is written and read is told twice on purpose, once per road; only the words are told once.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from tierspayant.schemas.lexique import mots
from tierspayant.schemas.messages import ResultatFacture, ResultatPec

PACKAGE = "tierspayant.schemas.almerys"
NS = "urn:example:tp-optique:guichet:1"
CHEMIN = "/tiers-payant"
WSDL = "tiers-payant.wsdl"
XSD = "tiers-payant.xsd"
ENTETE = "enteteMessage"
INCIDENT = "incidentTechnique"

TRAITE = "0000"
RIEN_TROUVE = "0010"
SANS_MOTIF = "0900"
INDISPONIBLE = "9000"

E = TypeVar("E", bound=StrEnum)


def to_wire(table: str, valeur: StrEnum) -> str:
    """The dialect's word for a canonical value of one of its tables. KeyError when the dialect has none."""
    return mots(PACKAGE, table).plateforme[valeur.value]


def from_wire(table: str, mot: str, kind: type[E]) -> E:
    """The canonical value of a wire word. KeyError when the dialect does not know the word."""
    return kind(mots(PACKAGE, table).canonique[mot])


def etat_dossier(type_demande: str, etat: str, precision: str | None) -> tuple[ResultatPec, str]:
    """(canonical state, the platform's own label) of a file; a state or precision we do not know is kept as a label."""
    label = etat if precision is None else f"{etat}/{precision}"
    table = mots(PACKAGE, "etats_devis" if type_demande == "DEVIS" else "etats_pec").canonique
    return ResultatPec(table.get(label, ResultatPec.INCONNU.value)), label


def etat_facture(etat: str) -> tuple[ResultatFacture, str]:
    """(canonical state, the platform's own label) of an invoice."""
    return ResultatFacture(mots(PACKAGE, "etats_facture").canonique.get(etat, ResultatFacture.INCONNU.value)), etat


def libelle_retour(code: str) -> str:
    """The text of a return code that is no reason."""
    return mots(PACKAGE, "retours").canonique[code]
