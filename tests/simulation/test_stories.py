"""Stories drawn by hypothesis: it finds the small ones that break something, and prints what replays them.

Beside them, one story for each thing that may become of a file, so that no path is reached only by luck.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulation.drain import QUEUED, ideal
from tests.simulation.drawing import DAY, PLATEFORMES, PROMPT, SIDES
from tests.simulation.histoire import DOCUMENTS, EFFETS, PANNES, SHOPS, Dossier, Effet, Histoire, Panne, Suite, Verrou
from tests.simulation.marks import marks
from tests.simulation.story import begin, broken, command, live

EXAMPLES = 40
"""Stories in each run of the suite; `make simulate` lives thousands drawn from seeds."""
DELAYED = (9702, 9703, 9704, 9701)
"""Prices of a frame that the platform decides on later, or refuses."""

PLAIN = st.builds(
    Dossier,
    plateforme=st.sampled_from(PLATEFORMES),
    magasin=st.integers(0, len(SHOPS) - 1),
    arrivee=st.integers(0, DAY),
    apres=st.integers(0, 300),
    prix=st.sampled_from((12000, 12000, DOCUMENTS, *DELAYED)),
    droits=st.booleans(),
)
EVENTFUL = st.builds(
    Dossier,
    plateforme=st.sampled_from(PLATEFORMES),
    magasin=st.integers(0, len(SHOPS) - 1),
    arrivee=st.integers(0, DAY),
    apres=st.integers(0, 300),
    prix=st.sampled_from(PROMPT),
    devis=st.booleans(),
    deux_paires=st.booleans(),
    suite=st.sampled_from(list(Suite)),
    quand=st.integers(0, 600),
)
PANNE = st.builds(
    Panne, debut=st.integers(0, DAY), duree=st.integers(1, 12 * 60), sorte=st.sampled_from(sorted(PANNES))
)
EFFET = st.builds(
    Effet,
    minute=st.integers(0, DAY),
    plateforme=st.sampled_from(PLATEFORMES),
    sorte=st.sampled_from(sorted(EFFETS)),
    fois=st.integers(1, 4),
)
VERROU = st.builds(
    lambda minute, plateforme, magasin, duree: Verrou(
        minute=minute, plateforme=plateforme, magasin=magasin, rendu=duree and minute + duree
    ),
    st.integers(0, DAY),
    st.sampled_from(PLATEFORMES),
    st.integers(0, len(SHOPS) - 1),
    st.none() | st.integers(1, DAY),
)
HISTOIRES = st.builds(
    Histoire,
    graine=st.integers(0, 2**16),
    dossiers=st.lists(PLAIN | EVENTFUL, min_size=1, max_size=6).map(tuple),
    pannes=st.lists(PANNE, max_size=3).map(tuple),
    effets=st.lists(EFFET, max_size=3).map(tuple),
    morts=st.lists(st.tuples(st.integers(1, 40), st.sampled_from(SIDES)), max_size=4).map(tuple),
    verrous=st.lists(VERROU, max_size=1).map(tuple),
    demenagement=st.none() | st.integers(0, DAY),
    recherche=st.booleans(),
)


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(HISTOIRES)
def test_nothing_is_lost_doubled_late_or_out_of_order(histoire: Histoire) -> None:
    assert broken(live(histoire)) == [], command(histoire)


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(HISTOIRES)
def test_a_story_lived_again_is_the_same_story(histoire: Histoire) -> None:
    assert live(histoire).trace() == live(histoire).trace(), command(histoire)


def test_calm_weather_empties_the_queue_within_the_ideal_drain_itself() -> None:
    """So that twice the ideal is no gift: with nothing failing, the ideal holds with room to spare."""
    files = tuple(Dossier(plateforme=PLATEFORMES[rang % 2], magasin=rang % 3, arrivee=0, apres=0) for rang in range(30))
    monde = begin(Histoire(graine=1, dossiers=files))
    monde.run(0)
    whole = ideal(monde)
    while monde.entries(*QUEUED):
        monde.run(1.0)
    assert 0 < monde.clock.seconds() < whole.total_seconds()


# ------------------------------------------------------------------------------------------- each path, by a story

FILE = Dossier(plateforme="viamedis", magasin=0, arrivee=10, apres=60, quand=90)
PATHS: dict[str, Histoire] = {
    "documents received": Histoire(graine=1, dossiers=(replace(FILE, prix=DOCUMENTS),)),
    "a quote before its PEC": Histoire(graine=1, dossiers=(replace(FILE, devis=True),)),
    "a rights check answered": Histoire(graine=1, dossiers=(replace(FILE, droits=True),)),
    "a PEC refused": Histoire(graine=1, dossiers=(replace(FILE, prix=9701),)),
    "a PEC decided later": Histoire(graine=1, dossiers=(replace(FILE, prix=9703),)),
    "an invoice rejected later": Histoire(graine=1, dossiers=(replace(FILE, prix=9801),)),
    "two pairs of a file billed": Histoire(graine=1, dossiers=(replace(FILE, deux_paires=True),)),
    "a PEC cancelled": Histoire(graine=1, dossiers=(replace(FILE, suite=Suite.ANNULATION),)),
    "a PEC replaced": Histoire(graine=1, dossiers=(replace(FILE, suite=Suite.REMPLACEMENT),)),
    "an invoice cancelled": Histoire(graine=1, dossiers=(replace(FILE, suite=Suite.FACTURE_ANNULEE),)),
    "an invoice corrected": Histoire(graine=1, dossiers=(replace(FILE, suite=Suite.FACTURE_CORRIGEE),)),
    "paid up front": Histoire(graine=1, dossiers=(replace(FILE, suite=Suite.AVANCE, quand=30),)),
    "paid up front, undone": Histoire(graine=1, dossiers=(replace(FILE, suite=Suite.AVANCE_LEVEE, quand=30),)),
    "paid up front refused: billed": Histoire(graine=1, dossiers=(replace(FILE, suite=Suite.AVANCE),)),
    "a PEC keyed twice, one held": Histoire(graine=1, dossiers=(replace(FILE, suite=Suite.DOUBLE, quand=5),)),
    "no search: taken over from the portal": Histoire(
        graine=1,
        dossiers=(FILE,),
        pannes=(Panne(debut=10, duree=1, sorte="recue, sans reponse"),),
        recherche=False,
    ),
    "an account locked, and given back": Histoire(
        graine=1,
        dossiers=(FILE, replace(FILE, arrivee=300), replace(FILE, arrivee=310, magasin=1)),
        verrous=(Verrou(minute=200, plateforme="viamedis", magasin=0, rendu=600),),
    ),
    "an account locked for good": Histoire(
        graine=1,
        dossiers=(FILE, replace(FILE, arrivee=300), replace(FILE, arrivee=310, magasin=1)),
        verrous=(Verrou(minute=200, plateforme="viamedis", magasin=0),),
    ),
    "an insurer moved, requests with it": Histoire(
        graine=1,
        dossiers=(FILE, replace(FILE, arrivee=300)),
        pannes=(Panne(debut=200, duree=30 * 60, sorte="refusee"),),
        demenagement=400,
    ),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("plateforme", PLATEFORMES)
def test_each_path_is_reached_and_ends_well(path: str, plateforme: str) -> None:
    histoire = PATHS[path]
    if "moved" not in path:
        dossiers = tuple(replace(un, plateforme=plateforme) for un in histoire.dossiers)
        verrous = tuple(replace(un, plateforme=plateforme) for un in histoire.verrous)
        histoire = replace(histoire, dossiers=dossiers, verrous=verrous)
    monde = live(histoire)
    assert broken(monde) == [], command(histoire)
    assert path in marks(monde), command(histoire)


def test_one_account_locked_for_good_and_the_other_shops_have_everything_delivered() -> None:
    monde = live(PATHS["an account locked for good"])
    mine = [e.etat.value for e in monde.entries() if e.magasin == SHOPS[0] and e.reference.startswith("D-1/")]
    others = [e.resultat for e in monde.entries() if e.magasin == SHOPS[1]]
    assert set(mine) == {"en_file"}
    assert others == ["facturee", "acceptee"]
