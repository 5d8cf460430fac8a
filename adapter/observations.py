"""What exchanges tell of a service and of a shop's account there, written down: each a part of a transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from tierspayant.adapter.availability import (
    Compte,
    Disponibilite,
    EtatService,
    Retenue,
    Signal,
    observe,
    ouvert,
    patience,
)
from tierspayant.adapter.claims import Lane
from tierspayant.adapter.settlement import Observed
from tierspayant.adapter.storage.protocol import Tables
from tierspayant.schemas.outcomes import RaisonCompte


def note(
    tables: Tables,
    lane: Lane,
    magasin: str,
    vu: Observed,
    now: dt.datetime,
    probe_wait: Callable[[int], dt.timedelta],
) -> None:
    """Write down what an exchange says of a service and of the shop's account there."""
    if vu.signal is not None:
        observed(tables, lane, vu.signal, now, probe_wait, vu.message, vu.retry_after)
    if vu.compte is not None:
        hold_account(tables, lane[0], magasin, vu.compte, now)


def observed(
    tables: Tables,
    lane: Lane,
    signal: Signal,
    now: dt.datetime,
    probe_wait: Callable[[int], dt.timedelta],
    message: str | None = None,
    retry_after: dt.timedelta | None = None,
) -> Disponibilite:
    """Count one observation of a service; an event only when its state changes, however long it lasts."""
    before = tables.disponibilite(*lane) or ouvert(*lane, now)
    wait = max(patience(before, probe_wait(before.essais + 1), now), retry_after or dt.timedelta(0))
    after = observe(before, signal, now, wait, message)
    if after != before:
        tables.put_disponibilite(after)
    if after.etat is EtatService.FERME and before.etat is EtatService.OUVERT:
        tables.demote(*lane)
    if after.etat is not before.etat:
        donnees: dict[str, str | int | None] = {"plateforme": lane[0], "service": lane[1], "etat": after.etat}
        tables.add_evenement("plateforme", now, None, None, donnees)
    return after


def hold_account(tables: Tables, plateforme: str, magasin: str, raison: RaisonCompte, now: dt.datetime) -> None:
    """Nothing more goes out in this shop's name on this platform until a person has seen to it."""
    known = tables.compte(plateforme, magasin)
    if known is not None and known.retenu:
        return
    tables.put_compte(Compte(plateforme=plateforme, magasin=magasin, depuis=now, raison=Retenue(raison)))
    donnees: dict[str, str | int | None] = {"plateforme": plateforme, "raison": raison}
    tables.add_evenement("compte", now, magasin, None, donnees)
