"""What the shop POSTs, as frozen values: the bodies of interfaces.md, before anything is known of the platform.

The shop API reads them with a pydantic TypeAdapter, storage keeps them as canonical JSON (schemas.plain), and
`compose` turns them into the question a dialect can say. Field names are those of the shop's JSON. Amounts are integer
centimes, dates are business dates of Europe/Paris, `None` means not given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tierspayant.schemas.messages import (
    Assure,
    Beneficiaire,
    Carte,
    Consentement,
    DernierEquipement,
    Equipement,
    Ligne,
    Montants,
    MotifAnnulation,
    Prescription,
    TypePiece,
)
from tierspayant.schemas.operations import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class DroitsCorps:
    """POST /v1/droits. It may stand outside any file; `plateforme` and `organisme` override the payer directory."""

    reference: str
    date_soins: dt.date
    carte: Carte
    assure: Assure
    beneficiaire: Beneficiaire
    dossier: str | None = None
    plateforme: str | None = None
    organisme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DevisCorps:
    """POST /v1/devis: the PEC body; a consent is accepted and not needed. `remplace`: reference or id of a request."""

    dossier: str
    reference: str
    date_soins: dt.date
    carte: Carte
    assure: Assure
    beneficiaire: Beneficiaire
    prescription: Prescription
    equipement: Equipement
    dernier_equipement: DernierEquipement | None = None
    consentement: Consentement | None = None
    devis: str | None = None
    remplace: str | None = None
    livraison_prevue: dt.date | None = None
    plateforme: str | None = None
    organisme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PecCorps(DevisCorps):
    """POST /v1/pec. `devis`: reference or id of its quote; `remplace`: reference or id of the PEC it replaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactureCorps:
    """POST /v1/factures. `pec` is the PEC's shop reference, request id or platform number.

    Person, card and lines come from the PEC's request, amounts from its answer, unless `lignes` or `montants` differ
    and are given. `remplace`: reference or id of the rejected invoice that this one corrects.
    """

    dossier: str
    reference: str
    pec: str
    numero_facture: str
    date_facture: dt.date
    date_delivrance: dt.date
    remplace: str | None = None
    montants: Montants | None = None
    lignes: tuple[Ligne, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnulationCorps:
    """POST /v1/pec/<id>/annulation and /v1/factures/<id>/annulation; what is cancelled is in the path."""

    reference: str
    motif: MotifAnnulation


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceCorps:
    """One document, in standard base64 with padding. Files are often named after their patient: neither prints."""

    type: TypePiece
    nom: str = field(repr=False)
    mime: str
    base64: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PiecesCorps:
    """POST /v1/pec/<id>/pieces; the PEC is in the path."""

    reference: str
    pieces: tuple[PieceCorps, ...]


Corps: TypeAlias = DroitsCorps | DevisCorps | PecCorps | FactureCorps | AnnulationCorps | PiecesCorps

CORPS: Mapping[Operation, type[Corps]] = {
    Operation.DROITS: DroitsCorps,
    Operation.DEVIS: DevisCorps,
    Operation.PEC: PecCorps,
    Operation.FACTURE: FactureCorps,
    Operation.PIECES: PiecesCorps,
    Operation.ANNULATION_PEC: AnnulationCorps,
    Operation.ANNULATION_FACTURE: AnnulationCorps,
}
"""The body of each operation a shop can ask for; any other operation is the daemon's own (status, returns, probes)."""
