"""What leaves in one call: one entry, or the invoices of a lot. Gathered in one read, decided by the policy's own word.

`may_leave` says of one entry and all around it whether it may be sent now; the entry whose turn it is already may.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from tierspayant.adapter import compose, lots
from tierspayant.adapter.availability import EtatService
from tierspayant.adapter.entry import Etat
from tierspayant.adapter.records import Matter, load
from tierspayant.adapter.storage.protocol import Membre, Tables
from tierspayant.adapter.vault import Vault
from tierspayant.schemas.messages import Demande, FactureDemande
from tierspayant.schemas.wire import HttpRequest

MayLeave: TypeAlias = Callable[[Matter], bool]

LEAST = dt.timedelta(seconds=5)
"""Before a lot is looked at again of which a member is still under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """matters: in the order of the message; the first keeps the bytes. membres: their places, none without lots.

    requete: the bytes of the first attempt, None before it.
    """

    matters: tuple[Matter, ...]
    membres: tuple[Membre, ...] = ()
    requete: HttpRequest | None = None

    @property
    def id_message(self) -> str:
        return self.membres[0].lot if self.membres else self.matters[0].entry.id_message

    @property
    def several(self) -> bool:
        return len(self.matters) > 1


@dataclass(frozen=True, slots=True)
class Later:
    """A member is still under way or in doubt: nothing before then."""

    instant: dt.datetime


@dataclass(frozen=True, slots=True)
class Broken:
    """A lot that is not to be sent again as it is; certainly not at the platform."""

    lot: str


def single(matter: Matter) -> Parcel:
    """An entry by itself, where there are no lots."""
    return Parcel(matters=(matter,), requete=matter.requete)


def alone(matter: Matter) -> Parcel:
    """An invoice in a lot of its own."""
    return Parcel(matters=(matter,), membres=lots.formed([matter.entry]))


def gather(
    tables: Tables, vault: Vault, matter: Matter, may_leave: MayLeave, taille: int, now: dt.datetime
) -> Parcel | Later | Broken:
    """The lot this invoice is in, or a new one of at most `taille` that includes it."""
    entry = matter.entry
    known = tables.membre(entry.id)
    if known is not None:
        return _known(tables, vault, matter, may_leave, tables.membres(known.lot), now)
    service = tables.disponibilite(entry.plateforme, entry.service)
    if taille == 1 or (service is not None and service.etat is not EtatService.OUVERT):
        return alone(matter)  # a lane that reopens does so on one real invoice
    loose = tables.loose_invoices(entry.plateforme, entry.magasin, now, taille)
    others = (load(tables, vault, une.id) for une in loose if une.id != entry.id)
    matters = (matter, *islice(filter(may_leave, others), taille - 1))
    return Parcel(matters=matters, membres=lots.formed([une.entry for une in matters]))


def _known(
    tables: Tables,
    vault: Vault,
    matter: Matter,
    may_leave: MayLeave,
    membres: Sequence[Membre],
    now: dt.datetime,
) -> Parcel | Later | Broken:
    first = membres[0]
    matters = tuple(matter if un.entree == matter.entry.id else load(tables, vault, un.entree) for un in membres)
    away = [une.entry.du_le for une in matters if une.entry.etat in lots.AWAY - {matter.entry.etat}]
    if away:
        return Later(max([now + LEAST, *(du_le for du_le in away if du_le is not None)]))
    alike = {(une.entry.etat, une.entry.plateforme, une.entry.magasin) for une in matters}
    together = len(alike) == 1 and all(map(may_leave, matters))
    requete = matters[0].requete if matters[0].entry.id == first.porteur else None
    whole = len(matters) == first.taille and (first.taille == 1 or requete is not None)
    return Parcel(matters=matters, membres=tuple(membres), requete=requete) if together and whole else Broken(first.lot)


@dataclass(frozen=True, slots=True)
class Doubt:
    """The members of a lot that are in doubt together, and what the platform calls the lot."""

    matters: tuple[Matter, ...]
    numero: str


def doubt(tables: Tables, vault: Vault, matter: Matter, asks: MayLeave) -> Doubt | None:
    """The doubt this invoice shares with its lot; None: it left alone. `asks`: whether the policy would ask about an
    entry now."""
    known = tables.membre(matter.entry.id)
    if known is None or known.taille == 1:
        return None
    entries = (tables.entry(un.entree) for un in tables.membres(known.lot))
    wanted = [une.id for une in entries if une is not None and une.etat is Etat.INCERTAINE]
    found = (matter if une == matter.entry.id else load(tables, vault, une) for une in wanted)
    return Doubt(tuple(filter(asks, found)), known.numero)


def demande(parcel: Parcel) -> Demande:
    """The question that the parcel is. Raises CompositionImpossible."""
    demandes = [compose.demande(une.entry, une.corps, une.cible, une.dossier) for une in parcel.matters]
    if not parcel.membres:
        return demandes[0]
    factures = tuple(facture for une in demandes if isinstance(une, FactureDemande) for facture in une.factures)
    return FactureDemande(factures=factures, numero_lot=parcel.membres[0].numero)
