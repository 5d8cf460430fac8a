"""Values of a file whose customer paid up front, and of money by age. Rows of storage; nothing personal."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

TRANCHES = (30, 60, 90)
"""Days at which waiting money changes its age class: owners chase by these (ours)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Avance:
    """The customer of this file pays the shop; no tiers payant of it may leave while `annule_le` is None.

    acompte_centimes, total_centimes: what the shop said, None: it did not. donnees: ids of the requests withdrawn for
    it (`retirees`) and of the cancellations asked for it (`annulations`).
    """

    magasin: str
    dossier: str
    cree_le: dt.datetime
    annule_le: dt.datetime | None = None
    acompte_centimes: int | None = None
    total_centimes: int | None = None
    donnees: dict[str, list[str]] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        return self.annule_le is None


@dataclass(frozen=True, slots=True, kw_only=True)
class LigneAge:
    """Invoices of one platform, state, result and age class. tranche: 0, 30, 60 or 90, days passed at least."""

    plateforme: str
    etat: str
    resultat: str | None
    tranche: int
    nombre: int
    inconnus: int
    amc_centimes: int
    paye_centimes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphelins:
    """Lines of remittances that match no invoice: how many, and their money (negative: claimed back)."""

    nombre: int
    paye_centimes: int


Curseur = tuple[str, str, str, str, int]
"""Where a page of payment lines ended: day, platform, shop, remittance, rank."""
DEBUT: Curseur = ("", "", "", "", 0)


def tranche(cree_le: dt.datetime, now: dt.datetime) -> int:
    """The age class of something that is waiting since `cree_le`."""
    return max((jours for jours in TRANCHES if cree_le <= now - dt.timedelta(days=jours)), default=0)
