"""A dialect's own words: its codes.toml maps what it writes on the wire to what this project calls it.

Tables of the file: `[motifs]` wire code -> canonical code of codes.toml; any further table (`[etats_pec]`,
`[etats_facture]`, ...) wire label -> canonical value. Of several wire words for one value the first is written.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tierspayant.schemas.codes import CODE_INCONNU, table
from tierspayant.schemas.messages import Motif


@dataclass(frozen=True, slots=True)
class Mots:
    """One table, both ways."""

    canonique: Mapping[str, str]
    plateforme: Mapping[str, str]


@cache
def mots(package: str, nom: str) -> Mots:
    """Table `nom` of the dialect's codes.toml."""
    lignes: dict[str, str] = tomllib.loads(files(package).joinpath("codes.toml").read_text(encoding="utf-8"))[nom]
    plateforme: dict[str, str] = {}
    for mot, valeur in lignes.items():
        plateforme.setdefault(valeur, mot)
    return Mots(lignes, plateforme)


def code_plateforme(package: str, motif: Motif) -> str:
    """The wire code of a reason; one the dialect has no word for goes out as it stands."""
    return mots(package, "motifs").plateforme.get(motif.code, motif.code_plateforme)


def motif(package: str, code: str, libelle: str, champ: str | None) -> Motif:
    """A reason as the platform wrote it; a code unknown to the table is kept, and read as INC00."""
    canonique = mots(package, "motifs").canonique.get(code, CODE_INCONNU)
    assert canonique in table(), f"{package}: {canonique} is no canonical code"
    return Motif(code=canonique, code_plateforme=code, libelle=libelle, champ=champ)
