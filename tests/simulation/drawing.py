"""Stories drawn from a seed, without hypothesis: ten thousand of them cost no more than ten thousand lives."""

from __future__ import annotations

import random

from tests.simulation.histoire import (
    DOCUMENTS,
    EFFETS,
    PANNES,
    REJECTED,
    SHOPS,
    Dossier,
    Effet,
    Histoire,
    Panne,
    Suite,
    Verrou,
)

DAY = 24 * 60
PLATEFORMES = ("viamedis", "almerys")
PRICES = (12000, 12000, 12000, 9702, 9703, 9704, 9701, DOCUMENTS, DOCUMENTS, REJECTED)
"""Granted at once (mostly), after ten minutes, after two days, refused after an hour, refused at once, and so on."""
PROMPT = (12000, 12000, 9702, DOCUMENTS)
"""Decided within minutes: what is cancelled or replaced must be over before the story is."""
SUITES = (*[Suite.RIEN] * 6, *(une for une in Suite if une is not Suite.RIEN))
TAPES = {"journee-hachee": 3, "migration-amc": 7, "fevrier-2024": 46}
"""Days lived of each tape."""
SIDES = ("before", "after")


def histoire(seed: int) -> Histoire:
    """The story of a seed."""
    chance = random.Random(f"story {seed}")
    bande = chance.choices([None, *TAPES], [90, 6, 3, 1])[0]
    span = DAY if bande is None else max(DAY, (TAPES[bande] - 3) * DAY)
    dossiers = tuple(dossier(chance, span) for _ in range(chance.randint(1, 6)))
    moves = bande is None and chance.random() < 0.1
    return Histoire(
        graine=seed,
        dossiers=dossiers,
        pannes=tuple(_panne(chance) for _ in range(chance.choice((0, 1, 1, 2, 3))))
        + (_closed(chance) if moves else ()),
        effets=tuple(_effet(chance) for _ in range(chance.choice((0, 0, 1, 2, 3)))),
        morts=deaths(chance, 40),
        bande=bande,
        verrous=(_verrou(chance, chance.choice(dossiers)),) if chance.random() < 0.25 else (),
        demenagement=chance.randrange(DAY // 3, 2 * DAY) if moves else None,
        recherche=chance.random() < 0.8,
        fin=6 * DAY if bande is None else (TAPES[bande] + 3) * DAY,
    )


def dossier(chance: random.Random, span: int = DAY) -> Dossier:
    """One file that comes within `span` minutes."""
    suite = chance.choice(SUITES)
    return Dossier(
        plateforme=chance.choice(PLATEFORMES),
        magasin=chance.randrange(len(SHOPS)),
        arrivee=chance.randrange(span),
        apres=chance.randrange(300),
        prix=chance.choice(PRICES if suite is Suite.RIEN else PROMPT),
        droits=chance.random() < 0.3,
        devis=chance.random() < 0.2,
        deux_paires=chance.random() < 0.15,
        suite=suite,
        quand=chance.choice((0, chance.randrange(10), chance.randrange(600))),
    )


def deaths(chance: random.Random, reach: int) -> tuple[tuple[int, str], ...]:
    """The commits at which the daemon dies, one for each of its starts."""
    return tuple((chance.randint(1, reach), chance.choice(SIDES)) for _ in range(chance.choice((0, 0, 1, 2, 3, 4))))


def _panne(chance: random.Random) -> Panne:
    longest = chance.choice((5, 120, 12 * 60, 36 * 60))
    return Panne(debut=chance.randrange(DAY), duree=chance.randint(1, longest), sorte=chance.choice(sorted(PANNES)))


def _effet(chance: random.Random) -> Effet:
    return Effet(
        minute=chance.randrange(DAY),
        plateforme=chance.choice(PLATEFORMES),
        sorte=chance.choice(sorted(EFFETS)),
        fois=chance.randint(1, 4),
    )


def _closed(chance: random.Random) -> tuple[Panne, ...]:
    """An insurer moves while its former operator is shut: what waits there is what has to follow it."""
    return (Panne(debut=chance.randrange(DAY // 2), duree=chance.randint(DAY // 2, 2 * DAY), sorte="refusee"),)


def _verrou(chance: random.Random, un: Dossier) -> Verrou:
    """The account of a shop that has something to send there, some time around then."""
    minute = max(0, un.arrivee + chance.randrange(-120, 300))
    back = minute + chance.randint(1, 20 * 60) if chance.random() < 0.7 else None
    return Verrou(minute=minute, plateforme=un.plateforme, magasin=un.magasin, rendu=back)
