"""Errors as the shop reads them: `application/problem+json` (RFC 9457), in French, every fault of a body at once.

A problem never repeats a value it was given: it names the field by JSON pointer (`champ`), the rule (`regle`) and
says in one French sentence what to change (`detail`). Titles and statuses are data: problemes.toml.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Erreur:
    """One fault of a body: `champ` is a JSON pointer (RFC 6901) or None when it concerns the whole."""

    champ: str | None
    regle: str
    detail: str

    def plain(self) -> dict[str, Any]:
        return {"champ": self.champ, "regle": self.regle, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Genre:
    """A row of problemes.toml."""

    code: str
    statut: int
    titre: str
    detail: str
    anglais: str


@cache
def genres() -> Mapping[str, Genre]:
    texte = files(__package__).joinpath("problemes.toml").read_text(encoding="utf-8")
    return {code: Genre(code, **ligne) for code, ligne in tomllib.loads(texte).items()}


@dataclass(frozen=True, slots=True)
class Probleme:
    """A problem ready to be rendered. `plus` are further members of the document (candidates, a limit, ...)."""

    code: str
    detail: str | None = None
    erreurs: tuple[Erreur, ...] = ()
    plus: Mapping[str, Any] = field(default_factory=dict)
    entetes: Mapping[str, str] = field(default_factory=dict)

    @property
    def statut(self) -> int:
        return genres()[self.code].statut

    def plain(self) -> dict[str, Any]:
        genre = genres()[self.code]
        document: dict[str, Any] = {
            "type": f"urn:example:tp-optique:probleme:{self.code}",
            "title": genre.titre,
            "status": genre.statut,
            "code": self.code,
            "detail": self.detail or genre.detail,
        }
        if self.erreurs:
            document |= {"champ": self.erreurs[0].champ, "regle": self.erreurs[0].regle}
            document["erreurs"] = [erreur.plain() for erreur in self.erreurs]
        return document | dict(self.plus)

    def body(self) -> bytes:
        return json.dumps(self.plain(), ensure_ascii=False).encode()


class Refuse(Exception):
    """Carries a Probleme out of a resource to the one place that renders it."""

    def __init__(self, probleme: Probleme) -> None:
        super().__init__(probleme.code)
        self.probleme = probleme


def pointer(chemin: tuple[str | int, ...]) -> str:
    """A JSON pointer: ('equipement', 'lignes', 0) -> '/equipement/lignes/0'."""
    return "".join("/" + str(pas).replace("~", "~0").replace("/", "~1") for pas in chemin)
