"""The daemon dies just before or after each of its commits, and starts again: nothing is lost, nothing doubled."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.simulation import people
from tests.simulation.invariants import faults
from tests.simulation.world import Monde, Reglages
from tests.simulation.worse import resend_without_asking

PLATEFORMES = ("viamedis", "almerys")


def live(plateforme: str, death: tuple[int, str] | None, **reglages: object) -> Monde:
    deaths = () if death is None else (death,)
    monde = Monde(Reglages(deaths=deaths, dedoublonnage=False, **reglages))  # type: ignore[arg-type]
    monde.insist(people.droits(plateforme, "DR-1"))
    monde.insist(people.pec(plateforme, "D-1"))
    monde.insist(people.facture("D-1", "240131501"))
    monde.run(6 * 3600)
    return monde


def commits(plateforme: str) -> int:
    """How many durable steps the same story takes when nobody dies."""
    return live(plateforme, None).storage.commits


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("plateforme", PLATEFORMES)
def test_dying_at_any_commit_loses_and_doubles_nothing(plateforme: str, side: str) -> None:
    total = commits(plateforme)
    assert total >= 12, "the story has enough steps to die at"
    for n in range(1, total + 1):
        monde = live(plateforme, (n, side))
        assert monde.deaths == 1, f"commit {n} was reached"
        assert faults(monde) == [], f"death {side} commit {n}"
        assert monde.entry("D-1/FAC-1").resultat == "acceptee", f"death {side} commit {n}"


@pytest.mark.parametrize("plateforme", PLATEFORMES)
def test_control_a_queue_that_resends_after_a_crash_doubles(plateforme: str) -> None:
    doubled = [
        n
        for n in range(1, commits(plateforme) + 1)
        if any("times" in fault for fault in faults(live(plateforme, (n, "before"), next_step=resend_without_asking)))
    ]
    assert doubled, "no crash point doubles: the proof above proves nothing"


@pytest.mark.parametrize("plateforme", PLATEFORMES)
def test_an_immediate_question_after_a_crash_is_safe_only_if_nothing_was_under_way(plateforme: str) -> None:
    """Here every request arrives within the time the daemon is dead, so that even no grace at all is enough."""
    for n in range(1, commits(plateforme) + 1):
        monde = live(plateforme, (n, "before"), delai_traitement=dt.timedelta(0))
        assert faults(monde) == [], n
