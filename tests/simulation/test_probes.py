"""What a service that stays shut for weeks costs: few probes, fewer still where nobody waits, and no late reopening."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation import people
from tests.simulation.world import Fate, Monde, Reglages
from tierspayant.adapter import availability, lanes
from tierspayant.adapter.availability import EtatService
from tierspayant.schemas.operations import Service
from tierspayant.schemas.wire import HttpRequest

HOUR = 3600.0
DAY = 24 * HOUR
WEEK = 7 * DAY


class Shut:
    """A platform whose connections are refused until `end`; `calls` counts what reaches for it, hour by hour."""

    def __init__(self, end: float) -> None:
        self.end = end
        self.calls: Counter[int] = Counter()

    def __call__(self, _: HttpRequest, now: float) -> Fate:
        if now >= self.end:
            return Fate()
        self.calls[int(now // HOUR)] += 1
        return Fate(refused=True)

    def between(self, first: float, last: float) -> int:
        return sum(n for hour, n in self.calls.items() if first <= hour * HOUR < last)


def shut_for_a_week(*, waits: bool) -> tuple[Monde, Shut]:
    """Either a PEC waits for the whole week, or only a rights check did, and lapsed."""
    shut = Shut(WEEK)
    monde = Monde(Reglages(plateformes=("viamedis",), fate=shut))
    monde.post(people.pec("viamedis", "D-1") if waits else people.droits("viamedis", "DR-1"))
    monde.run(WEEK)
    return monde, shut


def test_after_a_day_a_service_is_probed_half_as_often() -> None:
    _, shut = shut_for_a_week(waits=True)
    first, later = shut.between(6 * HOUR, DAY) / 18, shut.between(2 * DAY, WEEK) / (5 * 24)
    assert 4 <= first <= 8, "four a quarter of an hour, with jitter"
    assert 2 <= later <= 4


def test_where_nobody_waits_it_is_probed_about_once_an_hour() -> None:
    _, shut = shut_for_a_week(waits=False)
    assert shut.between(DAY, WEEK) <= 6 * 24


@pytest.mark.parametrize("waits", [True, False], ids=["someone waits", "nobody waits"])
def test_control_without_the_two_rules_it_is_probed_more(waits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "SANS_DEMANDE", lanes.SANS_DEMANDE * 0)
    monkeypatch.setattr(availability, "LONGUE_FERMETURE", availability.LONGUE_FERMETURE * 1000)
    _, shut = shut_for_a_week(waits=waits)
    assert shut.between(2 * DAY, WEEK) > 4 * 5 * 24


def test_a_reopening_is_seen_within_the_hour() -> None:
    monde, _ = shut_for_a_week(waits=True)
    monde.run(HOUR)
    service = monde.read(lambda t: t.disponibilite("viamedis", Service.PEC))
    assert service is not None
    assert service.etat is not EtatService.FERME


def test_the_first_request_has_a_forgotten_service_probed_at_once() -> None:
    shut = Shut(5 * DAY)
    monde = Monde(Reglages(plateformes=("viamedis",), fate=shut))
    monde.post(people.droits("viamedis", "DR-1"))
    monde.run(4 * DAY)
    shut.end = monde.clock.seconds()
    before = monde.read(lambda t: t.disponibilite("viamedis", Service.DROITS))
    assert before is not None
    assert before.prochain_essai is not None
    monde.run(max(0.0, (before.prochain_essai - monde.now()).total_seconds()) + 1)
    waiting = monde.read(lambda t: t.disponibilite("viamedis", Service.DROITS))
    assert waiting == before, "its time has come, but nobody waits"
    monde.post(people.droits("viamedis", "DR-2"))
    monde.run(30)
    assert monde.entry("DR-2").resultat == "ouverts"
