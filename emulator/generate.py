"""N more invented people from a seed: the same seed gives the same people, whatever the machine.

NIR have a valid key and one of the communes INSEE never assigned. Most people are nominal; the others carry one of
the scenarios of the magic amounts, so that a generated crowd shows every path in proportion.
"""

from __future__ import annotations

import random

from tierspayant.emulator import insurers, levers
from tierspayant.emulator.people import Ligne
from tierspayant.emulator.scenario import NOMINAL
from tierspayant.schemas.identity import Nir, Nom, NumeroAdherent
from tierspayant.schemas.messages import Qualite

COMMUNES = ("75999", "13999", "69999", "59999", "97999")
"""Codes INSEE never gave to a commune."""
NOMINAL_SHARE = 0.8
CHILD_SHARE = 0.2
_NOMS = ("ALBARET", "BOISSY", "CAZAL", "DARMON", "ESPINAS", "FERRAND", "GAUDIN", "HOUEL", "JARRY", "LAMOTHE", "MAUREL")
_PRENOMS = ("AGATHE", "BASILE", "CLEMENCE", "DIANE", "EMILE", "FANNY", "GASPARD", "HONORE", "IRIS", "JULES", "LEONIE")


def people(count: int, seed: int, plateforme: str | None = None) -> list[Ligne]:
    """`count` people, on one platform's insurers or on all. Every `carte` is GENEREE_<seed>_<rank>."""
    chance = random.Random(seed)
    choice = [one for one in insurers.load() if plateforme in (None, one.plateforme) and one.reseau is None]
    if not choice:
        raise ValueError(f"no insurer on platform {plateforme}")
    taken: set[str] = set()
    return [_one(chance, rank, seed, choice, taken) for rank in range(1, count + 1)]


def _one(chance: random.Random, rank: int, seed: int, choice: list[insurers.Amc], taken: set[str]) -> Ligne:
    amc = chance.choice(choice)
    child = chance.random() < CHILD_SHARE
    year = chance.randint(2010, 2020) if child else chance.randint(1940, 2002)
    month, day = chance.randint(1, 12), chance.randint(1, 28)
    scenarios = [one.scenario for one in levers.load().values()]
    return Ligne(
        carte=f"GENEREE_{seed}_{rank:06d}",
        explication="Personne engendrée.",
        amc=amc.code,
        contrat=chance.choice(amc.contrats).nom,
        nir=_nir(chance, taken),
        naissance=f"{year}-{month:02d}-{day:02d}",
        nom=Nom(chance.choice(_NOMS)),
        prenom=Nom(chance.choice(_PRENOMS)),
        numero_adherent=NumeroAdherent(f"G{seed % 1000:03d}{rank:08d}"),
        qualite=Qualite.ENFANT if child else Qualite.ASSURE,
        dernier_equipement=f"-P{chance.randint(3, 6)}Y",
        scenario=NOMINAL if chance.random() < NOMINAL_SHARE else chance.choice(scenarios),
    )


def _nir(chance: random.Random, taken: set[str]) -> Nir:
    """A NIR nobody of this run has yet. It is the policy holder's: it says nothing of a child's own birth."""
    while True:
        sex, year, month = chance.randint(1, 2), chance.randint(40, 99), chance.randint(1, 12)
        thirteen = f"{sex}{year:02d}{month:02d}{chance.choice(COMMUNES)}{chance.randint(500, 999):03d}"
        if thirteen not in taken:
            taken.add(thirteen)
            return Nir(f"{thirteen}{Nir.cle(thirteen):02d}")
