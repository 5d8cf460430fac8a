"""What one exchange tells of a service and of an account is written down, each where it belongs."""

from __future__ import annotations

import datetime as dt

from tierspayant.adapter import observations
from tierspayant.adapter.availability import EtatService, Retenue, Signal
from tierspayant.adapter.settlement import Observed
from tierspayant.adapter.storage.memory import MemoryTables
from tierspayant.schemas.operations import Service
from tierspayant.schemas.outcomes import RaisonCompte

NOW = dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC)
LANE = ("p", Service.PEC)


def noted(vu: Observed) -> MemoryTables:
    tables = MemoryTables()
    observations.note(tables, LANE, "m", vu, NOW, lambda essais: dt.timedelta(minutes=essais))
    return tables


def test_a_refused_account_is_held_and_says_nothing_of_the_service() -> None:
    tables = noted(Observed(compte=RaisonCompte.EXPIRE))
    compte = tables.compte("p", "m")
    assert compte is not None
    assert compte.raison is Retenue.EXPIRE
    assert list(tables.disponibilites()) == []
    assert [une.type for une in tables.evenements("m", 0, 10)] == ["compte"]


def test_a_service_that_says_not_now_is_shut_and_no_account_held() -> None:
    tables = noted(Observed(signal=Signal.REFUS_DE_SERVICE, retry_after=dt.timedelta(hours=2)))
    service = tables.disponibilite(*LANE)
    assert service is not None
    assert (service.etat, service.prochain_essai) == (EtatService.FERME, NOW + dt.timedelta(hours=2))
    assert tables.compte("p", "m") is None
