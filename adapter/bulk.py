"""Many requests at once: those held until their customer confirms, as a call list and as one gesture over them all.

After weeks of outage a shop has hundreds of PECs held for `confirmer_client`. Someone calls the customers, then
confirms or gives up the lot. Each request moves, or is refused, exactly as by a gesture of its own, and a refusal
stops no other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tierspayant.adapter import gestures, policy
from tierspayant.adapter.compose import read_corps
from tierspayant.adapter.demandes import DevisCorps
from tierspayant.adapter.entry import Entry, Etat, Geste, Raison
from tierspayant.adapter.records import Lane
from tierspayant.adapter.storage.protocol import Depasse, Filtre, Tables
from tierspayant.adapter.vault import CleManquante, Vault

GESTES = frozenset({Geste.CONFIRMER_CLIENT, Geste.ABANDONNER})
"""What may be done to many at once: the customer still wants it, or no longer does."""

LOT = 100
"""Requests moved in one transaction: a bulk gesture never keeps the writer from the counter for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choix:
    """Which held requests. magasin: FINESS, None for every shop. avant: recorded before this day in Paris."""

    magasin: str | None = None
    plateforme: str | None = None
    avant: dt.date | None = None

    def holds(self, entry: Entry) -> bool:
        return self.avant is None or policy.business_day(entry.cree_le) < self.avant


@dataclass(frozen=True, slots=True)
class Appel:
    """One customer to call. `nom`, `prenom` and the price come from the sealed body: for the shop's own eyes only."""

    entry: Entry
    nom: str | None
    prenom: str | None
    total_centimes: int | None


@dataclass(slots=True)
class Bilan:
    """What a bulk gesture did: the requests as they became, and those refused with why."""

    faites: list[Entry]
    refusees: list[tuple[str, gestures.Refused]]
    lanes: set[Lane]


def waiting(tables: Tables, choix: Choix, apres: str | None, limite: int) -> tuple[list[Entry], str | None]:
    """Requests held until the customer confirms, oldest first; and the cursor of the next page, None at the end."""
    filtre = Filtre(
        magasin=choix.magasin, plateforme=choix.plateforme, etats=(Etat.RETENUE,), apres=apres, limite=limite
    )
    held = tables.entries(filtre)
    suivant = held[-1].id if len(held) == limite else None
    return [une for une in held if awaits_customer(une) and choix.holds(une)], suivant


def awaits_customer(entry: Entry) -> bool:
    return entry.action is not None and entry.action.raison is Raison.CONFIRMER_CLIENT


def appels(tables: Tables, vault: Vault, entries: Iterable[Entry], *, ouvert: bool) -> list[Appel]:
    """The call list. `ouvert`: open the sealed bodies (never for an operator, never for a log)."""
    return [_appel(tables, vault, une) if ouvert else Appel(une, None, None, None) for une in entries]


def _appel(tables: Tables, vault: Vault, entry: Entry) -> Appel:
    try:
        octets = vault.get(tables, entry, "corps")
    except CleManquante:
        octets = None
    corps = None if octets is None else read_corps(entry.operation, octets)
    if not isinstance(corps, DevisCorps):
        return Appel(entry, None, None, None)
    total = sum(une.net_centimes for une in corps.equipement.lignes)
    qui = corps.beneficiaire
    return Appel(entry, qui.nom.clair, qui.prenom.clair, total)


def act(
    tables: Tables, identifiants: Sequence[str], geste: Geste, now: dt.datetime, magasin: str | None = None
) -> Bilan:
    """One gesture over these requests, in one transaction. Those of another shop than `magasin` do not exist."""
    bilan = Bilan([], [], set())
    for identifiant in identifiants:
        entry = tables.entry(identifiant)
        if entry is None or magasin not in {None, entry.magasin}:
            bilan.refusees.append((identifiant, gestures.Refused("inconnu", "cette demande n'existe pas")))
        elif not awaits_customer(entry):
            detail = "cette demande n'attend pas la confirmation du client"
            bilan.refusees.append((identifiant, gestures.Refused("rien_a_confirmer", detail)))
        else:
            _one(tables, entry, geste, now, bilan)
    return bilan


def _one(tables: Tables, entry: Entry, geste: Geste, now: dt.datetime, bilan: Bilan) -> None:
    try:
        done = gestures.act(tables, entry, geste, now)
    except Depasse:
        done = gestures.Refused("a_change", "cette demande a changé entre-temps : regardez-la à nouveau")
    if isinstance(done, gestures.Refused):
        bilan.refusees.append((entry.id, done))
    else:
        bilan.faites.append(done.entry)
        bilan.lanes |= done.lanes
