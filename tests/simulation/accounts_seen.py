"""A shop's account that is locked part-way: one alarm, and not one call more. Seen by the platforms' own journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise

from tests.simulation.histoire import SHOPS, Verrou
from tests.simulation.story_world import StoryWorld
from tests.simulation.witness import Arrival
from tests.simulation.world import LATENCY, START

UNDER_WAY = dt.timedelta(seconds=2 * LATENCY + 0.001)
"""How long after the first refusal a call that left before its answer may still arrive."""


def one_alarm(monde: StoryWorld) -> list[str]:
    """A locked account raises one alarm for its shop until it is given back; none is raised for the others."""
    locks = {(une.plateforme, SHOPS[une.magasin]) for une in monde.histoire.verrous}
    rows = monde.read(lambda t: [e for e in t.evenements(None, 0, 100_000) if e.type == "compte"])
    told = [((str(e.donnees["plateforme"]), str(e.magasin)), e.donnees["raison"]) for e in rows]
    wrong = [f"{key}: an alarm, its account is good" for key, raison in told if raison and key not in locks]
    for lock in locks:
        mine = [raison for key, raison in told if key == lock]
        wrong += [f"{lock}: alarm upon alarm" for before, after in pairwise(mine) if before and after]
    for une in monde.histoire.verrous:
        if any(struck(monde, une)) and (une.plateforme, SHOPS[une.magasin]) not in {key for key, _ in told}:
            wrong.append(f"{SHOPS[une.magasin]}: locked out without an alarm")
    return wrong


def no_further_call(monde: StoryWorld) -> list[str]:
    """Once refused, an account is not shown again; a daemon that died before it wrote that down may ask once more."""
    wrong = []
    for une in monde.histoire.verrous:
        calls = list(struck(monde, une))
        further = [call for call in calls if call.le - calls[0].le > UNDER_WAY]
        if len(further) > monde.deaths:
            wrong.append(f"{SHOPS[une.magasin]}: {len(further)} log-ins more on {une.plateforme} after a refusal")
    return wrong


def struck(monde: StoryWorld, une: Verrou) -> Iterator[Arrival]:
    """The shop's calls that the platform refused because the account is locked, and that heard so."""
    debut = START + dt.timedelta(minutes=une.minute)
    fin = dt.datetime.max.replace(tzinfo=dt.UTC) if une.rendu is None else START + dt.timedelta(minutes=une.rendu)
    for call in monde.witness.arrivals:
        mine = (call.plateforme, call.magasin) == (une.plateforme, SHOPS[une.magasin])
        if mine and "compte" in call.effets and debut <= call.le <= fin and not _unheard(monde, call):
            yield call


def _unheard(monde: StoryWorld, call: Arrival) -> bool:
    """Whether the answer was lost on its way back: the adapter never knew."""
    second = (call.le - START).total_seconds()
    return any(
        abs(second - one) < 0.001 for one in monde.witness.unheard
    )  # an instant has microseconds, a clock floats
