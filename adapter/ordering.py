"""Order inside an equipment of a file: what must have succeeded before an entry may leave. Pure.

devis -> pec -> pieces -> facture, and a replacing PEC after its predecessor's cancellation; never between equipments or
files, and a rights check blocks nothing (delivery.md §3). A step becomes visible only on the *success* of the former:
a refused one holds what follows for a person, one still in doubt makes it wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tierspayant.adapter.entry import Entry, Etat, Raison
from tierspayant.schemas.messages import ResultatFacture, ResultatPec
from tierspayant.schemas.operations import Operation


class Verdict(StrEnum):
    PRET = "pret"
    ATTENDRE = "attendre"
    BLOQUER = "bloquer"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an entry may not leave yet (ATTENDRE) or not without a person (BLOQUER), and which entry stands before it."""

    verdict: Verdict
    raison: Raison
    devant: Entry


PEC_BONNE = frozenset(
    {ResultatPec.ACCORDEE, ResultatPec.FACTUREE, ResultatPec.REJET_PAIEMENT, ResultatPec.SOLDEE},
)
PEC_MORTE = frozenset({ResultatPec.REFUSEE, ResultatPec.EXPIREE, ResultatPec.ANNULEE})
FACTURE_MORTE = frozenset({ResultatFacture.REJETEE, ResultatFacture.REJETEE_FORMAT, ResultatFacture.ANNULEE})
_PARTIE = frozenset({Etat.EN_INSTANCE, Etat.TERMINEE})


def obstacle(entry: Entry, dossier: Iterable[Entry]) -> Obstacle | None:
    """The first thing that keeps an entry from leaving, among the entries of its file; None when nothing does.

    What blocks for good comes before what only takes time.
    """
    waiting = None
    for devant, judge in _before(entry, list(dossier)):
        verdict = judge(devant)
        raison = Raison.ANNULATION_REQUISE if judge is _replaced_pec else Raison.PREDECESSEUR_REFUSE
        if verdict is Verdict.BLOQUER:
            return Obstacle(verdict, raison, devant)
        if verdict is Verdict.ATTENDRE and waiting is None:
            waiting = Obstacle(verdict, raison, devant)
    return waiting


def followers(entry: Entry, dossier: Iterable[Entry]) -> list[Entry]:
    """Queued entries that `entry` stands before."""
    every = list(dossier)
    return [
        une
        for une in every
        if une.etat is Etat.EN_FILE and any(devant.id == entry.id for devant, _ in _before(une, every))
    ]


Judge = Callable[[Entry], Verdict]


def _before(entry: Entry, dossier: Sequence[Entry]) -> list[tuple[Entry, Judge]]:
    """Each entry that stands before this one, with the rule that judges it."""
    named = {une.id: une for une in dossier}
    pairs: list[tuple[str | None, Judge]] = []
    match entry.operation:
        case Operation.PEC:
            pairs = [(entry.remplace, _replaced_pec if not _cancelling(entry, dossier) else _replaced_pec_cancelling)]
            pairs += [(une.id, _quote) for une in dossier if une.operation is Operation.DEVIS and _same(une, entry)]
        case Operation.FACTURE:
            pairs = [(entry.cible, _granted), (entry.remplace, _replaced_invoice)]
            pairs += [
                (une.id, _documents)
                for une in dossier
                if une.operation is Operation.PIECES and une.cible == entry.cible and une.id < entry.id
            ]
            pairs += [
                (une.id, _cancellation)
                for une in dossier
                if une.operation is Operation.ANNULATION_PEC and une.cible == entry.cible and une.id < entry.id
            ]
        case Operation.PIECES | Operation.ANNULATION_PEC | Operation.ANNULATION_FACTURE:
            pairs = [(entry.cible, _recorded)]
        case _:
            pass
    return [(named[une], judge) for une, judge in pairs if une is not None and une in named]


def _same(devis: Entry, pec: Entry) -> bool:
    """The PEC's own quote: older, or made anew for an older one, on the same platform (an insurer may move)."""
    older = min(devis.id, devis.remplace or devis.id) < pec.id
    return devis.equipement == pec.equipement and devis.plateforme == pec.plateforme and older


def _cancelling(entry: Entry, dossier: Sequence[Entry]) -> bool:
    """A cancellation of the PEC it replaces is on its way."""
    return any(
        une.operation is Operation.ANNULATION_PEC
        and une.cible == entry.remplace
        and une.etat not in {Etat.TERMINEE, Etat.RETIREE}
        for une in dossier
    )


def _quote(devis: Entry) -> Verdict:
    if devis.etat in {Etat.PERIMEE, Etat.RETIREE}:
        return Verdict.PRET
    if devis.etat is not Etat.TERMINEE:
        return Verdict.ATTENDRE
    return Verdict.PRET if devis.resultat == ResultatPec.CHIFFRE else Verdict.BLOQUER


def _granted(pec: Entry) -> Verdict:
    """Granted under reserve is not granted yet: the documents make it so."""
    if pec.etat is Etat.RETIREE or pec.resultat in PEC_MORTE:
        return Verdict.BLOQUER
    return Verdict.PRET if pec.etat is Etat.TERMINEE and pec.resultat in PEC_BONNE else Verdict.ATTENDRE


def _documents(pieces: Entry) -> Verdict:
    """The PEC's own state says whether they sufficed; here only the order counts."""
    return Verdict.PRET if pieces.etat in {Etat.TERMINEE, Etat.RETIREE} else Verdict.ATTENDRE


def _cancellation(annulation: Entry) -> Verdict:
    """Asked for before the invoice: whether the PEC is still there to be billed, its answer tells."""
    return Verdict.PRET if annulation.etat in {Etat.TERMINEE, Etat.RETIREE} else Verdict.ATTENDRE


def _recorded(cible: Entry) -> Verdict:
    """The platform must know it before documents or a cancellation can name it."""
    if cible.etat is Etat.RETIREE or cible.resultat in PEC_MORTE:
        return Verdict.BLOQUER
    return Verdict.PRET if cible.etat in _PARTIE and cible.numero is not None else Verdict.ATTENDRE


def _replaced_pec(pec: Entry) -> Verdict:
    if pec.etat is Etat.RETIREE or (pec.etat is Etat.TERMINEE and pec.resultat in PEC_MORTE):
        return Verdict.PRET
    return Verdict.BLOQUER if pec.etat is Etat.TERMINEE else Verdict.ATTENDRE


def _replaced_pec_cancelling(pec: Entry) -> Verdict:
    return Verdict.PRET if _replaced_pec(pec) is Verdict.PRET else Verdict.ATTENDRE


def _replaced_invoice(facture: Entry) -> Verdict:
    if facture.etat is Etat.RETIREE or (facture.etat is Etat.TERMINEE and facture.resultat in FACTURE_MORTE):
        return Verdict.PRET
    return Verdict.BLOQUER if facture.etat is Etat.TERMINEE else Verdict.ATTENDRE
