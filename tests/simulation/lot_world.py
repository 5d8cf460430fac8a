"""A shop whose invoices wait while the platform that takes lots is shut, and what becomes of them there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from tests.simulation import people
from tests.simulation.invariants import faults
from tests.simulation.world import Fate, FateOf, Monde, Reglages
from tierspayant.adapter import intake, lots
from tierspayant.adapter.storage.protocol import Membre, Tables
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.wire import HttpRequest, header

HOUR = 3600.0
OPENS = 2 * HOUR
"""Until then the platform takes no invoice; everything else works."""
NOMBRE = 7
ALMERYS = Reglages(plateformes=("almerys",), dedoublonnage=False)
"""The platform that takes lots, its own recognition of doubles off."""
DOSSIERS = frozenset(f"D-{rang}" for rang in range(NOMBRE))


class Wire:
    """What happened to each call, by operation, and a fate for the n-th call of one (from 1)."""

    def __init__(self, fates: dict[tuple[str, int], Fate] | None = None, opens: float = OPENS) -> None:
        self.calls: Counter[str] = Counter()
        self._fates = fates or {}
        self._opens = opens

    def __call__(self, requete: HttpRequest, now: float) -> Fate:
        [operation] = re.findall(r'action="[^"]*?(\w+)"', header(requete.headers, "content-type") or "")
        if operation in {"DeposerLot", "EtatService"} and now < self._opens:
            return Fate(statut=503)
        self.calls[operation] += 1
        return replace(self._fates.get((operation, self.calls[operation]), Fate()))


def dossier(rang: int) -> str:
    return f"D-{rang}"


def queued(
    fate: FateOf, nombre: int = NOMBRE, bodies: Sequence[intake.Nouvelle] = (), reglages: Reglages = ALMERYS
) -> Monde:
    """A world in which so many invoices wait for the platform to take invoices again."""
    monde = Monde(replace(reglages, fate=fate))
    fill(monde, nombre, bodies)
    return monde


def fill(monde: Monde, nombre: int = NOMBRE, bodies: Sequence[intake.Nouvelle] = ()) -> None:
    for rang in range(nombre):
        monde.insist(people.pec("almerys", dossier(rang)))
    bodies = bodies or [invoice(rang) for rang in range(nombre)]
    monde.clock.callLater(600, monde.insist, bodies[0])  # it finds the lane shut; the others come while it is
    for une in bodies[1:]:
        monde.clock.callLater(900, monde.insist, une)


def invoice(rang: int) -> intake.Nouvelle:
    return people.facture(dossier(rang), f"2401315{rang:02d}")


def lived(fate: FateOf, nombre: int = NOMBRE, taille_lot: int = lots.TAILLE) -> Monde:
    monde = queued(fate, nombre, reglages=replace(ALMERYS, taille_lot=taille_lot))
    monde.run(24 * HOUR)
    return monde


def in_one_lot_each(monde: Monde) -> dict[str, list[str]]:
    """Number of each lot -> references in it, as the platform has them; every one of our invoices is in one."""
    found: dict[str, list[str]] = {}
    for row in monde.session.book("almerys").factures.values():
        if not row.facture.reference.startswith("D-DEMO"):
            found.setdefault(str(row.lot), []).append(row.facture.reference)
    every = Counter(reference for references in found.values() for reference in references)
    assert every.most_common(1)[0][1] == 1, every
    return found


def places(monde: Monde) -> dict[str, Membre]:
    entries = [entry for entry in monde.entries() if entry.operation is Operation.FACTURE]
    rows = monde.read(lambda t: {entry.reference: t.membre(entry.id) for entry in entries})
    return {reference: row for reference, row in rows.items() if row is not None}


def bytes_sent(monde: Monde, identifiant: str, rang: int) -> bytes:
    def work(tables: Tables) -> bytes:
        entry = tables.entry(identifiant)
        assert entry is not None
        octets = monde.vault.get(tables, entry, f"requete-{rang}")
        assert octets is not None
        return octets

    return monde.read(work)


def all_accepted(monde: Monde, nombre: int = NOMBRE) -> None:
    assert faults(monde) == []
    accepted = {e.reference for e in monde.entries() if e.operation is Operation.FACTURE and e.resultat == "acceptee"}
    assert accepted == {f"{dossier(rang)}/FAC-1" for rang in range(nombre)}
