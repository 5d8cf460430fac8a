"""Nothing leaves past a refused or doubtful step: judged at each send, by rules written apart from the adapter's own.

`wrongs` looks at an entry that is about to leave and at its file as it stands in the same transaction's wake. It knows
nothing of adapter/ordering.py: the rules are those of delivery.md §3 and §8, said once more.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.witness import Departure
from tierspayant.adapter.entry import Entry, Etat
from tierspayant.schemas.operations import Operation

GOOD_PEC = {"accordee", "facturee", "rejet_paiement", "soldee"}
DEAD = {"refusee", "refuse", "expiree", "annulee", "rejetee", "rejetee_format"}
THERE = {Etat.EN_INSTANCE, Etat.TERMINEE}
"""The platform answered: what it holds has a number."""
OVER = {Etat.TERMINEE, Etat.RETIREE, Etat.PERIMEE}


def wrongs(departure: Departure) -> list[str]:
    """Each rule that this send breaks, in a sentence."""
    entry = departure.entry
    named = {une.id: une for une in departure.dossier}
    broken = [f"after {une.reference} ({une.etat}, {une.resultat})" for une in _broken(entry, departure, named)]
    carries = {Operation.PEC, Operation.PIECES, Operation.FACTURE}
    if departure.avance and entry.operation in carries:
        broken.append("although the customer paid up front")
    return [f"{entry.reference}: sent {why}" for why in broken]


def _broken(entry: Entry, departure: Departure, named: dict[str, Entry]) -> Iterator[Entry]:
    """What stood before this entry and had not succeeded."""
    target = named.get(entry.cible or "")
    replaced = named.get(entry.remplace or "")
    if replaced is not None and entry.operation in {Operation.PEC, Operation.FACTURE} and not _gone(replaced):
        yield replaced
    if target is not None and not _stands(entry, target):
        yield target
    for une in departure.dossier:
        if une.id < entry.id and _before(une, entry) and not _done(une):
            yield une


def _gone(une: Entry) -> bool:
    """Whether what is replaced no longer counts."""
    return une.etat is Etat.RETIREE or (une.etat is Etat.TERMINEE and une.resultat in DEAD)


def _stands(entry: Entry, target: Entry) -> bool:
    """Whether what an entry acts on is known to be there, and granted where that matters."""
    if entry.operation is Operation.FACTURE:
        return target.etat is Etat.TERMINEE and target.resultat in GOOD_PEC
    return target.etat in THERE and target.numero is not None and target.resultat not in DEAD


def _before(une: Entry, entry: Entry) -> bool:
    """A quote before the PEC of the same pair, documents before the invoice of the same PEC."""
    if entry.operation is Operation.PEC:
        same = (une.equipement, une.plateforme) == (entry.equipement, entry.plateforme)
        return une.operation is Operation.DEVIS and same
    return entry.operation is Operation.FACTURE and une.operation is Operation.PIECES and une.cible == entry.cible


def _done(une: Entry) -> bool:
    if une.operation is Operation.DEVIS and une.etat is Etat.TERMINEE:
        return une.resultat not in DEAD
    return une.etat in OVER
