"""What a service that stays shut for weeks costs: few probes, fewer still where nobody waits, and no late reopening."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable

import pytest

from tests.simulation import people
from tests.simulation.world import Fate, Monde, Reglages
from tierspayant.adapter import availability, lanes
from tierspayant.adapter.availability import EtatService
from tierspayant.schemas.operations import Service
from tierspayant.schemas.wire import HttpRequest, header

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


def test_after_a_day_a_service_is_probed_about_hourly() -> None:
    _, shut = shut_for_a_week(waits=True)
    first, later = shut.between(6 * HOUR, DAY) / 18, shut.between(2 * DAY, WEEK) / (5 * 24)
    assert 4 <= first <= 8, "four a quarter of an hour, with jitter"
    assert 1 <= later <= 1.25


def test_where_nobody_waits_it_is_probed_a_few_times_a_day() -> None:
    _, shut = shut_for_a_week(waits=False)
    assert 6 * 6 <= shut.between(DAY, WEEK) <= 6 * 8


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


def invoice_and_agreement_wait(end: Callable[[str], float]) -> Monde:
    """viamedis-style: one PEC is granted, then all is shut for days; `end`: when a path reopens."""

    def fate(requete: HttpRequest, now: float) -> Fate:
        return Fate(refused=HOUR <= now < end(requete.path))

    monde = Monde(Reglages(plateformes=("viamedis",), fate=fate))
    monde.post(people.pec("viamedis", "D-1"))
    monde.run(HOUR)
    monde.post(people.facture("D-1", "240131501"))
    monde.post(people.pec("viamedis", "D-2"))
    monde.run(4 * DAY - 2 * HOUR)
    return monde


def etats(monde: Monde) -> dict[Service, EtatService]:
    return {une.service: une.etat for une in monde.read(lambda t: t.disponibilites())}


def test_a_service_that_is_back_has_the_others_asked_at_once() -> None:
    monde = invoice_and_agreement_wait(end=lambda _: 4 * DAY)
    turns: list[dt.datetime] = []
    while set(etats(monde).values()) == {EtatService.FERME}:
        turns = [une.prochain_essai for une in monde.read(lambda t: t.disponibilites()) if une.prochain_essai]
        monde.run(1.0)
    assert len(turns) == 2
    assert abs(turns[0] - turns[1]) > dt.timedelta(minutes=2), "the other's turn had not come"
    monde.run(10.0)
    assert EtatService.FERME not in etats(monde).values()
    assert monde.entry("D-1/FAC-1").resultat == "acquittee"


@pytest.mark.parametrize(("path", "service"), [("/facturation", Service.FACTURE), ("/prises-en-charge", Service.PEC)])
def test_a_service_that_reopens_alone_is_found_within_the_hour(path: str, service: Service) -> None:
    monde = invoice_and_agreement_wait(end=lambda asked: 4 * DAY if asked == path else WEEK)
    monde.run(HOUR)
    assert set(etats(monde).values()) == {EtatService.FERME}
    monde.run(HOUR + 10)
    assert {nom for nom, etat in etats(monde).items() if etat is not EtatService.FERME} == {service}


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


def test_a_service_that_says_for_days_that_it_is_back_is_tried_about_hourly() -> None:
    calls: Counter[int] = Counter()

    def fate(requete: HttpRequest, now: float) -> Fate:
        calls[int(now // HOUR)] += 1
        return Fate() if "EtatService" in (header(requete.headers, "soapaction") or "") else Fate(statut=503)

    monde = Monde(Reglages(plateformes=("viamedis",), fate=fate))
    monde.post(people.pec("viamedis", "D-1"))
    monde.run(4 * DAY)
    later = sum(n for hour, n in calls.items() if hour >= 24) / (3 * 24)
    assert 2 <= later <= 2.5, "a probe and a request"
