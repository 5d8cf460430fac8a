"""What must hold when the storm is over, told by the emulator's ledger and by what the shop can see."""

from __future__ import annotations

from collections import Counter

from tests.simulation.world import Monde
from tierspayant.adapter.entry import Etat
from tierspayant.schemas.operations import Operation

DEAD_PEC = {"annulee"}


def faults(monde: Monde) -> list[str]:
    """Every broken invariant in a sentence; none is what a proof wants."""
    return [*_billing(monde), *_agreements(monde), *_endings(monde), *map(str, monde.ecarts())]


def _billing(monde: Monde) -> list[str]:
    """Each accepted invoice is in the ledger exactly once, for its own amount."""
    found = Counter(
        row["reference_magasin"]
        for plateforme in monde.plateformes
        for row in monde.ledger(plateforme.nom)["factures"]
        if not row["reference_magasin"].startswith("D-DEMO")
    )
    wanted = {e.reference for e in monde.entries() if e.operation is Operation.FACTURE and e.etat is Etat.TERMINEE}
    lost = [f"{reference}: accepted, never billed" for reference in wanted if found[reference] == 0]
    return lost + [f"{reference}: billed {n} times" for reference, n in found.items() if n > 1]


def _agreements(monde: Monde) -> list[str]:
    """No PEC is asked twice, none is granted and forgotten."""
    rows = [
        row
        for plateforme in monde.plateformes
        for row in monde.ledger(plateforme.nom)["pec"]
        if not row["reference_magasin"].startswith("D-DEMO") and row["etat"] not in DEAD_PEC
    ]
    twice = [reference for reference, n in Counter(row["reference_magasin"] for row in rows).items() if n > 1]
    known = {entry.numero for entry in monde.entries() if entry.operation is Operation.PEC}
    forgotten = [row["reference_magasin"] for row in rows if row["numero"] not in known]
    return [f"{nom}: granted twice" for nom in twice] + [f"{nom}: granted and forgotten" for nom in forgotten]


def _endings(monde: Monde) -> list[str]:
    """Every accepted request has ended, or says what a person must do."""
    return [
        f"{entry.reference}: still {entry.etat}"
        for entry in monde.entries()
        if entry.etat not in {Etat.TERMINEE, Etat.PERIMEE, Etat.RETIREE, Etat.RETENUE}
    ]


def order_faults(monde: Monde) -> list[str]:
    """An invoice never reaches a platform before its PEC."""
    wrong = []
    for plateforme in monde.plateformes:
        ledger = monde.ledger(plateforme.nom)
        granted = {row["numero"]: row["recue_le"] for row in ledger["pec"]}
        wrong += [row["numero"] for row in ledger["factures"] if row["recue_le"] < granted[row["pec"]]]
    return wrong
