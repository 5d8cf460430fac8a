"""What one platform knows in one session: PEC, invoices, remittances, what is due, and the entries of its ledger.

Rows are mutable and owned by the book; only desk, lifecycle moves and ledger postings change them. The indexes exist
for speed and are rebuilt on restore. A snapshot is plain JSON and restores to an equal book.
"""

from __future__ import annotations

import datetime as dt
import heapq
import re
from collections import defaultdict
from functools import lru_cache
from typing import Any

from tierspayant.emulator import lifecycle
from tierspayant.emulator.dates import business_day
from tierspayant.emulator.insurers import Amc
from tierspayant.emulator.platforms_data import PlatformData
from tierspayant.emulator.rows import Counters, Envoi, FactureRecue, Indexes, Lot, Mouvement, Pec, Vu
from tierspayant.emulator.toml_data import Plain
from tierspayant.emulator.world import World
from tierspayant.schemas import messages, plain
from tierspayant.schemas.messages import DevisDemande, Motif
from tierspayant.schemas.money import Centimes
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.platforms import Traits


class Book:
    """What one platform knows in one session."""

    def __init__(self, plateforme: PlatformData, world: World, now: dt.datetime, seed: int) -> None:
        self.plateforme = plateforme
        self.world = world
        self.seed = seed
        self.debut = now
        self.reglages: Traits = plateforme.traits
        self.vie_pec = lifecycle.load()[plateforme.vie_pec]
        self.vie_facture = lifecycle.load()[plateforme.vie_facture]
        self._empty()
        # late: the ready-made files write rows and ledger entries, so their module imports this one
        from tierspayant.emulator.demo_files import install

        install(self)

    def _empty(self) -> None:
        self.counters = Counters()
        self.pec: dict[str, Pec] = {}
        self.factures: dict[str, FactureRecue] = {}
        self.lots: dict[str, Lot] = {}
        self.envois: list[Envoi] = []
        self.vus: dict[str, Vu] = {}
        self.mouvements: list[Mouvement] = []
        self.soldes: dict[str, Centimes] = defaultdict(int)
        self.reports: dict[str, list[tuple[str, Centimes, Motif]]] = defaultdict(list)
        self.lentilles: dict[str, Centimes] = defaultdict(int)
        self.jetons: dict[str, dt.datetime] = {}
        self.echeances: list[tuple[dt.datetime, int, str, str]] = []
        self.tarif_force: str | None = None
        self.index = Indexes()

    # ------------------------------------------------------------------------------------------------ rows

    def insurer(self, code: str) -> Amc:
        """An insurer of this session's world."""
        return self.world.insurers[code]

    def next_pec_number(self, now: dt.datetime) -> str:
        """The number of the next quote or PEC, in the platform's own form."""
        self.counters.pec += 1
        return _of_day(self.plateforme.numerotation, business_day(now)).format(rang=self.counters.pec)

    def add_pec(self, pec: Pec) -> None:
        """Record a quote or PEC."""
        self.pec[pec.numero] = pec
        self._index_pec(pec)

    def _index_pec(self, pec: Pec) -> None:
        self.index.pec_by_reference[f"{pec.magasin}|{pec.demande.reference}"].append(pec.numero)
        if not pec.devis:
            self.index.pec_by_equipment[pec.file_key].append(pec.numero)
            self.index.pec_by_person[pec.personne].append(pec.numero)

    def add_facture(self, row: FactureRecue) -> None:
        """Record an invoice."""
        self.factures[row.cle] = row
        self._index_facture(row)

    def _index_facture(self, row: FactureRecue) -> None:
        self.index.factures_by_number[f"{row.magasin}|{row.facture.numero_facture}"].append(row.cle)
        self.index.factures_by_reference[f"{row.magasin}|{row.facture.reference}"].append(row.cle)
        self.index.factures_by_pec[row.facture.numero_pec].append(row.cle)
        if row.a_payer_le is not None:
            self.index.unpaid[f"{row.magasin}|{row.amc}"][row.cle] = None

    def next_facture_key(self) -> str:
        """The key of the next invoice."""
        self.counters.facture += 1
        return f"F{self.counters.facture:06d}"

    # ------------------------------------------------------------------------------------------------ what is due

    def plan(self, when: dt.datetime, kind: str, target: str) -> None:
        """Something happens to `target` at that instant; equal instants keep their order."""
        self.counters.echeance += 1
        heapq.heappush(self.echeances, (when, self.counters.echeance, kind, target))

    def next_due(self) -> dt.datetime | None:
        """When something happens next, or None."""
        return self.echeances[0][0] if self.echeances else None

    # ------------------------------------------------------------------------------------------------ snapshots

    def snapshot(self) -> Plain:
        """Everything this book knows, as plain JSON."""
        return {
            "plateforme": self.plateforme.nom,
            "debut": self.debut.isoformat(),
            "seed": self.seed,
            "reglages": plain.to_plain(self.reglages),
            "world": self.world.snapshot(),
            "tarif_force": self.tarif_force,
            "counters": plain.to_plain(self.counters),
            "pec": [plain.to_plain(one) for one in self.pec.values()],
            "factures": [plain.to_plain(one) for one in self.factures.values()],
            "lots": [plain.to_plain(one) for one in self.lots.values()],
            "envois": [plain.to_plain(one) for one in self.envois],
            "vus": {cle: _plain_seen(vu) for cle, vu in self.vus.items()},
            "mouvements": [plain.to_plain(one) for one in self.mouvements],
            "reports": plain.to_plain(dict(self.reports)),
            "lentilles": dict(self.lentilles),
            "jetons": plain.to_plain(self.jetons),
            "echeances": plain.to_plain(sorted(self.echeances)),
        }

    def restore(self, snapshot: Plain) -> None:
        """Become what `snapshot` was taken of. The platform must be the same."""
        if snapshot["plateforme"] != self.plateforme.nom:
            raise ValueError(f"a snapshot of {snapshot['plateforme']} does not fit {self.plateforme.nom}")
        self._empty()
        self.debut = dt.datetime.fromisoformat(snapshot["debut"])
        self.seed = snapshot["seed"]
        self.reglages = plain.from_plain(Traits, snapshot["reglages"])
        self.world.restore(snapshot["world"])
        self.tarif_force = snapshot["tarif_force"]
        self.counters = plain.from_plain(Counters, snapshot["counters"])
        for raw in snapshot["pec"]:
            self.add_pec(_pec_from(raw))
        for raw in snapshot["factures"]:
            self.add_facture(plain.from_plain(FactureRecue, raw))
        for raw in snapshot["lots"]:
            lot = plain.from_plain(Lot, raw)
            self.lots[f"{lot.magasin}|{lot.numero}"] = lot
        self.envois = [plain.from_plain(Envoi, raw) for raw in snapshot["envois"]]
        self.vus = {cle: _seen_from(raw) for cle, raw in snapshot["vus"].items()}
        for raw in snapshot["mouvements"]:
            self.record(plain.from_plain(Mouvement, raw))
        reports = plain.from_plain(dict[str, list[tuple[str, Centimes, Motif]]], snapshot["reports"])
        self.reports.update(reports)
        self.lentilles.update(snapshot["lentilles"])
        self.jetons = plain.from_plain(dict[str, dt.datetime], snapshot["jetons"])
        self.echeances = plain.from_plain(list[tuple[dt.datetime, int, str, str]], snapshot["echeances"])
        heapq.heapify(self.echeances)

    def record(self, mouvement: Mouvement) -> None:
        """Keep one entry of the ledger and its effect on the balances."""
        self.mouvements.append(mouvement)
        for compte, montant in mouvement.postes:
            self.soldes[compte] += montant


@lru_cache(maxsize=64)
def _of_day(numerotation: str, jour: dt.date) -> str:
    """The form of one day's numbers: the day is written in it, the rank is left."""
    return re.sub(r"\{jour[^}]*\}", lambda field: field[0].format(jour=jour), numerotation)


def _pec_from(raw: Plain) -> Pec:
    pec = plain.from_plain(Pec, raw)
    if pec.devis:
        pec.demande = plain.from_plain(DevisDemande, raw["demande"])
    return pec


_QUESTIONS: dict[Operation, type[Any]] = {
    Operation.DEVIS: messages.DevisDemande,
    Operation.PEC: messages.PecDemande,
    Operation.ANNULATION_PEC: messages.AnnulationPecDemande,
    Operation.PIECES: messages.PiecesDemande,
    Operation.FACTURE: messages.FactureDemande,
    Operation.ANNULATION_FACTURE: messages.AnnulationFactureDemande,
}
_ANSWERS: dict[Operation, type[Any]] = {
    Operation.DEVIS: messages.PecReponse,
    Operation.PEC: messages.PecReponse,
    Operation.ANNULATION_PEC: messages.AnnulationReponse,
    Operation.PIECES: messages.PiecesReponse,
    Operation.FACTURE: messages.LotReponse,
    Operation.ANNULATION_FACTURE: messages.AnnulationReponse,
}


def _plain_seen(vu: Vu) -> Plain:
    return {
        "operation": vu.operation.value,
        "demande": plain.to_plain(vu.demande),
        "reponse": plain.to_plain(vu.reponse),
    }


def _seen_from(raw: Plain) -> Vu:
    operation = Operation(raw["operation"])
    return Vu(
        operation=operation,
        demande=plain.from_plain(_QUESTIONS[operation], raw["demande"]),
        reponse=plain.from_plain(_ANSWERS[operation], raw["reponse"]),
    )
