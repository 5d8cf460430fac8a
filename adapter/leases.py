"""Whose an exchange is while it is under way, when several nodes share one database. Pure.

An entry is *leased* to the node that sends it: `noeud` says which, and while it is `envoi` its `du_le` is the end of
the lease. An entry still leaving at the end of its lease comes due like any other, and whichever node looks first
treats it as in doubt: a dead node needs no one to declare it dead. The fencing token is the entry's `version`: taking
over counts it up, so that a node that slept through its lease can write nothing any more (`Depasse`).

What a token cannot stop is bytes. A node therefore sends only while the whole call fits into what is left of the lease
(`in_time`); only a process frozen between that check and its first byte, for longer than the lease and the in-doubt
wait together, could still double. Clocks of nodes must agree within MARGE (docs/decisions/0005). All ours.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tierspayant.adapter.entry import Entry

MARGE = dt.timedelta(seconds=60)
"""What a lease lasts beyond the longest call: slow commits, clocks that differ, a pause of the process."""


@dataclass(frozen=True, slots=True)
class Noeud:
    """This process among those that share its database.

    nom: unique among them, and the same again after a restart. partage: there may be others.
    """

    nom: str = "seul"
    partage: bool = False


SEUL = Noeud()
"""The only process of a database (SQLite holds it by a lock on the file)."""


@dataclass(frozen=True, slots=True)
class Bail:
    """A lease: whose, and how long from now."""

    noeud: Noeud
    duree: dt.timedelta


def lease(noeud: Noeud, delai_appel: dt.timedelta) -> Bail:
    """The lease of one exchange; `delai_appel` is how long its call may last."""
    return Bail(noeud, delai_appel + MARGE)


def in_time(entry: Entry, now: dt.datetime, delai_appel: dt.timedelta) -> bool:
    """Whether a call begun now surely ends before the lease does."""
    return entry.du_le is not None and now + delai_appel <= entry.du_le
