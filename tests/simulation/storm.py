"""A seeded day of bad weather: files arriving, platforms that shut, lose and delay, a daemon that dies.

Beside stories.py's kinds of failure, any single request may meet a fate of its own. `make simulate KIND=storms`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.simulation import people
from tests.simulation.drawing import deaths
from tests.simulation.storages import Base, Memory
from tests.simulation.world import Fate, FateOf, Monde, Reglages
from tierspayant.schemas.wire import HttpRequest

HOUR = 3600.0
ARRIVALS = 24 * HOUR
"""Files arrive over a whole day: a story in which all come at once finds nothing."""
AFTER = 72 * HOUR
"""Time given after the last arrival: the longest delayed decision takes two days."""
FILES = 8
PRICES = (12000, 12000, 12000, 9702, 9703, 9704, 9701)
"""Granted at once (mostly), after ten minutes, after two days, refused after an hour, refused at once."""
KINDS: tuple[Callable[[random.Random], Fate], ...] = (
    lambda chance: Fate(refused=True),
    lambda chance: Fate(statut=503),
    lambda chance: Fate(never=True),
    lambda chance: Fate(lost=True),
    lambda chance: Fate(lost=True, retard=chance.uniform(1, 110)),
)
NOISE = 0.06
"""Chance that any single request meets a fate of its own, outage or not."""


@dataclass(frozen=True)
class Outage:
    debut: float
    fin: float
    kind: Callable[[random.Random], Fate]


def outages(chance: random.Random) -> list[Outage]:
    """Between none and four, from minutes to half a day."""
    starts = [chance.uniform(0, ARRIVALS) for _ in range(chance.randint(0, 4))]
    return [Outage(debut, debut + chance.uniform(120, 12 * HOUR), chance.choice(KINDS)) for debut in starts]


def weather(chance: random.Random) -> FateOf:
    """The fate of each request, by the time it leaves."""
    shut = outages(chance)

    def fate(_: HttpRequest, now: float) -> Fate:
        for outage in shut:
            if outage.debut <= now < outage.fin:
                return outage.kind(chance)
        calm = now > ARRIVALS or chance.random() >= NOISE
        return Fate() if calm else chance.choice(KINDS)(chance)

    return fate


def live(seed: int, base: Base | None = None, **how: Any) -> Monde:
    """Live the story of a seed to its end. `how`: Reglages that a proof makes worse."""
    chance = random.Random(seed)
    where = base or Memory()
    dying = deaths(chance, 60)
    made: dict[str, Any] = {"storage": where.fresh, "reopen": where.reopened, "deaths": dying, "fate": weather(chance)}
    reglages = Reglages(seed=seed, dedoublonnage=False, **{**made, **how})
    monde = Monde(reglages)
    for rang in range(FILES):
        _arrive(monde, chance, rang)
    monde.run(ARRIVALS + AFTER)
    return monde


def _arrive(monde: Monde, chance: random.Random, rang: int) -> None:
    """One file: maybe a rights check, a PEC, then its invoice, posted when the shop gets to it."""
    plateforme, dossier = chance.choice(("viamedis", "almerys")), f"D-{rang}"
    first = chance.uniform(0, ARRIVALS)
    if chance.random() < 0.5:
        monde.clock.callLater(first, monde.insist, people.droits(plateforme, f"DR-{rang}"))
    monde.clock.callLater(first, monde.insist, people.pec(plateforme, dossier, prix_monture=chance.choice(PRICES)))
    later = min(ARRIVALS, first + chance.uniform(60, 4 * HOUR))
    monde.clock.callLater(later, monde.insist, people.facture(dossier, f"2401315{rang:02d}"))
