"""What a book holds, row by row: PEC, invoices, lots, remittances, ledger entries, and the look-ups over them.

Rows are mutable and belong to one book; `magasin` and other look-up values are plain text.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tierspayant.emulator.scenario import NOMINAL, Scenario
from tierspayant.schemas import messages
from tierspayant.schemas.messages import (
    Bordereau,
    Facture,
    Montants,
    Motif,
    PecDemande,
    ResultatFacture,
    ResultatPec,
    TypePiece,
)
from tierspayant.schemas.money import Centimes
from tierspayant.schemas.operations import Operation


@dataclass(slots=True, kw_only=True)
class Pec:
    """A quote or PEC as recorded. `magasin` and other look-up values are plain text."""

    numero: str
    magasin: str
    devis: bool
    demande: PecDemande
    recue_le: dt.datetime
    etat: ResultatPec
    personne: str
    amc: str
    montants: Montants | None = None
    motifs: tuple[Motif, ...] = ()
    pieces_demandees: tuple[TypePiece, ...] = ()
    accordee_le: dt.date | None = None
    valide_au: dt.date | None = None
    facturable_jusqu_au: dt.date | None = None
    scenario: Scenario = NOMINAL
    annulation: str | None = None
    avant_annulation: ResultatPec | None = None

    @property
    def file_key(self) -> str:
        """The equipment of a file this is about: the unit of duplicates."""
        return equipment_key(self.magasin, self.personne, self.demande)


def equipment_key(magasin: str, personne: str, demande: PecDemande) -> str:
    """Same shop, person, file and equipment number: the same equipment."""
    return f"{magasin}|{personne}|{demande.dossier}|{demande.equipement.numero}"


@dataclass(slots=True, kw_only=True)
class FactureRecue:
    """An invoice as recorded. `cle` is ours and unique: with doubles recorded, numbers are not."""

    cle: str
    magasin: str
    facture: Facture
    recue_le: dt.datetime
    etat: ResultatFacture
    amc: str
    lot: str | None = None
    motifs: tuple[Motif, ...] = ()
    scenario: Scenario = NOMINAL
    a_payer_le: dt.datetime | None = None


@dataclass(slots=True, kw_only=True, frozen=True)
class Mouvement:
    """One balanced entry: the postings sum to zero."""

    le: dt.datetime
    quoi: str
    postes: tuple[tuple[str, Centimes], ...]


@dataclass(slots=True, kw_only=True)
class Envoi:
    """A remittance as issued to one shop. `copie`: the same one listed again, without any money."""

    magasin: str
    bordereau: Bordereau
    copie: bool = False


@dataclass(slots=True, kw_only=True)
class Vu:
    """A write that was answered: what it said and what it got."""

    operation: Operation
    demande: Any
    reponse: Any


@dataclass(slots=True, kw_only=True)
class Lot:
    """A batch of invoices as acknowledged."""

    magasin: str
    numero: str
    reponse: messages.LotReponse
    factures: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Counters:
    """Running numbers of one book."""

    pec: int = 0
    facture: int = 0
    bordereau: int = 0
    echeance: int = 0
    session: int = 0


@dataclass(slots=True)
class Indexes:
    """Look-ups over the rows, rebuilt on restore."""

    pec_by_reference: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    pec_by_equipment: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    pec_by_person: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    factures_by_number: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    factures_by_reference: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    factures_by_pec: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unpaid: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
