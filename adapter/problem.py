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
class Fault:
    """One fault of a body: `champ` is a JSON pointer (RFC 6901) or None when it concerns the whole."""

    champ: str | None
    regle: str
    detail: str

    def plain(self) -> dict[str, Any]:
        return {"champ": self.champ, "regle": self.regle, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of problemes.toml."""

    code: str
    statut: int
    titre: str
    detail: str
    anglais: str


@cache
def kinds() -> Mapping[str, Kind]:
    text = files(__package__).joinpath("problemes.toml").read_text(encoding="utf-8")
    return {code: Kind(code, **row) for code, row in tomllib.loads(text).items()}


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem ready to be rendered. `plus` are further members of the document (candidates, a limit, ...)."""

    code: str
    detail: str | None = None
    faults: tuple[Fault, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return kinds()[self.code].statut

    def plain(self) -> dict[str, Any]:
        kind = kinds()[self.code]
        document: dict[str, Any] = {
            "type": f"urn:example:tp-optique:probleme:{self.code}",
            "title": kind.titre,
            "status": kind.statut,
            "code": self.code,
            "detail": self.detail or kind.detail,
        }
        if self.faults:
            document |= {"champ": self.faults[0].champ, "regle": self.faults[0].regle}
            document["erreurs"] = [error.plain() for error in self.faults]
        return document | dict(self.more)

    def body(self) -> bytes:
        return json.dumps(self.plain(), ensure_ascii=False).encode()


class Refusal(Exception):
    """Carries a Probleme out of a resource to the one place that renders it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def sentence(text: str) -> str:
    """A reason as it stands alone: with its capital and its full stop."""
    return f"{text[:1].upper()}{text[1:]}."


def pointer(path: tuple[str | int, ...]) -> str:
    """A JSON pointer: ('equipement', 'lignes', 0) -> '/equipement/lignes/0'."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
