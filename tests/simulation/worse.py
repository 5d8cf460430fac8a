"""Policies that are a little worse than ours: a proof that they pass has no teeth."""

from __future__ import annotations

import datetime as dt

from tierspayant.adapter import policy
from tierspayant.adapter.entry import Entry, Etat, Raison

LONG = dt.timedelta(hours=5)


def resend_without_asking(entry: Entry, cadre: policy.Cadre) -> policy.Step:
    """What most queues do: no answer came, so send it again."""
    return policy.Send() if entry.etat is Etat.INCERTAINE else policy.next_step(entry, cadre)


def leave_doubts_alone(entry: Entry, cadre: policy.Cadre) -> policy.Step:
    """Nothing is ever sent twice by who never looks at a doubt again."""
    return policy.WaitUntil(None) if entry.etat is Etat.INCERTAINE else policy.next_step(entry, cadre)


def drop_doubts(entry: Entry, cadre: policy.Cadre) -> policy.Step:
    """A doubt is put aside with a word that nobody acts on."""
    if entry.etat is Etat.INCERTAINE:
        return policy.Hold(policy.held(Raison.A_LA_MAIN))
    return policy.next_step(entry, cadre)


def dawdle(entry: Entry, cadre: policy.Cadre) -> policy.Step:
    """What failed once is tried again hours later."""
    if entry.etat is Etat.EN_FILE and entry.envoye_le is not None and cadre.now - entry.envoye_le < LONG:
        return policy.WaitUntil(entry.envoye_le + LONG)
    return policy.next_step(entry, cadre)
