"""Liveness: the queue is empty within twice the ideal drain after the last mishap.

The ideal drain is what a perfect adapter under the same politeness would need: the longest pause between two looks at
a service that failed (policy.RECUL_MAX, twice that after a closure of more than a day), the wait of one doubt, and
then one call after the other for everything that waits, each as long as a round trip or as the platform's pace allows,
whichever is longer (in truth a lane has several on their way, and lanes work side by side).

The *queue* is what should be leaving: not what the platform is deciding, nor what a person must answer, nor what waits
for either; nor what became due a moment ago.
"""

from __future__ import annotations

import datetime as dt

from tests.simulation.story_world import StoryWorld
from tests.simulation.world import LATENCY, Monde
from tierspayant.adapter import policy
from tierspayant.adapter.availability import LONGUE_FERMETURE
from tierspayant.adapter.entry import EN_ATTENTE, Entry, Etat

QUEUED = (Etat.EN_FILE, Etat.ENVOI, Etat.INCERTAINE)
ELSEWHERE = frozenset({Etat.EN_INSTANCE, Etat.RETENUE})
"""The platform's turn, or a person's."""
UNDECIDED = frozenset({"accordee_sous_reserve", "annulation_demandee"})


def ideal(monde: StoryWorld) -> dt.timedelta:
    """How long a perfect adapter would need from here, with everything that waits now."""
    cadence = monde.plateformes[0].cadence
    waiting = monde.read(lambda t: t.count(None, tuple(EN_ATTENTE)) + 1)
    call = max(cadence.pas, dt.timedelta(seconds=2 * LATENCY))
    shut = dt.timedelta(minutes=sum(une.duree for une in monde.histoire.pannes))  # one may follow upon the other
    long = monde.histoire.bande is not None or shut > LONGUE_FERMETURE
    return policy.RECUL_MAX * (2 if long else 1) + monde.reglages.delai_traitement + waiting * call


def calm_down(monde: StoryWorld, until: float) -> None:
    """Live on until twice the ideal drain has passed since the last mishap, and note what is late by then."""
    while monde.clock.seconds() < until:
        end = monde.witness.last + 2 * ideal(monde).total_seconds()
        if monde.clock.seconds() >= end:
            monde.late = late(monde)
            return
        monde.run(min(until, end) - monde.clock.seconds())


def late(monde: StoryWorld) -> list[str]:
    """What still stands in the queue."""
    window = 2 * ideal(monde)
    found = []
    for entry in monde.entries(*QUEUED):
        fresh = not entry.tentatives and monde.now() - entry.maj_le < window
        if not fresh and not locked(monde, entry) and not waits_for_others(monde, entry):
            since = monde.now() - (entry.envoye_le or entry.cree_le)
            found.append(f"{entry.reference}: still {entry.etat} {since} after it began, long after the last mishap")
    return found


def locked(monde: Monde, entry: Entry) -> bool:
    """Whether its shop's account is held there: a person must give a secret."""
    [compte] = monde.read(lambda t: [t.compte(entry.plateforme, entry.magasin)])
    return compte is not None and compte.retenu


def waits_for_others(monde: Monde, entry: Entry) -> bool:
    """Whether something of its file that is not the queue's to move stands before it."""
    if entry.etat is not Etat.EN_FILE or entry.du_le is not None or entry.dossier is None:
        return False
    dossier = monde.read(lambda t: t.dossier(entry.magasin, entry.dossier or ""))
    return any(
        une.etat in ELSEWHERE or une.resultat in UNDECIDED or locked(monde, une) for une in dossier if une != entry
    )
