"""The payer directory: from what the customer's card says to the platform that runs the insurer.

`annuaire.toml` is a list of entries, each a pattern of a card:

    [[entree]]
    numero_amc = "0099001*"      # the number printed on the card; * is any run of characters, ? is any one
    type_convention = "TP"       # optional pattern, any when absent
    csr = "003"                  # optional pattern, any when absent (also a card without one)
    du = 2024-01-01              # optional first and last business day (Europe/Paris) of the entry
    au = 2024-12-31
    plateforme = "viamedis"      # a name of [plateformes.<name>] in adapter.toml
    organisme = "M011"           # optional: the platform's own code of the insurer
    libelle = "Mutuelle ..."     # optional, shown to people

The most specific entry wins: the one with the most literal characters in numero_amc, then in type_convention, then in
csr. When several entries are equally specific and lead to different places, nobody guesses: a person picks among the
candidates (public: near-identical insurer names send files to the wrong manager, platforms note §c; rule ours).
Entries change by date when an insurer moves to another operator; what a file was given stays with the file.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

Motif = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z*?]{1,20}$")]


class AnnuaireInvalide(Exception):
    """The directory cannot be read; each line says file, entry, key and reason."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class AnnuaireInconnu(Exception):
    """No entry matches this card at this date."""


class AnnuaireAmbigu(Exception):
    """Several entries match equally well; a person picks among `candidats`."""

    def __init__(self, candidats: tuple[Entree, ...]) -> None:
        super().__init__(f"{len(candidats)} candidates")
        self.candidats = candidats


def _regex(motif: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(signe, re.escape(signe)) for signe in motif))


def _poids(motif: str | None) -> tuple[int, int]:
    """How specific a pattern is: literal characters first, then single wildcards."""
    texte = motif or "*"
    return sum(signe not in "*?" for signe in texte), texte.count("?")


class Entree(BaseModel):
    """One line of the directory; equal and hashed by content."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    numero_amc: Motif
    type_convention: Motif | None = None
    csr: Motif | None = None
    du: dt.date | None = None
    au: dt.date | None = None
    plateforme: str
    organisme: str | None = None
    libelle: str | None = None

    @model_validator(mode="after")
    def _dates_in_order(self) -> Entree:
        if self.du and self.au and self.du > self.au:
            raise ValueError("du is after au")
        return self

    @cached_property
    def _regexes(self) -> tuple[re.Pattern[str], ...]:
        return tuple(_regex(motif or "*") for motif in (self.numero_amc, self.type_convention, self.csr))

    @property
    def precision(self) -> tuple[int, ...]:
        return (*_poids(self.numero_amc), *_poids(self.type_convention), *_poids(self.csr))

    def matches(self, numero_amc: str, type_convention: str, csr: str | None, jour: dt.date) -> bool:
        if (self.du and jour < self.du) or (self.au and jour > self.au):
            return False
        valeurs = (numero_amc, type_convention, csr or "")
        return all(regex.fullmatch(valeur) for regex, valeur in zip(self._regexes, valeurs, strict=True))


class _Fichier(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    entree: tuple[Entree, ...] = ()


@dataclass(frozen=True, slots=True)
class Annuaire:
    """The whole directory, in the order of the file."""

    entrees: tuple[Entree, ...]

    def chercher(self, numero_amc: str, type_convention: str, csr: str | None, jour: dt.date) -> Entree:
        """The entry of this card on this business day. Raises AnnuaireInconnu or AnnuaireAmbigu."""
        trouvees = [une for une in self.entrees if une.matches(numero_amc, type_convention, csr, jour)]
        if not trouvees:
            raise AnnuaireInconnu
        precision = max(une.precision for une in trouvees)
        premieres = [une for une in trouvees if une.precision == precision]
        lieux = {(une.plateforme, une.organisme): une for une in reversed(premieres)}
        if len(lieux) > 1:
            raise AnnuaireAmbigu(tuple(dict.fromkeys(premieres)))
        return premieres[0]


def lire(chemin: Path, plateformes: frozenset[str]) -> Annuaire:
    """Read annuaire.toml. Raises AnnuaireInvalide naming file, entry, key and reason, all faults at once."""
    try:
        document = tomllib.loads(chemin.read_text(encoding="utf-8"))
    except OSError as erreur:
        raise AnnuaireInvalide([f"{chemin}: {erreur.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as erreur:
        raise AnnuaireInvalide([f"{chemin}: not TOML: {erreur}"]) from None
    if isinstance(document.get("entree"), list):
        document["entree"] = tuple(document["entree"])
    try:
        lu = _Fichier.model_validate(document)
    except ValidationError as erreur:
        raise AnnuaireInvalide(
            [f"{chemin}: {'.'.join(map(str, faute['loc']))}: {faute['msg']}" for faute in erreur.errors()]
        ) from None
    inconnues = [
        f"{chemin}: entree.{rang}.plateforme: no platform {une.plateforme!r} in the configuration"
        for rang, une in enumerate(lu.entree)
        if une.plateforme not in plateformes
    ]
    if inconnues:
        raise AnnuaireInvalide(inconnues)
    return Annuaire(lu.entree)


def text(entrees: Sequence[Mapping[str, Any]]) -> str:
    """The entries as annuaire.toml writes them."""
    return "\n".join(
        "[[entree]]\n" + "".join(f"{cle} = {_toml(valeur)}\n" for cle, valeur in entree.items()) for entree in entrees
    )


def _toml(valeur: object) -> str:
    return valeur.isoformat() if isinstance(valeur, dt.date) else json.dumps(valeur, ensure_ascii=False)
