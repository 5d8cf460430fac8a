"""Live a story: `begin` arranges a world, `live` lives it to its end, `broken` tells what must never be.

hypothesis draws stories (test_stories.py), so does drawing.py from a seed; each prints the command that replays it:

    python -m tests.simulation.story '{"graine": 3, ...}' --storage sqlite
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import Any

from tests.simulation import errands, staff
from tests.simulation.drain import calm_down
from tests.simulation.histoire import EFFETS, PANNES, SHOPS, Dossier, Effet, Histoire, Panne, Suite, Verrou
from tests.simulation.invariants import broken
from tests.simulation.storages import STORAGES, Base, Memory, base
from tests.simulation.story_world import MINUTE, MOVED, StoryWorld
from tests.simulation.world import Reglages
from tierspayant.emulator import tape
from tierspayant.schemas import plain

__all__ = [
    "EFFETS",
    "PANNES",
    "SHOPS",
    "Dossier",
    "Effet",
    "Histoire",
    "Panne",
    "Suite",
    "Verrou",
    "begin",
    "broken",
    "command",
    "live",
]


def command(histoire: Histoire, storage: str = "memory") -> str:
    """What replays exactly this story."""
    return f"python -m tests.simulation.story '{plain.to_json(histoire).decode()}' --storage {storage}"


def begin(histoire: Histoire, base: Base | None = None, **how: Any) -> StoryWorld:
    """The world of a story, everything in it arranged, nothing lived yet. `how`: Reglages a proof makes worse."""
    histoire = _with_its_move(histoire)
    reglages = Reglages(
        seed=histoire.graine,
        dedoublonnage=False,
        deaths=histoire.morts,
        recherche_par_reference=histoire.recherche,
        identite="usernametoken" if histoire.verrous else "aucune",
        doublons=any(un.suite is Suite.DOUBLE for un in histoire.dossiers),
    )
    if histoire.demenagement is not None:
        reglages = replace(reglages, plateformes=(*reglages.plateformes, MOVED))
    monde = StoryWorld(histoire, replace(reglages, **how), base or Memory())
    if histoire.bande is not None:
        monde.session.play(tape.load(histoire.bande).rebased(monde.now()))
    staff.schedule(monde)
    errands.schedule(monde)
    return monde


def _with_its_move(histoire: Histoire) -> Histoire:
    """A tape in which an insurer moves says when."""
    if histoire.bande is None:
        return histoire
    bande = tape.load(histoire.bande)
    moves = [une.a for une in bande.events if une.effet == "migration_amc"]
    if not moves:
        return histoire
    return replace(histoire, demenagement=int((moves[0] - bande.debut).total_seconds() / MINUTE))


def last_planned(histoire: Histoire) -> float:
    """The second after which the story says nothing new: what still strikes then had no occasion before."""
    ends = [un.last for un in histoire.dossiers]
    ends += [une.debut + une.duree for une in histoire.pannes]
    ends += [un.minute for un in histoire.effets]
    ends += [une.rendu or une.minute for une in histoire.verrous]
    ends.append(histoire.demenagement or 0)
    if histoire.bande is not None:
        bande = tape.load(histoire.bande)
        ends.append(int((bande.fin - bande.debut).total_seconds() / MINUTE))
    return min(max(ends), histoire.fin) * MINUTE


def live(histoire: Histoire, base: Base | None = None, **how: Any) -> StoryWorld:
    """Live a story to its end."""
    monde = begin(histoire, base, **how)
    end = histoire.fin * MINUTE
    monde.run(last_planned(histoire))
    calm_down(monde, end)
    monde.run(end - monde.clock.seconds())
    return monde


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("histoire")
    parser.add_argument("--storage", choices=STORAGES, default="memory")
    asked = parser.parse_args()
    with base(asked.storage) as where:
        monde = live(plain.from_json(Histoire, asked.histoire.encode()), where)
        wrong = broken(monde)
        sys.stdout.write("\n".join([*wrong, f"{len(wrong)} broken invariants, trace {monde.trace()}"]) + "\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
