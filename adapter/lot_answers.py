"""What becomes of one invoice of a lot of several. Pure; the sentences about a single entry are settlement.py's.

A platform judges each invoice of a lot by itself, so each gets its own part of the answer, triaged as if it had come
alone. When the lot is refused as a whole, nobody knows yet which invoice is the bad one: each goes alone.
"""

from __future__ import annotations

from dataclasses import replace

from tierspayant.adapter import policy
from tierspayant.adapter.entry import Entry, Etat, Raison, advance
from tierspayant.adapter.settlement import (
    LotExit,
    Settlement,
    after_send,
    after_status,
    normal,
    observed,
    unknown_there,
)
from tierspayant.schemas.messages import FactureReponse, LotReponse, ResultatFacture, ResultatLot
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import Answer, NatureRefus, Outcome, Refus
from tierspayant.schemas.reply_triage import outcome_of

_REFUSED = frozenset({ResultatFacture.REJETEE, ResultatFacture.REJETEE_FORMAT})


def after_lot(entry: Entry, outcome: Outcome, cadre: policy.Cadre, jitter: float) -> Settlement:
    """A member of a lot that was sent."""
    lot = _lot_of(outcome)
    part = None if lot is None else own_part(lot, entry)
    if part is not None:
        return _judged(entry, part, cadre, jitter)
    match normal(outcome):
        case Refus(nature=nature, motifs=motifs) if nature is not NatureRefus.RATTACHER:
            again = advance(entry, Etat.EN_FILE, cadre.now, du_le=cadre.now, motifs=motifs)
            return Settlement(entry=again, vu=observed(outcome), lot_exit=LotExit.ALONE)
        case other:
            return after_send(entry, other, cadre, jitter)


def after_lot_status(entry: Entry, outcome: Outcome, cadre: policy.Cadre, jitter: float) -> Settlement:
    """A member in doubt, after the platform was asked about the lot. A lot it names no invoice of is one it has not."""
    lot = _lot_of(normal(outcome))
    if lot is None:
        return after_status(entry, outcome, cadre, jitter)
    if not lot.factures:
        return Settlement(entry=unknown_there(entry, cadre), vu=observed(outcome))
    part = own_part(lot, entry)
    if part is None:
        action = policy.held(Raison.INCONNUE_PLATEFORME)
        held = advance(entry, Etat.RETENUE, cadre.now, action=action)
        return Settlement(entry=held, vu=observed(outcome))
    return _judged(entry, part, cadre, jitter)


def own_part(lot: LotReponse, entry: Entry) -> FactureReponse | None:
    """What a lot's answer says of this invoice: by the shop's reference, else by its number."""
    named = [une for une in lot.factures if une.reference == entry.reference]
    return next(iter(named or [une for une in lot.factures if une.numero_facture == entry.numero]), None)


def _lot_of(outcome: Outcome) -> LotReponse | None:
    reponse = outcome.reponse if isinstance(outcome, Answer | Refus) else None
    return reponse if isinstance(reponse, LotReponse) else None


def _judged(entry: Entry, part: FactureReponse, cadre: policy.Cadre, jitter: float) -> Settlement:
    """Its own part, as the answer to a lot of one; what is to be sent again is sent in another lot."""
    refused = part.resultat in _REFUSED
    alone = LotReponse(
        resultat=ResultatLot.REJETE if refused else ResultatLot.ACQUITTE,
        factures=(part,),
        motifs=part.motifs if refused else (),
    )
    settled = after_send(entry, outcome_of(Operation.FACTURE, alone), cadre, jitter)
    return replace(settled, lot_exit=LotExit.LOOSE) if settled.entry.etat is Etat.EN_FILE else settled
