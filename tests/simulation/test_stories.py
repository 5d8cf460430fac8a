"""Stories drawn by hypothesis: it finds the small ones that break something, and prints what replays them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from tests.simulation.story import EFFETS, PANNES, SHOPS, Dossier, Effet, Histoire, Panne, begin, broken, command, live
from tests.simulation.worse import resend_without_asking
from tierspayant.adapter import policy
from tierspayant.adapter.entry import Etat

DAY = 24 * 60
EXAMPLES = 25
"""Stories in each run of the suite; `make simulate` lives thousands of storms beside them."""
QUICK = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
PLATEFORMES = st.sampled_from(("viamedis", "almerys"))
DELAYED = (9702, 9703, 9704, 9701)
"""Prices of a frame that the platform decides on later, or refuses."""


def dossiers(prix: tuple[int, ...]) -> st.SearchStrategy[tuple[Dossier, ...]]:
    un = st.builds(
        Dossier,
        plateforme=PLATEFORMES,
        magasin=st.integers(0, len(SHOPS) - 1),
        arrivee=st.integers(0, DAY),
        apres=st.integers(0, 300),
        prix=st.sampled_from(prix),
    )
    return st.lists(un, min_size=1, max_size=6).map(tuple)


PANNE = st.builds(
    Panne, debut=st.integers(0, DAY), duree=st.integers(1, 12 * 60), sorte=st.sampled_from(sorted(PANNES))
)
EFFET = st.builds(
    Effet,
    minute=st.integers(0, DAY),
    plateforme=PLATEFORMES,
    sorte=st.sampled_from(sorted(EFFETS)),
    fois=st.integers(1, 4),
)
MORTS = st.lists(st.tuples(st.integers(1, 40), st.sampled_from(("before", "after"))), max_size=4).map(tuple)


def histoires(prix: tuple[int, ...] = (12000, 12000, *DELAYED)) -> st.SearchStrategy[Histoire]:
    return st.builds(
        Histoire,
        graine=st.integers(0, 2**16),
        dossiers=dossiers(prix),
        pannes=st.lists(PANNE, max_size=3).map(tuple),
        effets=st.lists(EFFET, max_size=3).map(tuple),
        morts=MORTS,
    )


@QUICK
@given(histoires())
def test_nothing_is_lost_doubled_or_out_of_order(histoire: Histoire) -> None:
    assert broken(live(histoire)) == [], command(histoire)


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(histoires())
def test_a_story_lived_again_is_the_same_story(histoire: Histoire) -> None:
    assert live(histoire).trace() == live(histoire).trace(), command(histoire)


WAITING = (Etat.EN_FILE, Etat.ENVOI, Etat.INCERTAINE)


@QUICK
@given(histoires(prix=(12000,)))
def test_the_queue_is_empty_within_twice_the_ideal_drain_after_the_last_fault(histoire: Histoire) -> None:
    """Ideal: the longest pause between two looks, the wait of one doubt, and the same files in calm weather."""
    calm = begin(Histoire(graine=1, dossiers=tuple(replace(un, arrivee=0, apres=0) for un in histoire.dossiers)))
    while calm.entries(*WAITING) or not calm.entries():
        calm.run(1.0)
    ideal = policy.RECUL_MAX + calm.reglages.delai_traitement + dt.timedelta(seconds=calm.clock.seconds())
    monde = begin(histoire)
    last = max(histoire.last_fault, *(un.arrivee + un.apres for un in histoire.dossiers))
    monde.run(last * 60.0 + 2 * ideal.total_seconds())
    left = [entry.reference for entry in monde.entries(*WAITING)]
    fired = not monde.session.effects.manual and not monde.deaths_to_come
    assert left == [] or not fired, f"{left} {command(histoire)}"


LOSSY = st.builds(
    lambda dossiers, sorte: Histoire(
        graine=1,
        dossiers=dossiers,
        pannes=tuple(Panne(debut=un.arrivee + un.apres, duree=1, sorte=sorte) for un in dossiers),
        fin=2 * DAY,
    ),
    dossiers((12000,)),
    st.sampled_from([nom for nom in PANNES if nom.startswith("recue")]),
)
"""Answers that are lost just when invoices leave."""


@pytest.mark.parametrize("worse", ["no question before a resend", "no grace before the question"])
def test_control_drawn_stories_catch_a_worse_policy(worse: str) -> None:
    how = partial(live, next_step=resend_without_asking)
    if worse.startswith("no grace"):
        how = partial(live, delai_traitement=dt.timedelta(0))

    def doubles(histoire: Histoire) -> bool:
        return any("times" in fault or "twice" in fault for fault in broken(how(histoire)))

    control = settings(max_examples=100, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
    try:
        find(LOSSY, doubles, settings=control)
    except NoSuchExample:
        pytest.fail(f"{worse}: no drawn story doubles; the proofs above prove nothing")
