"""The canonical code table, read once from codes.toml: label, English text and nature of each code."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tierspayant.schemas.messages import Motif
from tierspayant.schemas.outcomes import NatureRefus

CODE_INCONNU = "INC00"


@dataclass(frozen=True, slots=True)
class Code:
    code: str
    libelle: str
    anglais: str
    nature: NatureRefus


@cache
def table() -> Mapping[str, Code]:
    texte = files(__package__).joinpath("codes.toml").read_text(encoding="utf-8")
    return {
        code: Code(code, ligne["libelle"], ligne["anglais"], NatureRefus(ligne["nature"]))
        for code, ligne in tomllib.loads(texte).items()
    }


def motif(code: str, champ: str | None = None) -> Motif:
    """A Motif of our own making for a canonical code; a dialect rewrites `code_plateforme` in its own words."""
    return Motif(code=code, code_plateforme=code, libelle=table()[code].libelle, champ=champ)


def nature(motifs: tuple[Motif, ...]) -> NatureRefus:
    """The nature of a refusal with several reasons: its strictest one (a final *no* wins over a later *yes*)."""
    ordre = (NatureRefus.DEFINITIF, NatureRefus.COMPLETER, NatureRefus.RATTACHER, NatureRefus.PLUS_TARD)
    presentes = {table().get(un.code, table()[CODE_INCONNU]).nature for un in motifs}
    return next((une for une in ordre if une in presentes), NatureRefus.DEFINITIF)
