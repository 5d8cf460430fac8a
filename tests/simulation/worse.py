"""Policies that are a little worse than ours: a proof that they pass has no teeth."""

from __future__ import annotations

from tierspayant.adapter import policy
from tierspayant.adapter.entry import Entry, Etat


def resend_without_asking(entry: Entry, cadre: policy.Cadre) -> policy.Step:
    """What most queues do: no answer came, so send it again."""
    return policy.Send() if entry.etat is Etat.INCERTAINE else policy.next_step(entry, cadre)
