"""One small story, lived once for each commit the daemon takes and each side of it, with a death just there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from tests.simulation.drawing import SIDES, dossier
from tests.simulation.histoire import Histoire
from tests.simulation.story import live
from tests.simulation.story_world import StoryWorld

FEWEST = 6
"""Durable steps below which a small story is too small to prove anything."""
FIN = 16 * 60
"""Minutes: everything in such a story is decided within some hours."""
PROMPT = (12000, 9702, 9705)


def histoire(seed: int) -> Histoire:
    """One file of a shop, in calm weather: what happens to it is drawn, when it dies is scanned."""
    chance = random.Random(f"deaths {seed}")
    drawn = dossier(chance, span=1)
    calm = replace(drawn, apres=drawn.apres % 60, quand=drawn.quand % 90, prix=chance.choice(PROMPT), droits=True)
    return Histoire(graine=seed, dossiers=(calm,), fin=FIN, recherche=chance.random() < 0.8)


def steps(histoire: Histoire) -> int:
    """How many durable steps the story takes when nobody dies: counted in memory, the same on each storage."""
    return live(histoire).storage.commits


def scan(whole: Histoire) -> Iterator[Histoire]:
    """The story with a death before, and after, each of its commits in turn."""
    for n in range(1, steps(whole) + 1):
        for side in SIDES:
            yield replace(whole, morts=((n, side),))


def unreached(monde: StoryWorld) -> list[str]:
    """A scan in which nobody dies proves nothing."""
    return [] if monde.deaths == len(monde.histoire.morts) else [f"nobody died at {monde.histoire.morts}"]
