"""What a rule is: a pure check bound to its row of regles.toml (id, code, French text, source, fact or ours).

A check gets the facts of one request and says None when the rule holds, or where it is broken. The rows are the only
place where a rule's text stands: docs/reference/regles.md is generated from them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Generic, Literal, TypeVar

import msgspec

from tierspayant.emulator.toml_data import DonneeInvalide, read_rows, read_text
from tierspayant.schemas.codes import table
from tierspayant.schemas.messages import Motif

FILE = "rules/regles.toml"
F = TypeVar("F")


class Fiche(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The row of a rule. `code` is empty for a rule of calculation, which refuses nothing."""

    id: str
    famille: Literal["droits", "pec", "facture", "annulation", "pieces", "calcul", "paiement"]
    texte: str
    source: str
    origine: Literal["fait", "deduit", "notre"]
    code: str = ""
    personne: str = ""
    exemple: str = ""


@dataclass(frozen=True, slots=True)
class Manque:
    """A rule is broken at a field; `precision` completes the code's own label (never a personal value)."""

    champ: str | None = None
    precision: str | None = None


@dataclass(frozen=True, slots=True)
class Regle(Generic[F]):
    """A rule and its check over the facts F."""

    fiche: Fiche
    verifie: Callable[[F], Manque | None]


@cache
def fiches() -> dict[str, Fiche]:
    """Every row of regles.toml by id. Raises DonneeInvalide."""
    rows = read_rows(FILE, read_text(FILE), "regle", Fiche)
    for one in rows:
        if one.code and one.code not in table():
            raise DonneeInvalide(f"{FILE}: regle {one.id}: code {one.code} is not in codes.toml")
    if len({one.id for one in rows}) != len(rows):
        raise DonneeInvalide(f"{FILE}: an id is there twice")
    return {one.id: one for one in rows}


def regle(identifiant: str) -> Callable[[Callable[[F], Manque | None]], Regle[F]]:
    """Bind a check to its row."""

    def bind(verifie: Callable[[F], Manque | None]) -> Regle[F]:
        return Regle(fiches()[identifiant], verifie)

    return bind


def first_broken(rules: Sequence[Regle[F]], facts: F) -> tuple[Motif, ...]:
    """The reason of the first broken rule, or nothing: an insurer answers with one reason (ours)."""
    for one in rules:
        manque = one.verifie(facts)
        if manque is not None:
            return (motif(one.fiche.code, manque),)
    return ()


def motif(code: str, manque: Manque) -> Motif:
    """A reason for a canonical code."""
    libelle = table()[code].libelle
    if manque.precision:
        libelle = f"{libelle} ({manque.precision})"
    return Motif(code=code, code_plateforme=code, libelle=libelle, champ=manque.champ)
