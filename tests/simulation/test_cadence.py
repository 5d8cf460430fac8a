"""However long the queue, a platform is called at the pace set for it; who stands at the counter goes first."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation import people
from tests.simulation.nodes import Grappe
from tests.simulation.world import Fate, FateOf, Monde, Reglages
from tierspayant.adapter import cadence
from tierspayant.adapter.cadence import Cadence
from tierspayant.schemas.wire import HttpRequest, header

MINUTE = 60.0
HOUR = 3600.0
PACE = 12
FILES = 30


def recording(calls: list[float], shut_for: float = 0.0) -> FateOf:
    """Writes down when a call reaches the network; probes are few and not counted."""

    def fate(requete: HttpRequest, now: float) -> Fate:
        if now < shut_for:
            return Fate(refused=True)
        if "EtatService" not in (header(requete.headers, "soapaction") or ""):
            calls.append(now)
        return Fate()

    return fate


def busiest_minute(calls: list[float]) -> int:
    return max(sum(debut <= one < debut + MINUTE for one in calls) for debut in calls)


def drained(calls: list[float], monde_type: type[Monde] | type[Grappe] = Monde) -> Monde | Grappe:
    """A backlog of FILES agreements, made while the platform was shut, delivered at PACE calls a minute."""
    fate = recording(calls, shut_for=HOUR)
    monde = monde_type(Reglages(plateformes=("viamedis",), cadence=Cadence(PACE), fate=fate))
    for rang in range(FILES):
        monde.post(people.pec("viamedis", f"D-{rang}"))
    monde.run(3 * HOUR)
    return monde


@pytest.mark.parametrize("monde_type", [Monde, Grappe], ids=["one node", "two nodes"])
def test_a_backlog_leaves_at_the_pace_set(monde_type: type[Monde] | type[Grappe]) -> None:
    calls: list[float] = []
    monde = drained(calls, monde_type)
    assert Counter(entry.resultat for entry in monde.entries()) == {"accordee": FILES}
    assert busiest_minute(calls) <= PACE + 1
    assert max(calls) - min(calls) < 1.5 * FILES / PACE * MINUTE, "and hardly slower"


@pytest.mark.parametrize("monde_type", [Monde, Grappe], ids=["one node", "two nodes"])
def test_control_without_a_shared_budget_the_pace_is_not_kept(
    monde_type: type[Monde] | type[Grappe], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cadence, "take", lambda *_, **__: True)
    calls: list[float] = []
    drained(calls, monde_type)
    assert busiest_minute(calls) > 2 * PACE


def test_who_stands_at_the_counter_does_not_wait_for_the_backlog() -> None:
    calls: list[float] = []
    monde = Monde(Reglages(plateformes=("viamedis",), cadence=Cadence(PACE), fate=recording(calls, shut_for=HOUR)))
    for rang in range(FILES):
        monde.post(people.pec("viamedis", f"D-{rang}"))
    while not any(entry.resultat for entry in monde.entries()):
        monde.run(MINUTE / 4)
    monde.run(MINUTE)
    posted = monde.clock.seconds()
    monde.post(people.pec("viamedis", "AU-COMPTOIR"))
    while monde.entry("AU-COMPTOIR/PEC-1").resultat is None:
        monde.run(1.0)
    assert sum(entry.resultat is None for entry in monde.entries()) > FILES / 3, "the backlog is still there"
    assert monde.clock.seconds() - posted < 2 * MINUTE / PACE + 2.0
