"""Forty-five days of the tape fevrier-2024 with a shop's files, adapter and emulator on one clock, in memory."""

from __future__ import annotations

import random
import time

from bench.row import Row
from tests.simulation.story import SHOPS, Dossier, Histoire, broken, live

DAYS = 45
FILES = 1000
AIM = 5.0
DAY = 24 * 60


def rows() -> list[Row]:
    return [
        Row(
            f"simulation: {DAYS} days of fevrier-2024 with {FILES:,} files",
            "s of CPU",
            _seconds(FILES),
            AIM,
            "the aim",
            "lower",
            f"{AIM:.0f} s",
        )
    ]


def histoire(files: int) -> Histoire:
    """Files over the whole tape, each a PEC and, hours or days later, its invoice."""
    chance = random.Random(1)
    dossiers = tuple(
        Dossier(
            plateforme=chance.choice(("viamedis", "almerys")),
            magasin=chance.randrange(len(SHOPS)),
            arrivee=chance.randrange((DAYS - 1) * DAY),
            apres=chance.randrange(60, 3 * DAY),
        )
        for _ in range(files)
    )
    return Histoire(graine=1, dossiers=dossiers, bande="fevrier-2024", fin=(DAYS + 1) * DAY)


def _seconds(files: int) -> float:
    """CPU seconds of one life; a life that breaks an invariant is no figure."""
    started = time.process_time()
    monde = live(histoire(files))
    spent = time.process_time() - started
    assert broken(monde) == [], "the story ended well"
    return spent
