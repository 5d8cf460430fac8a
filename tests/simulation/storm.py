"""A seeded story: files arriving over a day, platforms that shut, lose and delay, a daemon that dies.

python -m tests.simulation.storm --seed 7          replay one story and say what it broke
python -m tests.simulation.storm --n 1000          a thousand stories
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tests.simulation import people
from tests.simulation.invariants import faults, order_faults
from tests.simulation.world import START, Fate, FateOf, Monde, Reglages
from tierspayant.adapter import policy
from tierspayant.adapter.storage.memory import MemoryStorage
from tierspayant.adapter.storage.protocol import Storage
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


def live(
    seed: int,
    storage: Callable[[], Storage] = MemoryStorage,
    next_step: policy.NextStep = policy.next_step,
    delai_traitement: dt.timedelta = dt.timedelta(minutes=2),
) -> Monde:
    """Live the story of a seed to its end."""
    chance = random.Random(seed)
    deaths = tuple((chance.randint(1, 60), chance.choice(("before", "after"))) for _ in range(chance.randint(0, 4)))
    reglages = Reglages(
        seed=seed,
        storage=storage,
        next_step=next_step,
        delai_traitement=delai_traitement,
        dedoublonnage=False,
        deaths=deaths,
        fate=weather(chance),
    )
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


def broken(monde: Monde) -> list[str]:
    return [*faults(monde), *(f"{numero}: billed before its PEC" for numero in order_faults(monde))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n", type=int, default=1)
    asked = parser.parse_args()
    wrong = 0
    for seed in range(asked.seed, asked.seed + asked.n):
        monde = live(seed)
        for fault in broken(monde):
            wrong += 1
            sys.stdout.write(f"seed {seed}: {fault}\n  python -m tests.simulation.storm --seed {seed}\n")
    ended = START + dt.timedelta(seconds=ARRIVALS + AFTER)
    sys.stdout.write(f"{asked.n} stories until {ended:%Y-%m-%d %H:%M}, {wrong} broken invariants\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
